import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { HookOutcome, HookPolicy, HookRecord } from '../../../src/model/hook.ts';
import type { ObservedContainer } from '../../../src/model/observed.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { container, hook, idOf, planOf, planText, project, record, text } from '../../support/world.ts';

/** What the plan gives a running `web` with one post_start hook, after these records. */
function owedAfter(policy: Partial<HookPolicy>, records: (web: ObservedContainer) => HookRecord[]): string {
  const shop = project({ web: { post_start: [hook('register', policy)] } });
  const web = container(shop, 'web');
  return planText(shop, { containers: [web], ledger: { records: records(web) } });
}

const OWED = 'web/1:post_start[0]  run post_start hook ["register"]  (owed)';

function earlierOf(plan: Plan): unknown[] {
  return plan.actions.flatMap((action) => (action.kind === 'run-hook' ? [action.earlier] : []));
}

suite('a post_start hook is owed to an incarnation', () => {
  test('that has no record of it', () => {
    assert.equal(
      owedAfter({}, () => []),
      OWED,
    );
  });

  test('after it failed, was refused, ran out of time or may have been cut off', () => {
    for (const outcome of ['failed', 'refused', 'timed-out', 'intended'] satisfies HookOutcome[]) {
      assert.equal(
        owedAfter({}, (web) => [record(web, 'post_start[0]', outcome)]),
        OWED,
        outcome,
      );
    }
  });

  test('not after it succeeded, was taken as delivered, or lost its container', () => {
    for (const outcome of ['succeeded', 'assumed', 'moot'] satisfies HookOutcome[]) {
      assert.equal(
        owedAfter({}, (web) => [record(web, 'post_start[0]', outcome)]),
        '',
        outcome,
      );
    }
  });

  test('again when its record was superseded', () => {
    assert.equal(
      owedAfter({}, (web) => [record(web, 'post_start[0]', 'succeeded', { superseded: true })]),
      OWED,
    );
  });

  test('whatever was delivered to the one before', () => {
    assert.equal(
      owedAfter({}, (web) => [record(web, 'post_start[0]', 'succeeded', { startedAt: 'before' })]),
      OWED,
    );
  });

  test('after a failure that is let pass only as long as that is asked for', () => {
    for (const outcome of ['failed', 'refused', 'timed-out'] satisfies HookOutcome[]) {
      assert.equal(
        owedAfter({ onFailure: 'continue' }, (web) => [record(web, 'post_start[0]', outcome)]),
        '',
      );
    }
    assert.equal(
      owedAfter({ onFailure: 'continue' }, (web) => [record(web, 'post_start[0]', 'intended')]),
      OWED,
    );
  });

  test('one by one: what succeeded is not repeated, what comes after it still runs', () => {
    const shop = project({ web: { post_start: [hook('one'), hook('two'), hook('three')] } });
    const web = container(shop, 'web');
    const records = [record(web, 'post_start[0]', 'succeeded'), record(web, 'post_start[1]', 'failed')];
    assert.equal(
      planText(shop, { containers: [web], ledger: { records } }),
      text`
        web/1:post_start[1]  run post_start hook ["two"]  (owed)
        web/1:post_start[2]  run post_start hook ["three"]  (owed)  <- web/1:post_start[1]
      `,
    );
  });

  test('not while the restart policy is at work, for nothing can be run then', () => {
    const shop = project({ web: { post_start: [hook('register')] } });
    const web = container(shop, 'web', 1, { state: { status: 'restarting' } });
    assert.equal(planText(shop, { containers: [web] }), '');
  });
});

