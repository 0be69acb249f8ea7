/** When pre_start hooks are owed, who runs them, and what becomes of the containers that earlier runs of them left. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { HookPolicy } from '../../../src/model/hook.ts';
import type { ObservedContainer } from '../../../src/model/observed.ts';
import type { Project } from '../../../src/model/project.ts';
import {
  container,
  downText,
  hook,
  hookContainer,
  idOf,
  observedNetwork,
  planOf,
  planText,
  project,
  record,
  text,
  type PlanSketch,
} from '../../support/world.ts';

const each = { ...hook('each'), per_replica: true };
const shop = project({ web: { pre_start: [hook('prepare'), hook('migrate')] } });
const pair = project({ web: { replicas: 2, pre_start: [hook('prepare'), each] } });

function made(desired: Project, number = 1, digit = 'a'): ObservedContainer {
  return container(desired, 'web', number, { id: idOf(digit), state: { status: 'created' } });
}

/** The actions that run hooks. */
function hookRuns(desired: Project, sketch: PlanSketch): string[] {
  return planOf(desired, sketch).actions.flatMap(({ id, kind }) => (kind === 'run-hook' ? [id] : []));
}

function withPolicy(policy: Partial<HookPolicy>): Project {
  return project({ web: { pre_start: [hook('prepare', policy)] } });
}

suite('before a first start', () => {
  test('the hooks run in order, after the creation and what the service depends on', () => {
    const whole = project({ db: {}, web: { depends_on: ['db'], pre_start: [hook('prepare'), hook('migrate')] } });
    assert.equal(
      planText(whole),
      text`
        db/1:create  create container shop-db-1  (absent)
        db/1:start  start container  (absent)  <- db/1:create
        web/1:create  create container shop-web-1  (absent)
        web/1:pre_start[0]  run pre_start hook ["prepare"]  (absent)  <- web/1:create db/1:start
        web/1:pre_start[1]  run pre_start hook ["migrate"]  (absent)  <- web/1:pre_start[0]
        web/1:start  start container  (absent)  <- web/1:pre_start[1]
      `,
    );
  });

  test('of a replacement they run when the old container is gone: two versions never share a volume', () => {
    const containers = [container(shop, 'web', 1, { id: idOf('a'), configHash: 'old' })];
    assert.equal(
      planText(shop, { containers }),
      text`
        web/1:create  create container aaaaaaaaaaaa_shop-web-1  (config changed)
        web/1@aaaaaa:stop  stop container shop-web-1  (config changed)  <- web/1:create
        web/1@aaaaaa:remove  remove container shop-web-1  (config changed)  <- web/1@aaaaaa:stop
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:pre_start[0]  run pre_start hook ["prepare"]  (config changed)  <- web/1:rename
        web/1:pre_start[1]  run pre_start hook ["migrate"]  (config changed)  <- web/1:pre_start[0]
        web/1:start  start container  (config changed)  <- web/1:pre_start[1]
      `,
    );
  });

  test('one replica runs a hook for all, each its own; before a hook for all come those of every replica', () => {
    const mixed = project({ web: { replicas: 2, pre_start: [each, hook('once'), each] } });
    assert.equal(
      planText(mixed),
      text`
        web/1:create  create container shop-web-1  (absent)
        web/1:pre_start[0]  run pre_start hook ["each"]  (absent)  <- web/1:create
        web/2:create  create container shop-web-2  (absent)
        web/2:pre_start[0]  run pre_start hook ["each"]  (absent)  <- web/2:create
        web/1:pre_start[1]  run pre_start hook ["once"]  (absent)  <- web/1:pre_start[0] web/2:pre_start[0]
        web/1:pre_start[2]  run pre_start hook ["each"]  (absent)  <- web/1:pre_start[1]
        web/1:start  start container  (absent)  <- web/1:pre_start[2]
        web/2:pre_start[2]  run pre_start hook ["each"]  (absent)  <- web/2:pre_start[0] web/1:pre_start[1]
        web/2:start  start container  (absent)  <- web/2:pre_start[2]
      `,
    );
  });

  test('none runs where nothing is to be started', () => {
    assert.deepEqual(hookRuns(shop, { containers: [made(shop)], policy: { noStart: true } }), []);
  });

  test('the image of a hook is pulled, by the policy of the service; a hook without a command says the image', () => {
    const whole = project({ web: { pre_start: [{ ...hook('x'), command: null, image: 'tool:1' }] } });
    assert.equal(
      planText(whole),
      text`
        image/tool:1:pull  pull image  (absent)
        web/1:create  create container shop-web-1  (absent)
        web/1:pre_start[0]  run pre_start hook of image tool:1  (absent)  <- web/1:create image/tool:1:pull
        web/1:start  start container  (absent)  <- web/1:pre_start[0]
      `,
    );
    const never = project({ web: { pull_policy: 'never', pre_start: [{ ...hook('x'), image: 'tool:1' }] } });
    assert.match(planText(never), /^! web: image tool:1 is not on the engine and the pull policy is never/);
    assert.equal(planText(whole, { containers: [container(whole, 'web')] }), '');
  });

  test('the image of a hook that another service builds is built', () => {
    const whole = project({
      tool: { image: 'shop-tool', build: { context: '.' }, replicas: 0 },
      web: { pre_start: [{ ...hook('x'), image: 'shop-tool' }] },
    });
    assert.match(planText(whole), /^image\/shop-tool:build {2}pull or build image {2}\(absent\)\n/);
  });
});

