/** What the simulation itself promises where no engine can be asked: chance by seed, time, faults, clients that die. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { connect } from '../../src/engine/connect.ts';
import type { Engine, EngineNotice } from '../../src/engine/engine.ts';
import { isEngineError } from '../../src/model/errors.ts';
import type { RequestFault } from '../support/sim/faults.ts';
import { randomFaults } from '../support/sim/faults.ts';
import { image } from '../support/sim/images.ts';
import { seeded } from '../support/sim/random.ts';
import { Endless } from '../support/sim/scheduler.ts';
import { Simulation, type SimClient, type SimulationOptions } from '../support/sim/simulation.ts';
import { containerRequest, sketchProject } from './sketch.ts';

const NO_END = new AbortController().signal;

describe('a simulation', () => {
  it('is the same again for the same seed, however long it waits for rest, and another for another', async (t) => {
    const story = async (seed: number, quietTurns: number): Promise<string> => {
      const { sim, engine } = await begin(t, { seed, schedule: { quietTurns } });
      await sim.run(Promise.all(['a', 'b', 'c', 'd'].map((name) => busy(engine, name))));
      return sim.log.text();
    };
    const [first, again, patient, other] = [
      await story(1, 8),
      await story(1, 8),
      await story(1, 25),
      await story(2, 8),
    ];
    assert.equal(first, again);
    assert.equal(first, patient);
    assert.notEqual(first, other);
  });

  it('stays the same with faults of every kind', async (t) => {
    const story = async (): Promise<string> => {
      const rates = { resetBefore: 0.05, resetAfter: 0.05, errorBefore: 0.05, errorAfter: 0.05, lateAnswer: 0.1 };
      const more = { held: 0.1, torn: 0.1, cut: 0.1, eventTwice: 0.1, eventLate: 0.1, eventsBroken: 0.05 };
      const { sim, engine } = await begin(t, { seed: 5 });
      sim.faults = randomFaults(seeded(7), { ...rates, ...more });
      const unsubscribe = engine.subscribe(() => {});
      const work = ['a', 'b', 'c'].map((name) => busy(engine, name).catch(() => {}));
      await sim.run(Promise.all(work));
      await sim.pass(30_000);
      unsubscribe();
      return sim.log.text();
    };
    assert.equal(await story(), await story());
  });

  it('does nothing while nobody lets it, and passes time only where there is nothing else to do', async (t) => {
    const { sim, engine } = await begin(t);
    const id = await sim.run(made(engine, 'a', ['exit', '3', 'after', '2s']));
    await sim.run(engine.startContainer(id, NO_END));
    const before = sim.log.deeds.length;
    await new Promise(setImmediate);
    assert.equal(sim.log.deeds.length, before);
    await sim.pass(1999);
    assert.equal(sim.world.state.container(id).status, 'running');
    await sim.pass(1);
    assert.deepEqual(
      sim.log.of('container-exited').map(({ exitCode, atMs, by }) => [exitCode, atMs >= 2000, by.kind]),
      [[3, true, 'process']],
    );
  });

  it('says so when a run does not end within its bounds', async (t) => {
    const { sim, engine } = await begin(t);
    const id = await sim.run(made(engine, 'a'));
    const hot = (async () => {
      for (;;) await engine.inspectState(id, NO_END);
    })();
    hot.catch(() => {});
    await assert.rejects(sim.run(hot, { requests: 50 }), Endless);
    const idle = await begin(t);
    await assert.rejects(idle.sim.run(new Promise(() => {})), Endless);
  });

  it('lets requests of several clients pass each other, and knows whose they are', async (t) => {
    const { sim, engine } = await begin(t);
    const other = await arrive(sim, 'other');
    await sim.run(Promise.all([busy(engine, 'a'), busy(other.engine, 'b')]));
    const clients = sim.log.of('container-created').map(({ by }) => (by.kind === 'client' ? by.client : by.kind));
    assert.deepEqual(clients.toSorted(), ['other', 'reeve']);
    await other.engine.close();
  });
});

describe('faults', () => {
  it('reset-before and error-before have no effect, reset-after and error-after have', async (t) => {
    for (const [fault, name] of [
      [{ kind: 'reset-before' }, 'a-web-1'],
      [{ kind: 'error-before', status: 500 }, 'a-web-1'],
      [{ kind: 'reset-after' }, 'other'],
      [{ kind: 'error-after', status: 503 }, 'other'],
    ] as const) {
      const { sim, engine } = await begin(t);
      const id = await sim.run(made(engine, 'a'));
      once(sim, /rename$/, fault);
      await assert.rejects(sim.run(engine.renameContainer(id, 'other', NO_END)), (error) => isEngineError(error));
      assert.equal(sim.world.state.container(id).name, name, fault.kind);
    }
  });

  it('what fails to be made is asked for again', async (t) => {
    const { sim, engine } = await begin(t);
    once(sim, /containers\/create$/, { kind: 'error-before', status: 500 });
    const id = await sim.run(made(engine, 'a'));
    assert.deepEqual(
      sim.world.all().map((one) => one.id),
      [id],
    );
  });

  it('a late answer comes late, a held request takes effect late', async (t) => {
    for (const kind of ['late-answer', 'held'] as const) {
      const { sim, engine } = await begin(t);
      once(sim, /containers\/create$/, { kind, ms: 5000 });
      const making = made(engine, 'a');
      await sim.pass(4000);
      assert.equal(sim.world.all().length, kind === 'held' ? 0 : 1);
      const before = sim.world.time.elapsedMs;
      await sim.run(making);
      assert.ok(before < 5000 && sim.world.time.elapsedMs >= 5000);
    }
  });

  it('torn output arrives whole, and the end of cut output is taken from the record', async (t) => {
    for (const fault of [{ kind: 'torn' }, { kind: 'cut', afterBytes: 11 }] as const) {
      const { sim, engine } = await begin(t);
      const id = await sim.run(started(engine, 'a'));
      const exec = await sim.run(engine.createExec(id, command('says hello fail with 7'), NO_END));
      once(sim, /start$/, fault);
      let said = '';
      const end = await sim.run(engine.runExec(exec, (_, chunk) => (said += Buffer.from(chunk).toString()), NO_END));
      assert.deepEqual(end, { exitCode: 7 });
      assert.equal(said, fault.kind === 'torn' ? 'hello\n' : 'hel');
    }
  });

  it('events come twice, late, or after a new connection, and none is lost', async (t) => {
    for (const fault of [{ kind: 'twice' }, { kind: 'late', ms: 3000 }, { kind: 'broken' }] as const) {
      const { sim, engine } = await begin(t);
      const heard: EngineNotice[] = [];
      const unsubscribe = engine.subscribe((notice) => heard.push(notice));
      await sim.calm();
      let left = 1;
      sim.faults = { event: ({ action }) => (action === 'start' && left-- > 0 ? fault : undefined) };
      const id = await sim.run(started(engine, 'a'));
      await sim.calm();
      const starts = (): number => heard.filter((one) => one.kind === 'container' && one.action === 'start').length;
      if (fault.kind !== 'twice') assert.equal(starts(), 0);
      await sim.pass(10_000);
      assert.equal(starts(), fault.kind === 'twice' ? 2 : 1, fault.kind);
      assert.equal(heard.filter(({ kind }) => kind === 'connected').length, fault.kind === 'broken' ? 2 : 1);
      assert.ok(id);
      unsubscribe();
    }
  });

  it('a client that is cut off gets no answer, and what it began goes on without it', async (t) => {
    const { sim, engine, client } = await begin(t);
    const id = await sim.run(started(engine, 'a'));
    const exec = await sim.run(engine.createExec(id, command('ok after 5s'), NO_END));
    const run = engine.runExec(exec, () => {}, NO_END);
    await sim.pass(1000);
    client.cut();
    await assert.rejects(sim.run(run), (error) => isEngineError(error, 'unavailable'));
    await sim.pass(5000);
    assert.deepEqual(
      sim.log.of('exec-ended').map(({ exitCode }) => exitCode),
      [0],
    );
    const other = await arrive(sim, 'other');
    assert.deepEqual(await sim.run(other.engine.inspectExec(exec, NO_END)), { running: false, exitCode: 0 });
    await other.engine.close();
  });
});

describe('an engine that ends and comes back', () => {
  const policies = ['no', 'on-failure', 'unless-stopped', 'always'];
  const after = async (
    t: TestContext,
    how: 'shutdown' | 'crash' | 'live-restore' | 'power-loss',
  ): Promise<string[]> => {
    const { sim, engine } = await begin(t);
    for (const restart of policies) await sim.run(started(engine, restart, ['run'], restart));
    const exec = await sim.run(engine.createExec(sim.world.all()[0]?.id ?? '', command('hang'), NO_END));
    sim.engineDown({ how });
    await assert.rejects(sim.run(engine.listProjects(NO_END)), (error) => isEngineError(error, 'unavailable'));
    await sim.pass(5000);
    await sim.engineUp();
    assert.equal(await sim.run(engine.inspectExec(exec, NO_END)), undefined);
    return sim.world.all().map(({ status }) => status);
  };

  it('by crash: what ran is ended, as if by hand, and a failure', async (t) => {
    assert.deepEqual(await after(t, 'crash'), ['exited', 'running', 'exited', 'running']);
  });

  it('by shutdown: what was not stopped by hand is brought back', async (t) => {
    assert.deepEqual(await after(t, 'shutdown'), ['exited', 'running', 'running', 'running']);
  });

  it('by loss of power: a failure for those who ask', async (t) => {
    assert.deepEqual(await after(t, 'power-loss'), ['exited', 'running', 'running', 'running']);
  });

  it('with live-restore: all run on', async (t) => {
    assert.deepEqual(await after(t, 'live-restore'), ['running', 'running', 'running', 'running']);
  });
});

interface Begun {
  readonly sim: Simulation;
  readonly engine: Engine;
  readonly client: SimClient;
}

async function begin(t: TestContext, options: SimulationOptions = {}): Promise<Begun> {
  const sim = new Simulation(options);
  sim.world.state.images.set('reeve-test/busybox:1', image('busybox'));
  const { engine, client } = await arrive(sim, 'reeve');
  t.after(async () => {
    await engine.close();
    sim.close();
  });
  return { sim, engine, client };
}

async function arrive(sim: Simulation, name: string): Promise<{ engine: Engine; client: SimClient }> {
  const client = await sim.client(name);
  const { host, clock, processes } = client;
  return { client, engine: await sim.run(connect({ host, env: {}, clock, processes })) };
}

/** The next request like that meets this fault. */
function once(sim: Simulation, path: RegExp, fault: RequestFault): void {
  sim.faults = {
    request: (request) => {
      if (!path.test(request.path)) return undefined;
      sim.faults = {};
      return fault;
    },
  };
}

function made(engine: Engine, name: string, words: readonly string[] = ['run'], restart?: string): Promise<string> {
  const sketch = { network_mode: 'none', command: words, ...(restart === undefined ? {} : { restart }) };
  return engine.createContainer(containerRequest(sketchProject(name, { web: sketch }), 'web'), NO_END);
}

async function started(engine: Engine, name: string, words?: readonly string[], restart?: string): Promise<string> {
  const id = await made(engine, name, words, restart);
  await engine.startContainer(id, NO_END);
  return id;
}

/** A life of a container in a dozen calls. */
async function busy(engine: Engine, name: string): Promise<void> {
  const id = await started(engine, name);
  const exec = await engine.createExec(id, command('ok'), NO_END);
  await engine.runExec(exec, () => {}, NO_END);
  await engine.observeProject({ project: name, images: [], networks: [], volumes: [] }, NO_END);
  await engine.stopContainer(id, 1000, NO_END);
  await engine.removeContainer(id, { volumes: true }, NO_END);
}

function command(words: string): Parameters<Engine['createExec']>[1] {
  return {
    command: words.split(' '),
    user: undefined,
    privileged: false,
    workingDir: undefined,
    environment: [],
  };
}