suite('an exec that an earlier run left', () => {
  const shop = project({ web: { post_start: [hook('register')], pre_stop: [hook('drain')] } });
  const web = container(shop, 'web', 1, { id: idOf('a') });
  const planAfter = (outcome: HookOutcome, rest: Partial<HookRecord> = {}): Plan => {
    const records = [record(web, 'post_start[0]', outcome, { id: 7, execId: 'e7', ...rest })];
    return planOf(shop, { containers: [web], ledger: { records } });
  };

  test('is looked at first where its end is not known', () => {
    const begun = { beganAtMs: 1000 };
    assert.deepEqual(earlierOf(planAfter('intended', begun)), [{ recordId: 7, execId: 'e7', counts: true, ...begun }]);
  });

  test('that timed out has had its time: it is looked at, and no time of it counts', () => {
    assert.deepEqual(earlierOf(planAfter('timed-out', { beganAtMs: 1000 })), [
      { recordId: 7, execId: 'e7', counts: true, beganAtMs: undefined },
    ]);
  });

  test('is forgotten where it is known to have ended, or never was', () => {
    assert.deepEqual(earlierOf(planAfter('failed')), [undefined]);
    assert.deepEqual(earlierOf(planAfter('timed-out', { exitCode: 137 })), [undefined]);
    assert.deepEqual(earlierOf(planAfter('refused', { execId: undefined as never })), [undefined]);
    assert.deepEqual(earlierOf(planAfter('intended', { startedAt: 'before' })), [undefined]);
  });

  test('is looked at where its record is superseded, but its success does not count', () => {
    assert.deepEqual(earlierOf(planAfter('intended', { superseded: true })), [
      { recordId: 7, execId: 'e7', counts: false, beganAtMs: 0 },
    ]);
  });

  test('in the start before counts for a hook that is due once', () => {
    for (const run of ['once-per-container', 'once-per-definition'] as const) {
      const once = project({ web: { post_start: [hook('register', { run })] } });
      const begun = container(once, 'web');
      const records = [record(begun, 'post_start[0]', 'intended', { id: 7, execId: 'e7', startedAt: 'before' })];
      const expected = [{ recordId: 7, execId: 'e7', counts: true, beganAtMs: 0 }];
      assert.deepEqual(earlierOf(planOf(once, { containers: [begun], ledger: { records } })), expected);
      const ended = { ...begun, state: { ...begun.state, status: 'exited' as const, exitCode: 1 } };
      assert.deepEqual(earlierOf(planOf(once, { containers: [ended], ledger: { records } })), expected);
    }
  });

  test('that timed out in the start before is not looked at for ever: the hook is run', () => {
    const once = project({ web: { post_start: [hook('register', { run: 'once-per-container' })] } });
    const begun = container(once, 'web');
    const records = [record(begun, 'post_start[0]', 'timed-out', { id: 7, execId: 'e7', startedAt: 'before' })];
    assert.deepEqual(earlierOf(planOf(once, { containers: [begun], ledger: { records } })), [undefined]);
  });

  test('of a stop that was given up is awaited before the next stop runs its own', () => {
    const records = [
      record(web, 'post_start[0]', 'succeeded'),
      record(web, 'pre_stop[0]', 'intended', { id: 9, execId: 'e9', superseded: true }),
    ];
    const plan = planOf(shop, { containers: [web], ledger: { records }, policy: { forceRecreate: true } });
    const [preStop] = plan.actions.filter((action) => action.id === 'web/1@aaaaaa:pre_stop[0]');
    const expected = { recordId: 9, execId: 'e9', counts: false, beganAtMs: 0 };
    assert.deepEqual(preStop?.kind === 'run-hook' && preStop.earlier, expected);
  });
});