suite('a pre_start hook is not owed', () => {
  test('by a container that was ever started, whoever did that, running or not, known or not', () => {
    for (const foreign of [false, true]) {
      for (const status of ['running', 'exited', 'restarting'] as const) {
        const containers = [container(shop, 'web', 1, { foreign, state: { status, exitCode: 1 } })];
        assert.deepEqual(hookRuns(shop, { containers }), [], `${status} ${foreign}`);
      }
    }
  });

  test('when it succeeded for that container; those after it are', () => {
    const web = made(shop);
    const records = [record(web, 'pre_start[0]', 'succeeded')];
    assert.deepEqual(hookRuns(shop, { containers: [web], ledger: { records } }), ['web/1:pre_start[1]']);
  });

  test('when it failed and its failure is let pass; else it is', () => {
    for (const [onFailure, runs] of [
      ['continue', []],
      ['fail', ['web/1:pre_start[0]']],
    ] as const) {
      const whole = withPolicy({ onFailure });
      const web = made(whole);
      for (const outcome of ['failed', 'timed-out', 'refused'] as const) {
        const records = [record(web, 'pre_start[0]', outcome)];
        assert.deepEqual(hookRuns(whole, { containers: [web], ledger: { records } }), runs, outcome);
      }
    }
  });

  test('beside a started replica of the same definition, but for those of each replica', () => {
    assert.deepEqual(hookRuns(pair, { containers: [container(pair, 'web', 1)] }), ['web/2:pre_start[1]']);
    const exited = container(pair, 'web', 1, { state: { status: 'exited', exitCode: 1 } });
    assert.deepEqual(hookRuns(pair, { containers: [exited] }), ['web/2:pre_start[1]']);
  });

  test('when it succeeded for another replica of the same definition', () => {
    const [one, two] = [made(pair, 1, 'a'), made(pair, 2, 'b')];
    const records = [record(two, 'pre_start[0]', 'succeeded')];
    assert.deepEqual(hookRuns(pair, { containers: [one, two], ledger: { records } }), [
      'web/1:pre_start[1]',
      'web/2:pre_start[1]',
    ]);
  });

  test('when it succeeded for a container that is replaced now, it is owed all the same', () => {
    const old = made(shop);
    const records = [record(old, 'pre_start[0]', 'succeeded'), record(old, 'pre_start[1]', 'succeeded')];
    const runs = hookRuns(shop, { containers: [{ ...old, configHash: 'old' }], ledger: { records } });
    assert.deepEqual(runs, ['web/1:pre_start[0]', 'web/1:pre_start[1]']);
    const forced = hookRuns(shop, { containers: [container(shop, 'web')], policy: { forceRecreate: true } });
    assert.deepEqual(forced, ['web/1:pre_start[0]', 'web/1:pre_start[1]']);
  });

  test('beside a running replica of another definition that a plain start leaves, it is owed', () => {
    const containers = [container(pair, 'web', 1, { configHash: 'old' }), made(pair, 2, 'b')];
    assert.deepEqual(hookRuns(pair, { containers, policy: { existingOnly: true } }), [
      'web/2:pre_start[0]',
      'web/2:pre_start[1]',
    ]);
  });

  test('when its definition was delivered once, and that is enough for it', () => {
    const whole = withPolicy({ run: 'once-per-definition' });
    const digest = container(whole, 'web').hooks?.pre_start[0]?.digest ?? '';
    const delivered = [{ service: 'web', phase: 'pre_start', digest }] as const;
    assert.deepEqual(hookRuns(whole, { ledger: { delivered } }), []);
    assert.deepEqual(hookRuns(withPolicy({}), { ledger: { delivered } }), ['web/1:pre_start[0]']);
    const others = [{ service: 'web', phase: 'post_start', digest }] as const;
    assert.deepEqual(hookRuns(whole, { ledger: { delivered: others } }), ['web/1:pre_start[0]']);
  });
});

