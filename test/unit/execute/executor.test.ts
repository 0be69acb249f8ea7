import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { EngineError, TerminalError } from '../../../src/model/errors.ts';
import type { Action, ActionId, Plan } from '../../../src/plan/plan.ts';
import { Bench, outcomes, settle, settledOrder } from '../../support/execute.ts';
import { container, hook, idOf, planOf, project } from '../../support/world.ts';
import { modelNetwork } from '../../support/model-world.ts';
import { rest } from '../../support/virtual-clock.ts';

/** Volumes to create, as the simplest actions there are: `name` -> what it waits for (`~id`: settled is enough). */
function volumePlan(edges: Readonly<Record<string, string>>): Plan {
  const actions = Object.entries(edges).map(([id, text]): Action => {
    const all = text.split(' ').filter((one) => one !== '');
    return {
      id,
      kind: 'create-volume',
      cause: { kind: 'absent' },
      volume: id,
      dependsOn: all.filter((one) => !one.startsWith('~')),
      after: all.filter((one) => one.startsWith('~')).map((one) => one.slice(1)),
    };
  });
  return { project: 'shop', actions, problems: [], deferrals: [], notes: [], abandonedStops: [] };
}

function volumesProject(plan: Plan): ReturnType<typeof project> {
  return project({}, { volumes: Object.fromEntries(plan.actions.map(({ id }) => [id, { name: id }])) });
}

/** Makes the creation of these volumes fail. */
function failing(bench: Bench, errors: Readonly<Record<string, Error>>): void {
  bench.engine.before = ({ name, subject }) => {
    const error = name === 'create-volume' ? errors[subject] : undefined;
    if (error) throw error;
  };
}

const REJECTED = new EngineError('rejected', 'no');