suite('x-reeve: {run}', () => {
  test('once-per-container: once it succeeded in one start of a container it is never due there again', () => {
    const run = { run: 'once-per-container' } as const;
    assert.equal(
      owedAfter(run, () => []),
      OWED,
    );
    assert.equal(
      owedAfter(run, (web) => [record(web, 'post_start[0]', 'succeeded', { startedAt: 'before' })]),
      '',
    );
    assert.equal(
      owedAfter(run, (web) => [record(web, 'post_start[0]', 'failed', { startedAt: 'before' })]),
      OWED,
    );
  });

  test('once-per-container: a start that the plan makes is asked the same', () => {
    const shop = project({ web: { post_start: [hook('init', { run: 'once-per-container' }), hook('register')] } });
    const web = container(shop, 'web', 1, { state: { status: 'exited', exitCode: 1 } });
    const records = [record(web, 'post_start[0]', 'succeeded', { startedAt: 'before' })];
    assert.equal(
      planText(shop, { containers: [web], ledger: { records } }),
      text`
        web/1:start  start container  (exited (1))
        web/1:post_start[1]  run post_start hook ["register"]  (exited (1))  <- web/1:start
      `,
    );
  });

  test('once-per-definition: not in a new container, as long as the definition is the same', () => {
    const migrate = hook('migrate', { run: 'once-per-definition' });
    const shop = project({ web: { post_start: [migrate] } });
    const digest = container(shop, 'web').hooks?.post_start[0]?.digest ?? '';
    const delivered = [{ service: 'web', phase: 'post_start' as const, digest }];
    const created = text`
      web/1:create  create container shop-web-1  (absent)
      web/1:start  start container  (absent)  <- web/1:create
    `;
    assert.equal(planText(shop, { ledger: { delivered } }), created);
    assert.equal(
      planText(shop, { ledger: { delivered: [{ ...delivered[0], digest: 'another' } as (typeof delivered)[0]] } }),
      `${created}\nweb/1:post_start[0]  run post_start hook ["migrate"]  (absent)  <- web/1:start`,
    );
    assert.equal(
      planText(shop, { ledger: { delivered: [{ ...delivered[0], service: 'db' } as (typeof delivered)[0]] } }),
      `${created}\nweb/1:post_start[0]  run post_start hook ["migrate"]  (absent)  <- web/1:start`,
    );
  });

  test('once-per-definition: one replica runs it, and all dependents wait for that one', () => {
    const shop = project({
      db: { replicas: 3, post_start: [hook('migrate', { run: 'once-per-definition' }), hook('join')] },
      web: { depends_on: ['db'] },
    });
    assert.equal(
      planText(shop),
      text`
        db/1:create  create container shop-db-1  (absent)
        db/1:start  start container  (absent)  <- db/1:create
        db/1:post_start[0]  run post_start hook ["migrate"]  (absent)  <- db/1:start
        db/1:post_start[1]  run post_start hook ["join"]  (absent)  <- db/1:post_start[0]
        db/2:create  create container shop-db-2  (absent)
        db/2:start  start container  (absent)  <- db/2:create
        db/2:post_start[1]  run post_start hook ["join"]  (absent)  <- db/2:start db/1:post_start[0]
        db/3:create  create container shop-db-3  (absent)
        db/3:start  start container  (absent)  <- db/3:create
        db/3:post_start[1]  run post_start hook ["join"]  (absent)  <- db/3:start db/1:post_start[0]
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create db/1:post_start[1] db/2:post_start[1] db/3:post_start[1]
      `,
    );
  });

  test('once-per-definition: the replica in which it may still be running is the one that is asked', () => {
    const shop = project({ db: { replicas: 2, post_start: [hook('migrate', { run: 'once-per-definition' })] } });
    const containers = [container(shop, 'db', 1), container(shop, 'db', 2)];
    const records = [record(containers[1] as ObservedContainer, 'post_start[0]', 'intended', { execId: 'e1' })];
    assert.equal(
      planText(shop, { containers, ledger: { records } }),
      'db/2:post_start[0]  run post_start hook ["migrate"]  (owed)',
    );
  });
});

suite('x-reeve: {after: healthy}', () => {
  test('waits for health before the hook, once for all of them', () => {
    const after = { after: 'healthy' } as const;
    const shop = project({
      db: { post_start: [hook('note'), hook('seed', after), hook('grant', after)] },
      web: { depends_on: { db: { condition: 'service_healthy', required: true } } },
    });
    assert.equal(
      planText(shop),
      text`
        db/1:create  create container shop-db-1  (absent)
        db/1:start  start container  (absent)  <- db/1:create
        db/1:post_start[0]  run post_start hook ["note"]  (absent)  <- db/1:start
        db/1:await-healthy  wait until healthy  (absent)  <- db/1:post_start[0]
        db/1:post_start[1]  run post_start hook ["seed"]  (absent)  <- db/1:await-healthy
        db/1:post_start[2]  run post_start hook ["grant"]  (absent)  <- db/1:post_start[1]
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create db/1:post_start[2] db/1:await-healthy
      `,
    );
  });

  test('waits for nothing where the container is healthy already', () => {
    const shop = project({ db: { post_start: [hook('seed', { after: 'healthy' })] } });
    assert.equal(
      planText(shop, { containers: [container(shop, 'db', 1, { state: { health: 'healthy' } })] }),
      'db/1:post_start[0]  run post_start hook ["seed"]  (owed)',
    );
  });
});