suite('a name that was moved around', () => {
  const NAME = 'shop-web-1-pre_start-0';
  const whole = project({ db: { depends_on: ['web'] }, web: { pre_start: [hook('prepare')] } });
  const web = made(whole);

  /** What the hook's own container is to be called. */
  function nameOfHook(containers: ObservedContainer[]): string | undefined {
    const runs = planOf(whole, { containers }).actions.flatMap((action) =>
      action.kind === 'run-hook' && action.phase === 'pre_start' ? [action.name] : [],
    );
    return runs[0];
  }

  test('does not hold up the hook whose container was to have it', () => {
    assert.equal(nameOfHook([web]), NAME);
    const replaced = container(whole, 'db', 1, { id: idOf('d'), name: NAME, configHash: 'old' });
    assert.equal(nameOfHook([web, replaced]), `dddddddddddd_${NAME}`);
    const taken = { ...hookContainer(whole, made(whole, 2, 'b'), 0, { id: idOf('c') }), name: NAME };
    assert.equal(nameOfHook([web, taken]), NAME, 'one that was left goes first');
  });

  test('of a service is freed by the hook container that has it', () => {
    const left = hookContainer(whole, web, 0, { id: idOf('c'), name: 'shop-db-1', state: { exitCode: 1 } });
    const db = container(whole, 'db', 1, { id: idOf('d'), name: NAME });
    assert.equal(
      planText(whole, { containers: [web, db, left], policy: { services: new Set(['db']), noDeps: true } }),
      text`
        web/pre_start[0]@cccccc:set-aside  rename to cccccccccccc_web-pre_start  (needed by db)
        db/1:rename  rename to shop-db-1  (name ${NAME} -> shop-db-1)  <- web/pre_start[0]@cccccc:set-aside
      `,
    );
  });
});