suite('the walk of a plan', () => {
  test('of what could begin the action with the longest path behind it goes first', async (t) => {
    const bench = new Bench(t);
    const plan = volumePlan({ first: '', other: '', base: '', built: 'base', top: 'built' });
    await bench.run({ plan, desired: volumesProject(plan), parallel: 1 });
    // The first one found the lane empty.
    assert.deepEqual(settledOrder(bench.events), ['first', 'base', 'other', 'built', 'top']);
  });

  test('a failed action skips what depends on it, and nothing else', async (t) => {
    const bench = new Bench(t);
    failing(bench, { a: REJECTED });
    const plan = volumePlan({ a: '', b: 'a', c: 'b', d: '', e: 'd', f: 'd b' });
    const result = await bench.run({ plan, desired: volumesProject(plan) });
    assert.deepEqual(outcomes(result), [
      'a failed',
      'b skipped for a',
      'c skipped for b',
      'd succeeded',
      'e succeeded',
      'f skipped for b',
    ]);
    assert.deepEqual([...bench.engine.volumes.keys()], ['d', 'e']);
    assert.deepEqual([result.stale, result.interrupted], [false, false]);
  });

  test('an action after another waits for its end, however bad', async (t) => {
    const bench = new Bench(t);
    failing(bench, { a: REJECTED });
    const plan = volumePlan({ a: '', b: 'a', c: '~a', d: '~b' });
    const result = await bench.run({ plan, desired: volumesProject(plan) });
    assert.deepEqual(outcomes(result), ['a failed', 'b skipped for a', 'c succeeded', 'd succeeded']);
    const order = settledOrder(bench.events);
    assert.ok(order.indexOf('a') < order.indexOf('c') && order.indexOf('b') < order.indexOf('d'));
  });

  test('a message names subject, action and what went wrong', async (t) => {
    const bench = new Bench(t);
    const shop = project({ web: {} });
    bench.engine.networks.set('shop_default', modelNetwork('n', { name: 'shop_default', ipam: {} }, {}));
    bench.engine.before = ({ name }) => {
      if (name === 'start-container') throw new EngineError('rejected', 'port 80 is taken');
    };
    const { failures } = await bench.run({ desired: shop });
    assert.deepEqual(
      failures.map(({ message, retryable }) => [message, retryable]),
      [['web/1: cannot start container: port 80 is taken', true]],
    );
  });

  test('a message says what was to be done once, also where the engine says it too', async (t) => {
    const bench = new Bench(t);
    const shop = project({ web: {} });
    bench.engine.networks.set('shop_default', modelNetwork('n', { name: 'shop_default', ipam: {} }, {}));
    bench.engine.before = ({ name }) => {
      if (name === 'start-container')
        throw new EngineError('rejected', 'start container 0123456789ab: driver failed: port 80 is taken');
    };
    const { failures } = await bench.run({ desired: shop });
    assert.deepEqual(
      failures.map(({ message }) => message),
      ['web/1: cannot start container: driver failed: port 80 is taken'],
    );
  });

  test('a message has no id beside the name of what it is about', async (t) => {
    const bench = new Bench(t);
    const shop = project({ web: {} });
    bench.engine.before = ({ name }) => {
      if (name === 'create-container')
        throw new EngineError('rejected', 'create container 0123456789ab: no space left on device');
    };
    const { failures } = await bench.run({ desired: shop });
    assert.deepEqual(
      failures.map(({ message }) => message),
      ['web/1: cannot create container shop-web-1: no space left on device'],
    );
  });

  test('a build that fails does not tell what came from outside', async (t) => {
    const bench = new Bench(t);
    const shop = project({ web: { build: { context: '.' } } }, { sensitiveValues: new Set(['hunter2hunter2']) });
    bench.engine.before = ({ name }) => {
      if (name === 'build-image') throw new EngineError('rejected', 'build image app: exited 1:\nTOKEN=hunter2hunter2');
    };
    const { failures } = await bench.run({ desired: shop, policy: { build: true } });
    assert.deepEqual(
      failures.map(({ message }) => message),
      ['image/app: cannot build image: exited 1:\nTOKEN=***'],
    );
  });

  test('an image that no registry has is built where the file says how, and left as it is where it is there', async (t) => {
    const told = async (registry: readonly string[], pull: 'missing' | 'always'): Promise<string[]> => {
      const bench = new Bench(t);
      if (pull === 'missing') bench.engine.images.delete('app');
      bench.engine.registry.clear();
      for (const ref of registry) bench.engine.registry.set(ref, { id: 'sha256:pulled', volumes: [] });
      const { failures } = await bench.run({
        desired: project({ web: { build: { context: '.' } } }),
        policy: { pull },
      });
      assert.deepEqual(failures, []);
      return bench.events.flatMap((event) =>
        event.type === 'action-settled' && event.action.kind === 'build-image' ? [event.detail ?? ''] : [],
      );
    };
    assert.deepEqual(await told(['app'], 'missing'), ['pulled']);
    assert.deepEqual(await told([], 'missing'), ['built, for it could not be pulled: no registry has app']);
    assert.deepEqual(await told([], 'always'), ['left as it is, for it could not be pulled: no registry has app']);
  });

  test('what the engine left out of a new container is told of its creation', async (t) => {
    const bench = new Bench(t);
    const shop = project({ web: {} });
    bench.engine.networks.set('shop_default', modelNetwork('n', { name: 'shop_default', ipam: {} }, {}));
    bench.engine.warnings = ['No cgroup, weight discarded.', 'No swap limit.'];
    await bench.run({ desired: shop });
    const created = bench.events.flatMap((event) =>
      event.type === 'action-settled' && event.action.kind === 'create-container' ? [event.detail] : [],
    );
    assert.deepEqual(created, ['No cgroup, weight discarded. No swap limit.']);
  });

  test('what repeating cannot mend is told apart', async (t) => {
    const bench = new Bench(t);
    failing(bench, { a: new TerminalError('never') });
    const plan = volumePlan({ a: '' });
    const { failures } = await bench.run({ plan, desired: volumesProject(plan) });
    assert.deepEqual(
      failures.map(({ retryable }) => retryable),
      [false],
    );
  });

  test('a world that moved under the plan is no failure, unless something failed as well', async (t) => {
    const plan = volumePlan({ a: '', b: 'a', c: '' });
    const desired = volumesProject(plan);
    const [stale, failed] = [new Bench(t), new Bench(t)];
    failing(stale, { a: new EngineError('not-found', 'gone') });
    const result = await stale.run({ plan, desired });
    assert.deepEqual(outcomes(result), ['a stale', 'b skipped for a', 'c succeeded']);
    assert.equal(result.stale, true);
    failing(failed, { a: new EngineError('conflict', 'taken'), c: REJECTED });
    assert.equal((await failed.run({ plan, desired })).stale, false);
  });

  test('no more calls are in flight than asked for', async (t) => {
    const bench = new Bench(t);
    let [inFlight, most] = [0, 0];
    bench.engine.before = ({ name }) => {
      if (name === 'create-volume') most = Math.max(most, (inFlight += 1));
    };
    const plan = volumePlan(Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => [id, ''])));
    const createVolume = bench.engine.createVolume.bind(bench.engine);
    bench.engine.createVolume = async (request, signal) => {
      await createVolume(request, signal);
      inFlight -= 1;
    };
    await bench.run({ plan, desired: volumesProject(plan), parallel: 3 });
    assert.equal(most, 3);
  });
});

