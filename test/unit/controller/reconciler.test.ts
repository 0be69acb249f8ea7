import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { Backoff } from '../../../src/controller/backoff.ts';
import { FailedWork } from '../../../src/controller/failed-work.ts';
import { apply, down, stop, type ApplyRequest } from '../../../src/controller/operations.ts';
import {
  reconcile,
  type ReconcileEvent,
  type ReconcileResult,
  type ReconcilerPorts,
} from '../../../src/controller/reconciler.ts';
import { createLanes } from '../../../src/execute/lanes.ts';
import { DEFAULT_RUN_OPTIONS } from '../../../src/execute/run-context.ts';
import { EngineError } from '../../../src/model/errors.ts';
import type { Project } from '../../../src/model/project.ts';
import { RememberingEngine } from '../../../src/engine/remembering-engine.ts';
import { HeldNotices } from '../../support/held-notices.ts';
import { openedState, temporaryDirectory } from '../../support/state.ts';
import { until, VirtualClock } from '../../support/virtual-clock.ts';
import { hook, project } from '../../support/world.ts';

class Bench {
  readonly engine = new HeldNotices();
  readonly clock = new VirtualClock();
  readonly events: ReconcileEvent[] = [];
  readonly ports: ReconcilerPorts;
  readonly drain = new AbortController();
  readonly #control;

  constructor(t: TestContext, { remembers = false } = {}) {
    const { clock } = this;
    this.ports = {
      engine: remembers ? new RememberingEngine(this.engine, { clock, maxAgeMs: 150_000 }) : this.engine,
      state: openedState(t, { path: ':memory:', now: () => clock.now() }),
      lanes: createLanes(),
      clock,
      crashes: new Backoff({ clock, random: () => 0 }),
      emit: (event) => {
        this.events.push(event);
      },
    };
    this.ports.engine.subscribe(() => {});
    this.engine.notify({ kind: 'connected' });
    this.#control = { options: DEFAULT_RUN_OPTIONS, drain: this.drain.signal, signal: new AbortController().signal };
  }

