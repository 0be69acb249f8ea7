import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { Backoff } from '../../../src/controller/backoff.ts';
import { watch } from '../../../src/controller/controller.ts';
import type { ReconcileEvent } from '../../../src/controller/reconciler.ts';
import type { KnownKeys, WakeSource, WatchRequest } from '../../../src/controller/watch-request.ts';
import { RememberingEngine } from '../../../src/engine/remembering-engine.ts';
import { createLanes } from '../../../src/execute/lanes.ts';
import { DEFAULT_RUN_OPTIONS } from '../../../src/execute/run-context.ts';
import { EngineError } from '../../../src/model/errors.ts';
import type { Project } from '../../../src/model/project.ts';
import { engineEventsSource } from '../../../src/source/engine-events.ts';
import { HeldNotices } from '../../support/held-notices.ts';
import { openedState } from '../../support/state.ts';
import { VirtualClock, until } from '../../support/virtual-clock.ts';
import { hook, project } from '../../support/world.ts';

type Emit = Parameters<WakeSource['start']>[0];

/** A watch of some projects on an engine in memory. */
class Bench {
  readonly engine = new HeldNotices();
  readonly clock = new VirtualClock();
  /** Questions to the engine. */
  readonly asked: string[] = [];
  /** Keys that were loaded, in order. */
  readonly loads: string[] = [];
  /** Projects of which a plan was made. */
  readonly planned: string[] = [];
  /** Keys that are as their files say, as announced. */
  readonly ready = new Set<string>();
  readonly desired: Map<string, Project>;
  readonly state;
  readonly #events: ReconcileEvent[] = [];
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  #saved: Emit = () => {};
  #resync: Emit = () => {};

  constructor(t: TestContext, projects: readonly Project[]) {
    this.desired = new Map(projects.map((one) => [`/srv/${one.name}`, one]));
    const { engine, clock } = this;
    engine.before = ({ name, subject }) => {
      this.asked.push(`${name} ${subject}`);
    };
    this.state = openedState(t, { path: ':memory:', now: () => clock.now() });
    const ports = {
      engine: new RememberingEngine(engine, { clock }),
      state: this.state,
      lanes: createLanes(),
      clock,
      crashes: new Backoff({ clock, random: () => 0 }),
      emit: (event: ReconcileEvent) => {
        if (event.type === 'plan') this.planned.push(event.project);
        this.#events.push(event);
      },
    };
    this.#watching = watch(ports, this.#request(ports.engine));
    t.after(() => this.end());
  }

  /** A file of the project is saved. */
  save(desired: Project): void {
    const key = `/srv/${desired.name}`;
    this.desired.set(key, desired);
    this.#saved(key);
  }

  /** How an action ended, each time but those in which it was left. */
  ended(id: string): string[] {
    const ends = this.#events.flatMap((event) => (event.type === 'action-settled' ? [event] : []));
    return ends.flatMap(({ action, outcome: { kind } }) => (action.id === id && kind !== 'interrupted' ? [kind] : []));
  }

  resync(key: string): void {
    this.#resync(key);
  }

  /** Lets everything happen, and forgets what was counted. */
  async settle(): Promise<void> {
    await until(() => this.ready.size === this.desired.size);
    for (let plans = -1; plans !== this.planned.length; await this.pass()) plans = this.planned.length;
    for (const counted of [this.asked, this.loads, this.planned]) counted.length = 0;
  }

  async pass(): Promise<void> {
    for (let turns = 0; turns < 20; turns += 1) await this.clock.advance(200);
  }