suite('a hook container that an earlier run left', () => {
  const one = withPolicy({});
  const web = made(one);
  const intended = record(web, 'pre_start[0]', 'intended', { id: 7, execId: idOf('c') });

  function earlier(left: ObservedContainer, records = [intended]): unknown {
    const plan = planOf(one, { containers: [web, left], ledger: { records } });
    return plan.actions.flatMap((action) => (action.kind === 'run-hook' ? [action.earlier] : []))[0];
  }

  test('is taken up where it runs, or ended with 0, with its record or without one', () => {
    for (const status of ['running', 'exited'] as const) {
      const left = hookContainer(one, web, 0, { id: idOf('c'), state: { status } });
      const { beganAtMs } = intended;
      assert.deepEqual(earlier(left), { containerId: idOf('c'), recordId: 7, beganAtMs });
      assert.deepEqual(earlier(left, []), { containerId: idOf('c'), recordId: undefined, beganAtMs: undefined });
    }
  });

  test('is removed before the hook runs again where it failed, or was never started', () => {
    for (const state of [{ exitCode: 1 }, { status: 'created', startedAt: '' }] as const) {
      const left = hookContainer(one, web, 0, { id: idOf('c'), state });
      assert.equal(
        planText(one, { containers: [web, left], ledger: { records: [intended] } }),
        text`
          web/pre_start[0]@cccccc:remove  remove container shop-web-1-pre_start-0  (left by an earlier run)
          web/1:pre_start[0]  run pre_start hook ["prepare"]  (created but not started)  <- web/pre_start[0]@cccccc:remove
          web/1:start  start container  (created but not started)  <- web/1:pre_start[0]
        `,
      );
    }
  });

  test('that was killed at its deadline and ended with 0 did not succeed', () => {
    const left = hookContainer(one, web, 0, { id: idOf('c') });
    assert.equal(earlier(left, [{ ...intended, outcome: 'timed-out' }]), undefined);
  });

  test('that runs for another definition, or for a container that is gone, is stopped first', () => {
    const changed = project({ web: { pre_start: [hook('other')] } });
    for (const containers of [
      [web, hookContainer(one, web, 0, { id: idOf('c'), state: { status: 'running' } })],
      [hookContainer(one, web, 0, { id: idOf('c'), state: { status: 'running' } })],
    ]) {
      const plan = planText(changed, { containers });
      assert.match(plan, /^web\/pre_start\[0\]@cccccc:stop .*\nweb\/pre_start\[0\]@cccccc:remove .*:stop$/m);
      assert.match(plan, /^web\/1:pre_start\[0\] .*<- .*web\/pre_start\[0\]@cccccc:remove$/m);
    }
  });

  test('makes its replica the one that runs the hook for all', () => {
    const both = project({ web: { replicas: 2, pre_start: [hook('prepare')] } });
    const [first, second] = [made(both, 1, 'a'), made(both, 2, 'b')];
    const left = hookContainer(both, second, 0, { id: idOf('c'), state: { status: 'running' } });
    assert.deepEqual(hookRuns(both, { containers: [first, second, left] }), ['web/2:pre_start[0]']);
  });

  test('goes although its service runs, and although its service is in no file any more', () => {
    const left = hookContainer(one, web, 0, { id: idOf('c') });
    const gone = text`web/pre_start[0]@cccccc:remove  remove container shop-web-1-pre_start-0  (left by an earlier run)`;
    assert.equal(planText(one, { containers: [container(one, 'web'), left] }), gone);
    assert.equal(planText(project({}), { containers: [left] }), gone);
  });

  test('stays while its container waits: not to be started now, stopped by hand, suspended', () => {
    const containers = [web, hookContainer(one, web, 0, { id: idOf('c'), state: { exitCode: 1 } })];
    assert.equal(planText(one, { containers, policy: { noStart: true } }), '');
    assert.equal(planText(one, { containers, policy: { held: new Map([['web', 'stopped']]) } }), '');
    assert.match(planText(one, { containers, policy: { held: 'all' } }), /^- suspended/);
  });

  test('stays while its service is blocked', () => {
    const blocked = project({
      db: { provider: { type: 'x' } },
      web: { depends_on: ['db'], pre_start: [hook('prepare')] },
    });
    const waiting = made(blocked);
    const left = hookContainer(blocked, waiting, 0, { id: idOf('c'), state: { status: 'running' } });
    assert.doesNotMatch(planText(blocked, { containers: [waiting, left] }), /pre_start/);
  });

  test('goes with down and is stopped by stop, and no network waits for a new one', () => {
    const left = hookContainer(one, web, 0, { id: idOf('c'), state: { status: 'running' } });
    assert.equal(
      downText(one, { containers: [web, left], withoutFile: true }),
      text`
        web/1@aaaaaa:remove  remove container shop-web-1  (down)
        web/pre_start[0]@cccccc:stop  stop container shop-web-1-pre_start-0  (down)
        web/pre_start[0]@cccccc:remove  remove container shop-web-1-pre_start-0  (down)  <- web/pre_start[0]@cccccc:stop
        network/default:remove  remove network shop_default  (down)  <- web/1@aaaaaa:remove web/pre_start[0]@cccccc:remove
      `,
    );
    assert.equal(
      downText(one, { containers: [web, left], policy: { command: 'stop' } }),
      'web/pre_start[0]:stop  stop container shop-web-1-pre_start-0  (stop)',
    );
  });

  test('on a network that is replaced is ended, and goes before the network', () => {
    const before = observedNetwork('default', { name: 'shop_default', ipam: {}, internal: true });
    const left = hookContainer(one, web, 0, { id: idOf('c'), state: { status: 'running' } });
    const plan = planText(one, { containers: [web, left], world: { networks: [before] } });
    assert.match(plan, /^network\/default:remove .*<- .*web\/pre_start\[0\]@cccccc:remove/m);
    assert.match(plan, /^web\/1:pre_start\[0\] /m);
  });

  test('on a network that is replaced has succeeded all the same where it ended with 0', () => {
    const before = observedNetwork('default', { name: 'shop_default', ipam: {}, internal: true });
    const left = hookContainer(one, web, 0, { id: idOf('c') });
    const sketch = { containers: [web, left], ledger: { records: [intended] }, world: { networks: [before] } };
    assert.deepEqual(hookRuns(one, sketch), []);
    assert.match(planText(one, sketch), /^web\/1:start .*<- .*web\/pre_start\[0\]@cccccc:remove/m);
  });
});