  apply(desired: Project, rest: Partial<ApplyRequest> = {}, ports = this.ports): Promise<ReconcileResult> {
    const request = { ...this.#control, desired, policy: {}, command: 'apply', releaseStopped: true };
    return apply(ports, { ...request, ...rest });
  }

  stop(desired: Project | undefined, services?: ReadonlySet<string>): Promise<ReconcileResult> {
    const policy = { command: 'stop', services, volumes: false, removeOrphans: false, force: false } as const;
    return stop(this.ports, { ...this.#control, project: 'shop', desired, policy });
  }

  down(desired: Project | undefined, { volumes = false } = {}): Promise<ReconcileResult> {
    const policy = { command: 'down', services: undefined, volumes, removeOrphans: true, force: false } as const;
    return down(this.ports, { ...this.#control, project: 'shop', desired, policy });
  }

  /** Actions of each round that was carried out. */
  rounds(): string[][] {
    return this.events.flatMap((event) => (event.type === 'plan' ? [event.plan.actions.map(({ id }) => id)] : []));
  }

  starts(): string[] {
    return this.engine.log.flatMap(({ what, containerId }) => {
      if (what !== 'start') return [];
      const { labels } = this.engine.containers.get(containerId) ?? {};
      return `${labels?.['com.docker.compose.service']}/${labels?.['com.docker.compose.container-number']}`;
    });
  }
}

const simple = { network_mode: 'none' };
const shop = project({ web: simple });

const STAYS = ', so it stays (--force or on_failure: continue goes on)';

suite('a run whose lease is lost', () => {
  test('does nothing more: somebody else may act now', async (t) => {
    const bench = new Bench(t);
    const path = join(temporaryDirectory(t), 'engine.db');
    const state = openedState(t, { path });
    bench.engine.before = ({ name }) => {
      if (name === 'create-container') rmSync(`${path}.locks`, { recursive: true });
    };
    const result = await bench.apply(shop, {}, { ...bench.ports, state });
    assert.equal(result.kind, 'failed');
    assert.match(
      result.failures.join(),
      /web\/1: cannot start container: the lease of shop was lost, its file was removed/,
    );
    assert.deepEqual(bench.starts(), []);
  });
});

suite('a run on an engine that remembers', () => {
  test('asks nothing where nothing happened', async (t) => {
    const bench = new Bench(t, { remembers: true });
    await bench.apply(shop);
    await bench.apply(shop);
    const asked: string[] = [];
    bench.engine.before = ({ name, subject }) => {
      asked.push(`${name} ${subject}`);
    };
    await bench.clock.advance(60_000);
    assert.equal((await bench.apply(shop)).kind, 'converged');
    assert.deepEqual(asked, []);
  });

  test('acts on nothing that it only remembers', async (t) => {
    const bench = new Bench(t, { remembers: true });
    const two = project({ api: simple, web: simple });
    await bench.apply(two);
    await bench.clock.advance(60_000);
    bench.engine.isHolding = true;
    bench.engine.remove('api/1');
    bench.engine.held.length = 0;
    bench.engine.isHolding = false;
    bench.engine.kill('web/1');
    bench.events.length = 0;
    assert.equal((await bench.apply(two)).kind, 'converged');
    assert.deepEqual(bench.rounds()[0], ['api/1:create', 'api/1:start', 'web/1:start']);
  });

  test('sees what it did itself although no notice of it comes', async (t) => {
    const bench = new Bench(t, { remembers: true });
    bench.engine.isHolding = true;
    const result = await bench.apply(shop);
    assert.deepEqual([result.kind, result.actions], ['converged', 2]);
  });
});

suite('a run', () => {
  test('goes on until there is nothing to do, and a second one does nothing', async (t) => {
    const bench = new Bench(t);
    const first = await bench.apply(shop);
    assert.deepEqual([first.kind, first.actions], ['converged', 2]);
    const second = await bench.apply(shop);
    assert.deepEqual([second.kind, second.actions], ['converged', 0]);
    assert.deepEqual(bench.rounds(), [['web/1:create', 'web/1:start'], []]);
  });

  test('ends when something failed, with what did, after all else was done', async (t) => {
    const bench = new Bench(t);
    const two = project({ api: simple, web: simple });
    bench.engine.before = ({ name, subject }) => {
      if (name === 'create-container' && subject === 'shop-api-1') throw new EngineError('rejected', 'no');
    };
    const result = await bench.apply(two);
    assert.equal(result.kind, 'failed');
    assert.deepEqual(result.failures, ['api/1: cannot create container shop-api-1: no']);
    assert.equal(bench.engine.get('web/1').state.status, 'running');
  });

  test('looks again at once when the world moved under it', async (t) => {
    const bench = new Bench(t);
    let left = 2;
    bench.engine.before = ({ name }) => {
      if (name === 'start-container' && (left -= 1) >= 0) throw new EngineError('conflict', 'not now');
    };
    assert.equal((await bench.apply(shop)).kind, 'converged');
    assert.deepEqual(bench.rounds(), [['web/1:create', 'web/1:start'], ['web/1:start'], ['web/1:start']]);
  });

  test('gives up when the world keeps moving', async (t) => {
    const bench = new Bench(t);
    bench.engine.before = ({ name }) => {
      if (name === 'start-container') throw new EngineError('conflict', 'not now');
    };
    const result = await bench.apply(shop);
    assert.deepEqual([result.kind, result.failures], ['failed', ['web/1: cannot start container: not now']]);
    assert.equal(bench.rounds().length, 6);
  });

  test('gives up what it does again and again without effect', async (t) => {
    const bench = new Bench(t);
    const named = project({ web: { networks: { default: { aliases: ['www'] } } } });
    await bench.apply(named);
    // An engine that loses an alias each time.
    const connect = bench.engine.connectNetwork.bind(bench.engine);
    bench.engine.connectNetwork = async (request, signal) => {
      await connect(request, signal);
      const { networks } = bench.engine.get('web/1');
      for (const [name, endpoint] of networks) networks.set(name, { ...endpoint, aliases: [] });
    };
    const { networks } = bench.engine.get('web/1');
    for (const [name, endpoint] of networks) networks.set(name, { ...endpoint, aliases: [] });
    const result = await bench.apply(named);
    assert.equal(result.kind, 'failed');
    assert.match(result.failures.join('\n'), /^web\/1:connect shop_default was done 5 times over/m);
  });

  test('gives up containers that it replaces again and again without effect', async (t) => {
    const bench = new Bench(t);
    // An engine that limits each container to half a CPU by itself.
    const create = bench.engine.createContainer.bind(bench.engine);
    bench.engine.createContainer = async (request, signal) => {
      const id = await create(request, signal);
      const made = bench.engine.containers.get(id);
      if (made) made.resources = { CpuPeriod: 100_000, CpuQuota: 50_000 };
      if (bench.rounds().length > 20) bench.drain.abort(new Error('it never ends'));
      return id;
    };
    const result = await bench.apply(shop);
    assert.equal(result.kind, 'failed');
    assert.match(result.failures.join('\n'), /^web\/1:create was done 5 times over/m);
  });

  test('that is drained before it has the lease does nothing', async (t) => {
    const bench = new Bench(t);
    bench.drain.abort(new Error('interrupted'));
    await assert.rejects(bench.apply(shop), /interrupted/);
    assert.deepEqual(bench.engine.log, []);
  });

  test('that is drained says so, and the next one takes it up', async (t) => {
    const bench = new Bench(t);
    bench.engine.before = ({ name }) => {
      if (name === 'create-container') bench.drain.abort(new Error('interrupted'));
    };
    assert.equal((await bench.apply(shop)).kind, 'interrupted');
    assert.equal(bench.engine.get('web/1').state.status, 'created');
    bench.engine.before = () => {};
    const { drain } = new Bench(t);
    assert.equal((await bench.apply(shop, { drain: drain.signal })).kind, 'converged');
  });

  test('refuses a plan that is unsound', async (t) => {
    const bench = new Bench(t);
    const container = { key: 'web/1', service: 'web', number: 1, id: undefined, name: 'shop-web-1' };
    const start = { id: 'web/1:start', kind: 'start-container', cause: { kind: 'absent' }, container } as const;
    const control = { options: DEFAULT_RUN_OPTIONS, drain: bench.drain.signal, signal: bench.drain.signal };
    const running = reconcile(bench.ports, {
      ...control,
      project: 'shop',
      desired: shop,
      command: 'apply',
      makePlan: () => ({
        project: 'shop',
        actions: [{ ...start, dependsOn: [], after: [] }],
        problems: [],
        deferrals: [],
        notes: [],
        abandonedStops: [],
      }),
    });
    await assert.rejects(running, /unsound.*a container that nothing creates/);
    await assert.doesNotReject(bench.apply(shop), 'the lease is free again');
  });
});

suite('a container that does not stay up', () => {
  test('is started again after a growing delay, and that is said', async (t) => {
    const bench = new Bench(t);
    const always = project({ web: simple });
    bench.engine.process = () => ({ endsAfter: 0, exitCode: 1 });
    const delays: (number | undefined)[] = [];
    for (let run = 0; run < 4; run += 1) {
      const result = await bench.apply(always);
      assert.equal(result.kind, 'deferred');
      assert.match(result.failures[0] ?? '', /^web\/1: ended with exit code 1 right after its last start/);
      delays.push(result.afterMs);
      await bench.clock.advance(result.afterMs ?? 0);
    }
    assert.deepEqual(delays, [1000, 2000, 4000, 8000]);
    assert.deepEqual(bench.starts(), ['web/1', 'web/1', 'web/1', 'web/1']);
  });

  test('that ended before its post_start holds up those that wait for it', async (t) => {
    const bench = new Bench(t);
    const two = project({ db: { ...simple, post_start: [hook('seed')] }, web: { ...simple, depends_on: ['db'] } });
    bench.engine.process = ({ name }) => (name === 'shop-db-1' ? { endsAfter: 0, exitCode: 1 } : {});
    const result = await bench.apply(two);
    assert.equal(result.kind, 'deferred');
    assert.equal(bench.engine.get('web/1').state.status, 'created');
  });
});

suite('a run that waits for a slow dependency', () => {
  const healthy = { db: { condition: 'service_healthy', required: true } } as const;
  const slow = project({ db: simple, web: { ...simple, depends_on: healthy }, other: simple });

  /** Applies until only the wait for `db` is left. */
  async function waiting(bench: Bench, desired: Project, rest: Partial<ApplyRequest> = {}): Promise<ReconcileResult> {
    bench.engine.process = ({ name }) => ({ health: name === 'shop-db-1' ? 'starting' : 'none' });
    const running = bench.apply(desired, rest);
    await until(() => bench.starts().includes('other/1') && bench.starts().includes('db/1'));
    await bench.clock.advance(0);
    return running;
  }

  test('starts again what dies meanwhile, with its backoff, and goes on waiting', async (t) => {
    const bench = new Bench(t);
    const running = waiting(bench, slow);
    await until(() => bench.starts().length === 2);
    bench.engine.kill('other/1');
    await bench.clock.advance(999);
    assert.deepEqual(bench.starts().toSorted(), ['db/1', 'other/1']);
    await bench.clock.advance(1);
    await until(() => bench.starts().length === 3);
    assert.equal(bench.starts().at(-1), 'other/1');
    assert.equal(bench.engine.get('web/1').state.status, 'created');
    bench.engine.setHealth('db/1', 'healthy');
    assert.equal((await running).kind, 'converged');
    assert.equal(bench.engine.get('web/1').state.status, 'running');
  });

  test('gives the post_start to what was started from outside meanwhile', async (t) => {
    const bench = new Bench(t);
    const hooked = project({ ...slow.services, other: { ...simple, post_start: [hook('register')] } });
    const running = waiting(bench, hooked);
    const runs = (): number => bench.engine.log.filter(({ what }) => what === 'exec-end').length;
    await until(() => runs() === 1);
    await bench.clock.advance(2000);
    bench.engine.restart('other/1');
    await until(() => runs() === 2);
    bench.engine.setHealth('db/1', 'healthy');
    assert.equal((await running).kind, 'converged');
  });

  test('is not disturbed by what changes nothing', async (t) => {
    const bench = new Bench(t);
    const running = waiting(bench, slow);
    await until(() => bench.starts().length === 2);
    await bench.clock.advance(0);
    bench.engine.setHealth('other/1', 'none');
    await bench.clock.advance(5000);
    bench.engine.setHealth('db/1', 'healthy');
    await running;
    // The first round, and the look at its end.
    assert.equal(bench.rounds().length, 1);
  });

  test('leaves what has failed to the end, where nobody comes back for it', async (t) => {
    const bench = new Bench(t);
    const failing = project({ ...slow.services, other: { ...simple, post_start: [hook('register')] } });
    bench.engine.script = () => ({ exitCode: 1 });
    const running = waiting(bench, failing);
    await until(() => bench.events.some(({ type }) => type === 'hook-ended'));
    await bench.clock.advance(2000);
    bench.engine.setHealth('db/1', 'healthy');
    assert.equal((await running).kind, 'failed');
    assert.equal(bench.engine.get('web/1').state.status, 'running');
  });

  test('tells what has failed and tries it again meanwhile, where somebody comes back for it', async (t) => {
    const bench = new Bench(t);
    const failing = project({ ...slow.services, other: { ...simple, post_start: [hook('register')] } });
    const runs = (): number => bench.engine.log.filter(({ what }) => what === 'exec-end').length;
    const told: string[] = [];
    bench.engine.script = () => ({ exitCode: 1 });
    const running = waiting(bench, failing, {
      failed: new FailedWork(bench.clock, () => 0),
      onResting: ({ failures }) => told.push(...failures),
    });
    await until(() => told.length > 0);
    assert.deepEqual(told, ['other/1: post_start hook 0 exited 1']);
    assert.deepEqual([runs(), bench.engine.get('web/1').state.status], [1, 'created']);
    bench.engine.script = () => ({ exitCode: 0 });
    await bench.clock.advance(1000);
    await until(() => runs() === 2);
    bench.engine.setHealth('db/1', 'healthy');
    assert.equal((await running).kind, 'converged');
  });
});

test('a pre_start that fails in a replacement is run once in a run, and its container is kept', async (t) => {
  const bench = new Bench(t);
  await bench.apply(project({ web: { ...simple, pre_start: [hook('migrate')] } }));
  bench.engine.script = () => ({ exitCode: 4 });
  const before = bench.engine.log.length;
  const result = await bench.apply(project({ web: { ...simple, pre_start: [hook('migrate-again')] } }));
  assert.equal(result.failures.length, 1, result.failures.join('\n'));
  const isOfHook = (id: string): boolean =>
    [...bench.engine.containers.values()].some((one) => one.id === id && /pre_start/.test(one.name));
  const starts = bench.engine.log
    .slice(before)
    .filter(({ what, containerId }) => what === 'start' && isOfHook(containerId));
  assert.equal(starts.length, 1);
});

test('what was done once for a definition is done again after the volumes went, and only then', async (t) => {
  const bench = new Bench(t);
  const seeded = project({ web: { ...simple, post_start: [hook('seed', { run: 'once-per-definition' })] } });
  const runs = (): number => bench.engine.log.filter(({ what }) => what === 'exec-end').length;
  await bench.apply(seeded);
  await bench.down(seeded);
  await bench.apply(seeded);
  assert.equal(runs(), 1);
  await bench.down(seeded, { volumes: true });
  await bench.apply(seeded);
  assert.equal(runs(), 2);
});

suite('what is asked for once', () => {
  test('is done once', async (t) => {
    const bench = new Bench(t);
    await bench.apply(shop);
    const { id } = bench.engine.get('web/1');
    await bench.apply(shop, { policy: { forceRecreate: true } });
    assert.notEqual(bench.engine.get('web/1').id, id);
    await bench.apply(shop, { policy: { restart: new Set(['web']) } });
    assert.equal(bench.engine.log.filter(({ what }) => what === 'create').length, 2);
    assert.equal(bench.starts().length, 3);
  });

  test('is not forgotten when the world moved under it', async (t) => {
    for (const policy of [{ forceRecreate: true }, { restart: new Set(['web']) }]) {
      const bench = new Bench(t);
      await bench.apply(shop);
      const { startedAt } = bench.engine.get('web/1').state;
      let left = 1;
      bench.engine.before = ({ name }) => {
        const isFirst = name === 'create-container' || name === 'stop-container';
        if (isFirst && (left -= 1) >= 0) throw new EngineError('conflict', 'not now');
      };
      assert.equal((await bench.apply(shop, { policy })).kind, 'converged');
      assert.notEqual(bench.engine.get('web/1').state.startedAt, startedAt, JSON.stringify(policy));
      assert.equal(bench.engine.log.filter(({ what }) => what === 'start').length, 2, JSON.stringify(policy));
    }
  });
});

suite('what reeve stopped', () => {
  test('is told from what finished, and started when it is wanted again', async (t) => {
    const bench = new Bench(t);
    await bench.apply(shop);
    await bench.stop(shop);
    assert.deepEqual([bench.engine.get('web/1').state.status, bench.engine.get('web/1').state.exitCode], ['exited', 0]);
    assert.equal((await bench.apply(shop, { releaseStopped: false })).actions, 0);
    assert.equal((await bench.apply(shop)).kind, 'converged');
    assert.equal(bench.engine.get('web/1').state.status, 'running');
  });

  test('is not what was to be stopped, and was not', async (t) => {
    const bench = new Bench(t);
    const guarded = project({ web: { ...simple, pre_stop: [hook('drain')] } });
    await bench.apply(guarded);
    bench.engine.script = () => ({ exitCode: 1 });
    assert.equal((await bench.apply(guarded, { policy: { restart: new Set(['web']) } })).kind, 'failed');
    await bench.apply(guarded);
    bench.engine.stop('web/1');
    assert.equal((await bench.apply(guarded)).actions, 0, 'it finished by itself since');
  });

  test('stays stopped with all its services, also those that had no container', async (t) => {
    const bench = new Bench(t);
    await bench.apply(shop);
    const grown = project({ web: simple, api: simple });
    await bench.stop(grown);
    assert.equal((await bench.apply(grown, { releaseStopped: false })).actions, 0);
    assert.equal(bench.engine.find('api/1'), undefined);
  });
});

suite('a dependent that was stopped for the sake of a dependency', () => {
  const restart = { db: { condition: 'service_started', required: true, restart: true } } as const;
  const pulled = (edition: string): Project =>
    project({
      db: { ...simple, environment: { EDITION: edition }, pre_stop: [hook('flush')] },
      web: { ...simple, depends_on: restart, post_start: [hook('register')] },
    });

  test('is started again, hooks and all, where the pre_stop of the dependency fails', async (t) => {
    const bench = new Bench(t);
    await bench.apply(pulled('1'));
    const { id } = bench.engine.get('db/1');
    bench.engine.script = ([command]) => ({ exitCode: command === 'flush' ? 1 : 0 });
    const result = await bench.apply(pulled('2'));
    assert.deepEqual([result.kind, result.failures], ['failed', [`db/1: pre_stop hook 0 exited 1${STAYS}`]]);
    assert.equal(bench.engine.get(id).state.status, 'running');
    assert.equal(bench.engine.get('web/1').state.status, 'running');
    const registered = bench.engine.log.filter(
      ({ what, command }) => what === 'exec-end' && command?.[0] === 'register',
    );
    assert.equal(registered.length, 2);
    bench.engine.script = () => ({});
    assert.equal((await bench.apply(pulled('2'))).kind, 'converged');
    assert.notEqual(bench.engine.get('db/1').id, id);
  });

  test('stays stopped where the post_start of the replaced dependency fails', async (t) => {
    const bench = new Bench(t);
    const begun = (edition: string): Project =>
      project({
        db: { ...simple, environment: { EDITION: edition }, post_start: [hook('migrate')] },
        web: { ...simple, depends_on: restart },
      });
    await bench.apply(begun('1'));
    bench.engine.script = () => ({ exitCode: 1 });
    const result = await bench.apply(begun('2'));
    assert.deepEqual([result.kind, result.failures], ['failed', ['db/1: post_start hook 0 exited 1']]);
    assert.equal(bench.engine.get('web/1').state.status, 'exited');
    bench.engine.script = () => ({});
    assert.equal((await bench.apply(begun('2'))).kind, 'converged');
  });

  test('stays stopped where the dependency, started by others, still owes its post_start', async (t) => {
    const bench = new Bench(t);
    const chain = project({
      disk: { ...simple, pre_stop: [hook('flush')] },
      db: { ...simple, depends_on: ['disk'], post_start: [hook('migrate')] },
      web: { ...simple, depends_on: restart },
    });
    await bench.apply(chain);
    bench.engine.restart('db/1');
    bench.engine.script = ([command]) => ({ exitCode: command === 'flush' ? 1 : 0 });
    const result = await bench.apply(chain, { policy: { forceRecreate: true } });
    assert.deepEqual([result.kind, result.failures], ['failed', [`disk/1: pre_stop hook 0 exited 1${STAYS}`]]);
    assert.notEqual(bench.engine.get('web/1').state.status, 'running');
    bench.engine.script = () => ({});
    assert.equal((await bench.apply(chain)).kind, 'converged');
    assert.equal(bench.engine.get('web/1').state.status, 'running');
  });

  test('stays stopped where the dependency owes its post_start, also when its pre_stop has failed', async (t) => {
    const bench = new Bench(t);
    const both = (edition: string): Project =>
      project({
        db: { ...simple, environment: { EDITION: edition }, post_start: [hook('migrate')], pre_stop: [hook('flush')] },
        web: { ...simple, depends_on: restart },
      });
    await bench.apply(both('1'));
    bench.engine.restart('db/1');
    bench.engine.script = ([command]) => ({ exitCode: command === 'flush' ? 1 : 0 });
    const result = await bench.apply(both('2'));
    assert.deepEqual([result.kind, result.failures], ['failed', [`db/1: pre_stop hook 0 exited 1${STAYS}`]]);
    assert.notEqual(bench.engine.get('web/1').state.status, 'running');
    bench.engine.script = () => ({});
    assert.equal((await bench.apply(both('2'))).kind, 'converged');
    assert.equal(bench.engine.get('web/1').state.status, 'running');
  });

  test('stays stopped where a replica of what it depends on is not there', async (t) => {
    const bench = new Bench(t);
    const three = (edition: string, needs: object): Project =>
      project({
        disk: { ...simple, environment: { EDITION: edition }, pre_stop: [hook('flush')] },
        app: { ...simple, replicas: 2 },
        db: { ...simple, environment: { EDITION: edition }, depends_on: { disk: restart.db, ...needs } },
      });
    bench.engine.before = ({ name, subject }) => {
      if (name === 'create-container' && subject === 'shop-app-1') throw new EngineError('rejected', 'no room for it');
    };
    await bench.apply(three('1', {}));
    bench.engine.script = ([command]) => ({ exitCode: command === 'flush' ? 1 : 0 });
    const second = three('2', { app: { condition: 'service_started', required: true, restart: false } });
    assert.equal((await bench.apply(second)).kind, 'failed');
    assert.notEqual(bench.engine.find('shop-db-1')?.state.status, 'running');
    bench.engine.script = () => ({});
    bench.engine.before = () => {};
    assert.equal((await bench.apply(second)).kind, 'converged');
    assert.equal(bench.engine.get('db/1').state.status, 'running');
  });

  test('stays stopped where the dependency is down itself', async (t) => {
    const bench = new Bench(t);
    await bench.apply(pulled('1'));
    bench.engine.before = ({ name, subject }) => {
      const isDb = bench.engine.containers.get(subject)?.name.endsWith('db-1');
      if (name === 'start-container' && isDb) throw new EngineError('rejected', 'no');
    };
    const result = await bench.apply(pulled('2'));
    assert.deepEqual([result.kind, result.failures], ['failed', ['db/1: cannot start container: no']]);
    assert.equal(bench.engine.get('web/1').state.status, 'exited');
    bench.engine.before = () => {};
    assert.equal((await bench.apply(pulled('2'))).kind, 'converged');
  });
});

suite('a project that is taken down', () => {
  test('is forgotten, and so is what was stopped', async (t) => {
    const bench = new Bench(t);
    await bench.apply(shop);
    await bench.stop(shop);
    assert.equal((await bench.down(undefined)).kind, 'converged');
    assert.deepEqual(
      [bench.ports.state.inventory.get('shop'), bench.ports.state.inventory.holds('shop')],
      [undefined, []],
    );
    assert.deepEqual([...bench.engine.containers.keys()], []);
  });

  test('is not forgotten while something of it is left', async (t) => {
    const bench = new Bench(t);
    const guarded = project({ web: { ...simple, pre_stop: [hook('drain')] } });
    await bench.apply(guarded);
    bench.engine.script = () => ({ exitCode: 1 });
    const result = await bench.down(guarded);
    assert.deepEqual([result.kind, result.failures], ['failed', [`web/1: pre_stop hook 0 exited 1${STAYS}`]]);
    assert.ok(bench.ports.state.inventory.get('shop'));
    assert.equal(bench.engine.get('web/1').state.status, 'running');
  });
});

suite('the history of a run', () => {
  test('has a line for each action, its cause and what became of it', async (t) => {
    const bench = new Bench(t);
    const two = project({ db: simple, web: { ...simple, depends_on: ['db'] } });
    bench.engine.before = ({ name }) => {
      if (name === 'start-container') throw new EngineError('rejected', 'no');
    };
    await bench.apply(two);
    const lines = bench.ports.state.history
      .list({ project: 'shop', limit: 10 })
      .map(({ action, cause, outcome, message }) => `${action} (${cause}) ${outcome} ${message}`.trim());
    assert.deepEqual(lines.toSorted(), [
      'db/1:create (absent) succeeded',
      'db/1:start (absent) failed db/1: cannot start container: no',
      'web/1:create (absent) succeeded',
      'web/1:start (absent) skipped db/1:start did not succeed',
    ]);
  });
});