  async end(): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await this.#watching;
  }

  #request(engine: RememberingEngine): WatchRequest {
    const { signal } = this.#stop;
    const source = (keep: (emit: Emit) => void): WakeSource => ({
      start: (emit) => {
        keep(emit);
        return Promise.resolve();
      },
    });
    return {
      keys: [...this.desired.keys()],
      load: (key) => {
        this.loads.push(key);
        const desired = this.desired.get(key);
        return Promise.resolve(desired ? { kind: 'project', project: desired, files: [] } : { kind: 'gone' });
      },
      files: {
        ...source((emit) => (this.#saved = emit)),
        watch: () => Promise.resolve(),
        forget: () => Promise.resolve(),
      },
      sources: (keys: KnownKeys) => {
        const events = engineEventsSource({ engine, keys });
        const start: WakeSource['start'] = async (emit, ended) => {
          await events.start(emit, ended);
          this.engine.notify({ kind: 'connected' });
        };
        return [{ start }, source((emit) => (this.#resync = emit))];
      },
      policy: {},
      options: DEFAULT_RUN_OPTIONS,
      prune: false,
      directoryOf: () => '/srv',
      downOnExit: false,
      drain: signal,
      signal: new AbortController().signal,
      announce: ({ key, state }) => {
        if (state === 'ready') this.ready.add(key);
      },
    };
  }
}

const simple = { network_mode: 'none' };

function projectNamed(name: string): Project {
  return project({ web: simple }, { name, networks: {} });
}

suite('a watch at rest', () => {
  test('wakes for nothing without a call to the engine and without a plan', async (t) => {
    const bench = new Bench(t, [projectNamed('shop'), projectNamed('blog')]);
    await bench.settle();
    bench.resync('/srv/shop');
    bench.engine.notify({
      kind: 'network',
      action: 'create',
      id: 'n1',
      name: 'shop_x',
      project: 'shop',
      containerId: undefined,
    });
    await bench.pass();
    assert.deepEqual(bench.asked, ['inspect-network n1']);
    assert.deepEqual(bench.planned, []);
  });

  test('sees what a notice names, and mends it', async (t) => {
    const bench = new Bench(t, [projectNamed('shop'), projectNamed('blog')]);
    await bench.settle();
    const { id } = bench.engine.get('blog-web-1');
    bench.engine.remove(id);
    await until(() => bench.engine.find('blog-web-1')?.state.status === 'running');
    assert.ok(bench.planned.length > 0 && bench.planned.every((name) => name === 'blog'));
  });

  test('looks at everything anew when the stream was broken', async (t) => {
    const bench = new Bench(t, [projectNamed('shop')]);
    await bench.settle();
    bench.engine.isHolding = true;
    bench.engine.remove('shop-web-1');
    bench.engine.reconnect();
    bench.engine.isHolding = false;
    await until(() => bench.engine.find('shop-web-1')?.state.status === 'running');
  });

  test('finds out by itself, in time, what nobody told', async (t) => {
    const bench = new Bench(t, [projectNamed('shop')]);
    await bench.settle();
    bench.engine.isHolding = true;
    bench.engine.remove('shop-web-1');
    bench.engine.held.length = 0;
    bench.resync('/srv/shop');
    await bench.pass();
    assert.equal(bench.engine.find('shop-web-1'), undefined);
    await bench.clock.advance(150_000);
    bench.resync('/srv/shop');
    await until(() => bench.engine.find('shop-web-1')?.state.status === 'running');
  });
});

suite('a watch of what fails', () => {
  const shopOf = (names: readonly string[]): Project =>
    project(Object.fromEntries(names.map((name) => [name, simple])), { name: 'shop', networks: {} });

  /** Starts of `web` that are refused, by their moments; each leaves events behind, as on a real engine. */
  function refuseStarts(bench: Bench, code: 'rejected' | 'unavailable' = 'rejected'): number[] {
    const triedMs: number[] = [];
    bench.engine.before = ({ name, subject }) => {
      if (name !== 'start-container' || subject !== bench.engine.find('shop-web-1')?.id) return;
      triedMs.push(bench.clock.monotonic());
      for (const action of ['connect', 'disconnect']) {
        const network = { id: 'n1', name: 'shop_default', project: 'shop', containerId: subject };
        bench.engine.notify({ kind: 'network', action, ...network });
      }
      throw new EngineError(code, 'start container: no such file');
    };
    return triedMs;
  }

  test('tries it again after growing delays, whatever the try itself stirs up', async (t) => {
    const bench = new Bench(t, [shopOf(['web', 'db'])]);
    const triedMs = refuseStarts(bench);
    await until(() => triedMs.length === 1);
    for (let passes = 0; passes < 5; passes += 1) await bench.pass();
    const gaps = triedMs.slice(1).map((ms, index) => ms - (triedMs[index] ?? 0));
    assert.ok(gaps.length >= 3, `${gaps.length} retries in 20 s`);
    assert.ok(
      gaps.every((gap, index) => gap >= 1000 * 2 ** index),
      gaps.join(', '),
    );
  });

  test('tries it at once for a saved file', async (t) => {
    const bench = new Bench(t, [shopOf(['web'])]);
    const triedMs = refuseStarts(bench);
    await until(() => triedMs.length === 1);
    await bench.clock.advance(0);
    bench.save(shopOf(['web']));
    await until(() => triedMs.length === 2);
    assert.ok((triedMs[1] ?? 0) - (triedMs[0] ?? 0) < 1000);
  });

  test('mends everything else meanwhile', async (t) => {
    const bench = new Bench(t, [shopOf(['web', 'db'])]);
    const triedMs = refuseStarts(bench);
    await until(() => triedMs.length === 1 && bench.engine.find('shop-db-1')?.state.status === 'running');
    await bench.clock.advance(0);
    bench.engine.remove('shop-db-1');
    await until(() => bench.engine.find('shop-db-1')?.state.status === 'running');
    assert.equal(bench.clock.monotonic(), 0);
  });

  test('does not try it again for whatever else there is to do', async (t) => {
    const bench = new Bench(t, [shopOf(['web', 'db'])]);
    const triedMs = refuseStarts(bench);
    await until(() => triedMs.length === 1 && bench.engine.find('shop-db-1')?.state.status === 'running');
    while (triedMs.length < 4) await bench.pass();
    const tries = triedMs.length;
    for (let left = 3; left > 0; left -= 1) {
      bench.engine.remove('shop-db-1');
      for (let ms = 0; ms < 800; ms += 100) await bench.clock.advance(100);
      assert.equal(bench.engine.find('shop-db-1')?.state.status, 'running');
    }
    assert.equal(triedMs.length, tries);
  });

  test('starts a container again that does not stay up when its own delay is over', async (t) => {
    const bench = new Bench(t, [shopOf(['web', 'db'])]);
    const triedMs = refuseStarts(bench);
    const isUp = (): boolean => bench.engine.find('shop-db-1')?.state.status === 'running';
    await until(() => triedMs.length === 1 && isUp());
    while (triedMs.length < 4) await bench.pass();
    // The second time it is not started at once.
    for (const passesMs of [1000, 4000]) {
      bench.engine.kill('shop-db-1');
      assert.ok(!isUp());
      for (let ms = 0; ms < passesMs; ms += 100) await bench.clock.advance(100);
      assert.ok(isUp());
    }
  });

  test('tries it as soon as the engine answers again', async (t) => {
    const bench = new Bench(t, [shopOf(['web'])]);
    const triedMs = refuseStarts(bench, 'unavailable');
    await until(() => triedMs.length >= 1);
    await bench.clock.advance(0);
    bench.engine.before = () => {};
    bench.engine.reconnect();
    await until(() => bench.engine.find('shop-web-1')?.state.status === 'running');
    assert.equal(bench.clock.monotonic(), 0);
  });
});

suite('a watch of a project that waits for a dependency', () => {
  const slow = {
    db: simple,
    web: { ...simple, depends_on: { db: { condition: 'service_healthy', required: true } } },
  } as const;

  test('gives way to a command, and goes on after it', async (t) => {
    const bench = new Bench(t, [project(slow, { name: 'shop', networks: {} })]);
    bench.engine.process = ({ name }) => ({ health: name === 'shop-db-1' ? 'starting' : 'none' });
    await until(() => bench.engine.find('shop-db-1')?.state.status === 'running');
    await bench.clock.advance(100);
    const { signal } = new AbortController();
    const asked = { project: 'shop', command: 'restart', signal };
    const patient = bench.state.leases.acquire(asked);
    await bench.clock.advance(100);
    assert.equal(bench.state.leases.holder('shop')?.command, 'watch');
    const insistent = bench.state.leases.acquire({ ...asked, insists: true });
    (await patient).release();
    const lease = await insistent;
    await bench.pass();
    assert.ok(lease.isHeld());
    bench.engine.setHealth('shop-db-1', 'healthy');
    await bench.pass();
    assert.equal(bench.engine.find('shop-web-1')?.state.status, 'created');
    lease.release();
    await until(() => bench.engine.find('shop-web-1')?.state.status === 'running');
  });
});

suite('a watch of a project in which a hook takes long', () => {
  /** `web` with a post_start that goes on until the test ends it, and `db`. */
  function setUp(t: TestContext): { readonly bench: Bench; readonly execs: () => string[] } {
    const bench = new Bench(t, [
      project({ web: { ...simple, post_start: [hook('warm-up')] }, db: simple }, { name: 'shop', networks: {} }),
    ]);
    bench.engine.script = () => ({ lasts: Infinity });
    const execs = (): string[] =>
      bench.engine.log.filter(({ what }) => what === 'exec-start').flatMap(({ execId }) => execId ?? []);
    return { bench, execs };
  }
  const isUp = (bench: Bench, name: string): boolean => bench.engine.find(name)?.state.status === 'running';

  test('mends what else there is at once, and stays with the hook, which is not run again', async (t) => {
    const { bench, execs } = setUp(t);
    await until(() => execs().length === 1 && isUp(bench, 'shop-db-1'));
    for (let left = 3; left > 0; left -= 1) {
      bench.engine.remove('shop-db-1');
      for (let ms = 0; ms < 2000; ms += 100) await bench.clock.advance(100);
      assert.ok(isUp(bench, 'shop-db-1'));
    }
    assert.equal(execs().length, 1);
    bench.engine.endExec(execs()[0] ?? '', 0);
    await until(() => bench.ready.has('/srv/shop'));
    assert.equal(execs().length, 1);
  });

  test('tries again what fails meanwhile, however often, and tells the end of the hook', async (t) => {
    const ill = { ...simple, post_start: [hook('fail')] };
    const services = { web: { ...simple, post_start: [hook('warm-up')] }, db: ill };
    const bench = new Bench(t, [project(services, { name: 'shop', networks: {} })]);
    bench.engine.script = ([command]) => (command === 'fail' ? { exitCode: 1 } : { lasts: Infinity });
    const tries = (): number => bench.engine.log.filter(({ command }) => command?.[0] === 'fail').length;
    for (let ms = 0; ms < 120_000; ms += 500) await bench.clock.advance(500);
    assert.ok(tries() > 6, `${tries()} tries in two minutes`);
    const warmUp = bench.engine.log.find(({ what, command }) => what === 'exec-start' && command?.[0] === 'warm-up');
    bench.engine.endExec(warmUp?.execId ?? '', 0);
    await bench.pass();
    assert.deepEqual(bench.ended('web/1:post_start[0]'), ['succeeded']);
  });

  test('follows a saved file at once', async (t) => {
    const { bench, execs } = setUp(t);
    await until(() => execs().length === 1 && isUp(bench, 'shop-db-1'));
    const { web, db } = bench.desired.get('/srv/shop')?.services ?? {};
    const services = { web: { ...web, networks: {} }, db: { ...db, networks: {} }, cache: simple };
    bench.save(project(services, { name: 'shop', networks: {} }));
    await until(() => isUp(bench, 'shop-cache-1'));
    assert.equal(execs().length, 1);
    bench.engine.endExec(execs()[0] ?? '', 0);
    await until(() => bench.ready.has('/srv/shop'));
    assert.equal(execs().length, 1);
  });

  test('takes its failure for one: it is tried again after a delay, with the attempts that it has', async (t) => {
    const { bench, execs } = setUp(t);
    await until(() => execs().length === 1 && isUp(bench, 'shop-db-1'));
    bench.engine.remove('shop-db-1');
    for (let ms = 0; ms < 500; ms += 100) await bench.clock.advance(100);
    assert.ok(isUp(bench, 'shop-db-1'));
    bench.engine.endExec(execs()[0] ?? '', 7);
    await bench.clock.advance(100);
    assert.equal(execs().length, 1);
    for (let ms = 0; ms < 3000; ms += 100) await bench.clock.advance(100);
    assert.equal(execs().length, 2);
    bench.engine.endExec(execs()[1] ?? '', 0);
  });
});

suite('a watch of many projects', () => {
  test('reads and plans for one saved file the one project that it belongs to', async (t) => {
    const bench = new Bench(
      t,
      Array.from({ length: 200 }, (_, index) => projectNamed(`p${index}`)),
    );
    await bench.settle();
    assert.equal(bench.engine.containers.size, 200);
    bench.save(project({ web: simple, db: simple }, { name: 'p7', networks: {} }));
    await until(() => bench.engine.find('p7-db-1')?.state.status === 'running');
    await bench.pass();
    assert.deepEqual(bench.loads, ['/srv/p7']);
    assert.deepEqual(new Set(bench.planned), new Set(['p7']));
    assert.deepEqual(
      bench.asked.filter((question) => /^(list|observe)/.test(question)),
      ['list-containers p7', 'list-networks ', 'list-volumes '],
    );
  });
});