suite('an interrupted walk', () => {
  test('when drained begins nothing new, and lets what runs settle', async (t) => {
    const bench = new Bench(t);
    bench.engine.before = ({ subject }) => {
      if (subject === 'a') bench.drain();
    };
    const plan = volumePlan({ a: '', b: 'a', c: '~b' });
    const result = await bench.run({ plan, desired: volumesProject(plan) });
    assert.deepEqual(outcomes(result), ['a succeeded', 'b interrupted', 'c interrupted']);
    assert.ok(result.interrupted);
    assert.deepEqual(result.failures, []);
  });

  test('when drained lets a hook come to its end', async (t) => {
    const bench = new Bench(t);
    const shop = project({ web: { post_start: [hook('one'), hook('two')], network_mode: 'none' } });
    bench.engine.script = ([name]) => {
      if (name === 'one') bench.drain();
      return { lasts: 5 };
    };
    const result = await bench.run({ desired: shop });
    assert.deepEqual(outcomes(result).slice(-2), ['web/1:post_start[0] succeeded', 'web/1:post_start[1] interrupted']);
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] succeeded 0, attempt 1']);
  });

  test('when drained waits for nobody any more', async (t) => {
    const bench = new Bench(t);
    const healthy = { condition: 'service_healthy', required: true } as const;
    const shop = project({ db: { network_mode: 'none' }, web: { depends_on: { db: healthy }, network_mode: 'none' } });
    bench.engine.process = () => ({ health: 'starting' });
    const running = bench.run({ desired: shop });
    await settle();
    bench.drain();
    const result = await running;
    assert.deepEqual(outcomes(result), [
      'db/1:create succeeded',
      'db/1:start succeeded',
      'db/1:await-healthy interrupted',
      'web/1:create succeeded',
      'web/1:start interrupted',
    ]);
  });

  test('when aborted leaves what runs where it is, and writes nothing about its end', async (t) => {
    const bench = new Bench(t);
    const shop = project({ web: { post_start: [hook('one')], network_mode: 'none' } });
    bench.engine.script = () => ({ lasts: Infinity });
    const running = bench.run({ desired: shop });
    while (bench.commands().length === 0) await rest();
    bench.abort();
    const result = await running;
    assert.deepEqual(outcomes(result).slice(-1), ['web/1:post_start[0] interrupted']);
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] intended, attempt 1']);
    assert.equal([...bench.engine.execs.values()][0]?.state, 'running');
  });
});