suite('hooks travel with their container', () => {
  const before = project({ web: { post_start: [hook('old-register')], pre_stop: [hook('old-drain')] } });
  const old = container(before, 'web', 1, { id: idOf('a') });

  test('an edited file runs the old pre_stop and the new post_start', () => {
    const after = project({ web: { post_start: [hook('new-register')], pre_stop: [hook('new-drain')] } });
    assert.equal(
      planText(after, { containers: [old] }),
      text`
        web/1:create  create container aaaaaaaaaaaa_shop-web-1  (config changed)
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["old-drain"]  (config changed)  <- web/1:create
        web/1@aaaaaa:stop  stop container shop-web-1  (config changed)  <- web/1@aaaaaa:pre_stop[0]
        web/1@aaaaaa:remove  remove container shop-web-1  (config changed)  <- web/1@aaaaaa:stop
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:start  start container  (config changed)  <- web/1:rename
        web/1:post_start[0]  run post_start hook ["new-register"]  (config changed)  <- web/1:start
      `,
    );
  });

  test('a service that was taken out of the file still runs its pre_stop', () => {
    const after = project({ other: { replicas: 0 } });
    assert.equal(
      planText(after, { containers: [old], policy: { removeOrphans: true } }),
      text`
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["old-drain"]  (orphan)
        web/1@aaaaaa:stop  stop container shop-web-1  (orphan)  <- web/1@aaaaaa:pre_stop[0]
        web/1@aaaaaa:remove  remove container shop-web-1  (orphan)  <- web/1@aaaaaa:stop
      `,
    );
  });

  test('a start of the same container runs the hooks that it was made with', () => {
    const after = project({ web: { post_start: [hook('new-register')] } });
    const ended = { ...old, configHash: container(after, 'web').configHash };
    assert.equal(
      planText(after, { containers: [{ ...ended, state: { ...old.state, status: 'exited', exitCode: 1 } }] }),
      text`
        web/1:start  start container  (exited (1))
        web/1:post_start[0]  run post_start hook ["old-register"]  (exited (1))  <- web/1:start
      `,
    );
  });

  test("today's x-reeve applies to the same definition", () => {
    const after = project({
      web: {
        post_start: [hook('old-register')],
        pre_stop: [hook('old-drain', { onFailure: 'continue', timeoutMs: 5 })],
        hostname: 'new',
      },
    });
    const plan = planOf(after, { containers: [old] });
    const policies = plan.actions.flatMap((action) => (action.kind === 'run-hook' ? [action.hook.policy] : []));
    assert.deepEqual(
      policies.map(({ onFailure, timeoutMs }) => [onFailure, timeoutMs]),
      [
        ['continue', 5],
        ['fail', undefined],
      ],
    );
  });

  test('--force lets a failing pre_stop pass, and no other hook', () => {
    const plan = planOf(before, { containers: [old], policy: { forceRecreate: true, force: true } });
    const forced = plan.actions.flatMap((action) =>
      action.kind === 'run-hook' ? [[action.phase, 'isForced' in action]] : [],
    );
    assert.deepEqual(forced, [
      ['pre_stop', true],
      ['post_start', false],
    ]);
  });
});

