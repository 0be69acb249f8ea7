/** `apply --wait`, CONTRACT §3: ready is running or finished with 0, healthy where that is asked, hooks done, stable for 1 s. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { convergeUntilReady } from '../../../src/cli/ready.ts';
import { Backoff } from '../../../src/controller/backoff.ts';
import { apply, type ApplyPolicy } from '../../../src/controller/operations.ts';
import type { ReconcileResult, ReconcilerPorts } from '../../../src/controller/reconciler.ts';
import { createLanes } from '../../../src/execute/lanes.ts';
import { DEFAULT_RUN_OPTIONS } from '../../../src/execute/run-context.ts';
import type { Project } from '../../../src/model/project.ts';
import { ModelEngine } from '../../support/model-engine.ts';
import { settle } from '../../support/execute.ts';
import { openedState } from '../../support/state.ts';
import { until, VirtualClock } from '../../support/virtual-clock.ts';
import { hook, project } from '../../support/world.ts';

class Bench {
  readonly engine = new ModelEngine();
  readonly clock = new VirtualClock();
  readonly #ports: ReconcilerPorts;
  #result: ReconcileResult | undefined;

  constructor(t: TestContext) {
    const { clock, engine } = this;
    const crashes = new Backoff({ clock, random: () => 0 });
    const state = openedState(t, { path: ':memory:', now: () => clock.now() });
    this.#ports = { engine, state, lanes: createLanes(), clock, crashes, emit: () => {} };
  }

  /** Begins `apply --wait`. */
  wait(desired: Project, policy: Partial<ApplyPolicy> = {}): void {
    const { signal } = new AbortController();
    const control = { drain: signal, signal, options: DEFAULT_RUN_OPTIONS };
    const request = { ...control, desired, policy, command: 'apply', releaseStopped: true };
    const converge = (): Promise<ReconcileResult> => apply(this.#ports, request);
    const watched = { ...control, desired, services: undefined, noDeps: false, converge };
    void this.#follow(convergeUntilReady(this.#ports, watched));
  }

  async #follow(ending: Promise<ReconcileResult>): Promise<void> {
    this.#result = await ending;
  }

  started(which: string): Promise<void> {
    return until(() => this.engine.find(which)?.state.status === 'running');
  }

  /** How the wait ended; undefined: it goes on. */
  kind(): ReconcileResult['kind'] | undefined {
    return this.#result?.kind;
  }

  /** Lets time pass once all that needs none has happened. */
  async advance(ms: number): Promise<void> {
    await settle();
    await this.clock.advance(ms);
    await settle();
  }
}

const simple = { network_mode: 'none' };
const shop = project({ web: simple });

suite('apply --wait', () => {
  test('ends when what runs has stayed so for a second, and not before', async (t) => {
    const bench = new Bench(t);
    bench.wait(shop);
    await bench.started('web/1');
    await bench.advance(999);
    assert.equal(bench.kind(), undefined);
    await bench.advance(1);
    assert.equal(bench.kind(), 'converged');
  });

  test('begins that second anew for another start', async (t) => {
    const bench = new Bench(t);
    bench.wait(shop);
    await bench.started('web/1');
    await bench.advance(900);
    bench.engine.restart('web/1');
    await bench.advance(999);
    assert.equal(bench.kind(), undefined);
    await bench.advance(1);
    assert.equal(bench.kind(), 'converged');
  });

  test('takes what finished with 0 for ready', async (t) => {
    const bench = new Bench(t);
    bench.engine.process = () => ({ endsAfter: 0, exitCode: 0 });
    bench.wait(shop);
    await until(() => bench.engine.find('web/1')?.state.status === 'exited');
    await bench.advance(1000);
    assert.equal(bench.kind(), 'converged');
  });

  test('fails at once for what finished with another code', async (t) => {
    const bench = new Bench(t);
    bench.engine.process = () => ({ endsAfter: 0, exitCode: 3 });
    bench.wait(shop);
    await bench.advance(0);
    assert.equal(bench.kind(), 'deferred');
  });

  test('waits for health where there is a healthcheck, and fails at once where that says no', async (t) => {
    for (const [health, kind] of [
      ['healthy', 'converged'],
      ['unhealthy', 'failed'],
    ] as const) {
      const bench = new Bench(t);
      bench.engine.process = () => ({ health: 'starting' });
      bench.wait(shop);
      await bench.started('web/1');
      await bench.advance(60_000);
      assert.equal(bench.kind(), undefined);
      bench.engine.setHealth('web/1', health);
      await bench.advance(1000);
      assert.equal(bench.kind(), kind);
    }
  });

  test('waits for the hooks of a start that somebody else makes meanwhile', async (t) => {
    const bench = new Bench(t);
    bench.wait(project({ web: { ...simple, post_start: [hook('register')] } }));
    const runs = (): number => bench.engine.log.filter(({ what }) => what === 'exec-end').length;
    await until(() => runs() === 1);
    await bench.advance(500);
    bench.engine.restart('web/1');
    await until(() => runs() === 2);
    assert.equal(bench.kind(), undefined);
    await bench.advance(1000);
    assert.equal(bench.kind(), 'converged');
  });

  test('lets a container go on that somebody paused meanwhile', async (t) => {
    const bench = new Bench(t);
    bench.wait(shop);
    await bench.started('web/1');
    await bench.advance(500);
    bench.engine.pause(bench.engine.find('web/1')?.id ?? '');
    await bench.started('web/1');
    await bench.advance(1000);
    assert.equal(bench.kind(), 'converged');
  });

  test('lets a growing time pass before it tries again what others undo each time', async (t) => {
    const bench = new Bench(t);
    const { engine, clock } = bench;
    const undoneAtMs: number[] = [];
    engine.subscribe((notice) => {
      if (notice.kind !== 'container' || !['start', 'unpause'].includes(notice.action)) return;
      undoneAtMs.push(clock.monotonic());
      clock.setTimer(100, () => engine.pause(notice.containerId));
    });
    bench.wait(shop);
    for (let tenths = 0; tenths < 250; tenths += 1) await bench.advance(100);
    assert.equal(bench.kind(), 'failed');
    const [, ...pauses] = undoneAtMs.slice(1).map((atMs, index) => atMs - (undoneAtMs[index] ?? 0));
    assert.ok(pauses.length > 2 && pauses.every((ms, index) => ms > (pauses[index - 1] ?? 0)), pauses.join(' '));
  });
});