suite('a wait for a dependency', () => {
  const plan = (until: 'healthy' | 'completed', required = true): ReturnType<typeof project> =>
    project({
      db: { network_mode: 'none' },
      web: {
        network_mode: 'none',
        depends_on: {
          db: { condition: until === 'healthy' ? 'service_healthy' : 'service_completed_successfully', required },
        },
      },
    });

  /** Outcomes of the wait and of the start that waits, and the failures. */
  async function waited(bench: Bench, desired: ReturnType<typeof project>): Promise<[string[], string[]]> {
    const result = await bench.run({ desired });
    const ends: readonly ActionId[] = outcomes(result);
    return [ends.filter((text) => /await|web\/1:start/.test(text)), result.failures.map(({ message }) => message)];
  }

  test('ends when it is healthy, or has completed', async (t) => {
    const [one, two] = [new Bench(t), new Bench(t)];
    one.engine.process = () => ({ health: 'healthy' });
    assert.deepEqual(await waited(one, plan('healthy')), [
      ['db/1:await-healthy succeeded', 'web/1:start succeeded'],
      [],
    ]);
    two.engine.process = ({ name }) => (name === 'shop-db-1' ? { endsAfter: 3 } : {});
    assert.deepEqual(await waited(two, plan('completed')), [
      ['db/1:await-completed succeeded', 'web/1:start succeeded'],
      [],
    ]);
  });

  test('fails at once, and names it, when it can no longer become so', async (t) => {
    const cases = [
      [plan('healthy'), { health: 'unhealthy' }, 'db/1 is unhealthy'],
      [plan('healthy'), {}, 'db/1 has no healthcheck and cannot become healthy (add one, or wait for service_started)'],
      [plan('healthy'), { health: 'starting', endsAfter: 3, exitCode: 4 }, 'db/1 exited (4) before it was healthy'],
      [plan('completed'), { endsAfter: 3, exitCode: 5 }, 'db/1 exited 5, and had to complete successfully'],
    ] as const;
    for (const [desired, script, message] of cases) {
      const bench = new Bench(t);
      bench.engine.process = ({ name }) => (name === 'shop-db-1' ? script : {});
      const [[wait, start], failures] = await waited(bench, desired);
      assert.match(wait ?? '', /failed$/);
      assert.match(start ?? '', /^web\/1:start skipped for db\/1:await-/);
      assert.deepEqual(failures, [message]);
    }
  });

  test('fails when it is removed meanwhile', async (t) => {
    const bench = new Bench(t);
    bench.engine.process = () => ({ endsAfter: 40 });
    const running = waited(bench, plan('completed'));
    while (bench.engine.find('shop-db-1')?.state.status !== 'running') await rest();
    bench.engine.remove('shop-db-1');
    const [, failures] = await running;
    assert.deepEqual(failures, ['db/1 was removed before it completed']);
  });

  test('is bounded by a deadline', async (t) => {
    const bench = new Bench(t);
    bench.engine.process = () => ({ health: 'starting' });
    const running = bench.run({ desired: plan('healthy'), options: { waitTimeoutMs: 30_000 } });
    await settle();
    await bench.clock.advance(29_999);
    assert.equal(bench.clock.pendingTimers, 1);
    await bench.clock.advance(1);
    const { failures } = await running;
    assert.deepEqual(
      failures.map(({ message }) => message),
      ['db/1 is not healthy after 30 s'],
    );
    assert.equal(bench.clock.pendingTimers, 0);
  });

  test('that nobody depends on lets those that wait go on, and is no failure', async (t) => {
    const bench = new Bench(t);
    bench.engine.process = () => ({ health: 'unhealthy' });
    assert.deepEqual(await waited(bench, plan('healthy', false)), [
      ['db/1:await-healthy? succeeded', 'web/1:start succeeded'],
      [],
    ]);
  });
});

suite('an action on a container', () => {
  test('that this run created is given its id', async (t) => {
    const bench = new Bench(t);
    await bench.run({ desired: project({ web: { network_mode: 'none', post_start: [hook('one')] } }) });
    assert.deepEqual(bench.commands(), ['one']);
    assert.equal(bench.engine.get('web/1').state.status, 'running');
  });

  test('that was never created is stale', async (t) => {
    const bench = new Bench(t);
    const desired = project({ web: { network_mode: 'none' } });
    const [, start] = planOf(desired).actions;
    const plan = { ...volumePlan({}), actions: start ? [{ ...start, dependsOn: [] }] : [] };
    assert.deepEqual(outcomes(await bench.run({ plan, desired })), ['web/1:start stale']);
  });

  test('that is gone is stale, but its stop and removal succeed', async (t) => {
    const bench = new Bench(t);
    const desired = project({ web: { network_mode: 'none' } });
    const gone = container(desired, 'web', 1, { id: idOf('a'), configHash: 'old' });
    const plan = planOf(desired, { containers: [gone] });
    assert.deepEqual(outcomes(await bench.run({ plan, desired })).slice(0, 3), [
      'web/1:create succeeded',
      'web/1@aaaaaa:stop succeeded',
      'web/1@aaaaaa:remove succeeded',
    ]);
    const ended = container(desired, 'web', 1, { id: idOf('b'), state: { status: 'exited', exitCode: 1 } });
    const start = planOf(desired, { containers: [ended] });
    assert.deepEqual(outcomes(await bench.run({ plan: start, desired })), ['web/1:start stale']);
  });
});

test('a listener that throws ends the run, but not before everything that runs has settled', async (t) => {
  const bench = new Bench(t);
  const plan = volumePlan({ a: '', b: 'a', c: '' });
  bench.events.push = (event) => {
    if (event.type === 'action-settled' && event.action.id === 'a') throw new Error('no room left');
    return 0;
  };
  await assert.rejects(bench.run({ plan, desired: volumesProject(plan) }), /no room left/);
  assert.deepEqual([...bench.engine.volumes.keys()], ['a', 'c']);
});