suite('a container that Compose made', () => {
  const shop = project({ web: { post_start: [hook('register')], pre_stop: [hook('drain')] } });
  const web = container(shop, 'web', 1, { foreign: true, id: idOf('a') });
  const seen = { adopted: new Map([[web.id, web.state.startedAt]]) };

  test('has had its post_start from Compose', () => {
    assert.equal(planText(shop, { containers: [web] }), '');
    assert.equal(planText(shop, { containers: [web], ledger: seen }), '');
  });

  test('is ours from its next start on', () => {
    const next = { ...web, state: { ...web.state, startedAt: 'later' } };
    assert.equal(planText(shop, { containers: [next], ledger: seen }), OWED);
    const ended = { ...web, state: { ...web.state, status: 'exited' as const, exitCode: 1 } };
    assert.equal(
      planText(shop, { containers: [ended], ledger: seen }),
      text`
        web/1:start  start container  (exited (1))
        web/1:post_start[0]  run post_start hook ["register"]  (exited (1))  <- web/1:start
      `,
    );
  });

  test('owes its hooks again once that is asked for', () => {
    assert.equal(planText(shop, { containers: [web], ledger: { adopted: new Map([[web.id, '']]) } }), OWED);
  });

  test("gets today's pre_stop", () => {
    assert.equal(
      planText(shop, { containers: [web], policy: { restart: new Set(['web']) } }),
      text`
        web/1:pre_stop[0]  run pre_stop hook ["drain"]  (restart)
        web/1:stop  stop container shop-web-1  (restart)  <- web/1:pre_stop[0]
        web/1:start  start container  (restart)  <- web/1:stop
        web/1:post_start[0]  run post_start hook ["register"]  (restart)  <- web/1:start
      `,
    );
  });

  test('has none when it is an orphan, and the plan says so', () => {
    assert.equal(
      planText(project({ other: { replicas: 0 } }), { containers: [web], policy: { removeOrphans: true } }),
      text`
        web/1@aaaaaa:stop  stop container shop-web-1  (orphan)
        web/1@aaaaaa:remove  remove container shop-web-1  (orphan)  <- web/1@aaaaaa:stop
        - shop-web-1 was made by another tool and its file is gone: it has no pre_stop that could be run
      `,
    );
  });
});

suite('pre_stop', () => {
  const shop = project({ web: { pre_stop: [hook('drain'), hook('leave', { onFailure: 'continue' })] } });
  const plan = (sketch: Parameters<typeof container>[3], outcomes: readonly HookOutcome[] = []): string => {
    const web = container(shop, 'web', 1, { id: idOf('a'), ...sketch });
    const records = outcomes.map((outcome, index) => record(web, `pre_stop[${index}]`, outcome));
    return planText(shop, { containers: [web], ledger: { records }, policy: { restart: new Set(['web']) } });
  };

  test('that failed is run again, also where a failure is let pass', () => {
    assert.equal(
      plan({}, ['failed', 'failed']),
      text`
        web/1:pre_stop[0]  run pre_stop hook ["drain"]  (restart)
        web/1:pre_stop[1]  run pre_stop hook ["leave"]  (restart)  <- web/1:pre_stop[0]
        web/1:stop  stop container shop-web-1  (restart)  <- web/1:pre_stop[1]
        web/1:start  start container  (restart)  <- web/1:stop
      `,
    );
  });

  test('is not needed by a container that does not run', () => {
    assert.equal(plan({ state: { status: 'exited', exitCode: 1 } }), 'web/1:start  start container  (restart)');
    assert.equal(plan({ state: { status: 'created' } }), 'web/1:start  start container  (created but not started)');
  });

  test('is planned for what the restart policy is about to bring back: it may run by then', () => {
    assert.equal(
      plan({ state: { status: 'restarting' } }),
      text`
        web/1:pre_stop[0]  run pre_stop hook ["drain"]  (restart)
        web/1:pre_stop[1]  run pre_stop hook ["leave"]  (restart)  <- web/1:pre_stop[0]
        web/1:stop  stop container shop-web-1  (restart)  <- web/1:pre_stop[1]
        web/1:start  start container  (restart)  <- web/1:stop
      `,
    );
  });

  test('of the start before does not count for what the restart policy is about to bring back', () => {
    assert.match(
      plan({ state: { status: 'restarting' } }, ['succeeded', 'succeeded']),
      /^web\/1:pre_stop\[0\] .*\nweb\/1:pre_stop\[1\] /,
    );
  });

  test('of one-off and hook containers is none: they are not the service', async () => {
    const { downText } = await import('../../support/world.ts');
    const containers = [
      container(shop, 'web', 1, { id: idOf('a'), name: 'run', oneoff: true, hooks: undefined, ours: false }),
      container(shop, 'web', 2, { id: idOf('b'), name: 'hook', hookContainer: true, hooks: undefined }),
    ];
    assert.equal(
      downText(shop, { containers, policy: { removeOrphans: true }, world: { networks: [] } }),
      text`
        web/hook@bbbbbb:stop  stop container hook  (down)
        web/hook@bbbbbb:remove  remove container hook  (down)  <- web/hook@bbbbbb:stop
        web/1@aaaaaa:stop  stop container run  (down)
        web/1@aaaaaa:remove  remove container run  (down)  <- web/1@aaaaaa:stop
      `,
    );
  });
});
