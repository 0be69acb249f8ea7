import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Dependency, DependencyCondition } from '../../../src/model/project.ts';
import { container, hook, idOf, planText, project, record, text } from '../../support/world.ts';

function on(condition: DependencyCondition, rest: Partial<Dependency> = {}): Dependency {
  return { condition, required: true, ...rest };
}

const [STARTED, HEALTHY, COMPLETED] = [
  'service_started',
  'service_healthy',
  'service_completed_successfully',
] as const satisfies DependencyCondition[];

suite('a start waits', () => {
  test('for every replica of what it depends on', () => {
    const shop = project({ db: { replicas: 3 }, web: { depends_on: ['db'], replicas: 2 } });
    assert.equal(
      planText(shop, { containers: [container(shop, 'db', 2)] }),
      text`
        db/1:create  create container shop-db-1  (scale 1 -> 3)
        db/1:start  start container  (scale 1 -> 3)  <- db/1:create
        db/3:create  create container shop-db-3  (scale 1 -> 3)
        db/3:start  start container  (scale 1 -> 3)  <- db/3:create
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create db/1:start db/3:start
        web/2:create  create container shop-web-2  (absent)
        web/2:start  start container  (absent)  <- web/2:create db/1:start db/3:start
      `,
    );
  });

  test('for post_start hooks that are owed to what runs already', () => {
    const shop = project({ db: { post_start: [hook('seed')] }, web: { depends_on: ['db'] } });
    assert.equal(
      planText(shop, { containers: [container(shop, 'db')] }),
      text`
        db/1:post_start[0]  run post_start hook ["seed"]  (owed)
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create db/1:post_start[0]
      `,
    );
  });

  test('until a dependency is healthy, one wait for all who wait', () => {
    const shop = project({
      db: {},
      api: { depends_on: { db: on(HEALTHY) } },
      web: { depends_on: { db: on(HEALTHY) } },
    });
    assert.equal(
      planText(shop),
      text`
        db/1:create  create container shop-db-1  (absent)
        db/1:start  start container  (absent)  <- db/1:create
        db/1:await-healthy  wait until healthy  (needed by api)  <- db/1:start
        api/1:create  create container shop-api-1  (absent)
        api/1:start  start container  (absent)  <- api/1:create db/1:start db/1:await-healthy
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create db/1:start db/1:await-healthy
      `,
    );
  });

  test('for nothing when a dependency is healthy already', () => {
    const shop = project({ db: {}, web: { depends_on: { db: on(HEALTHY) } } });
    assert.equal(
      planText(shop, { containers: [container(shop, 'db', 1, { state: { health: 'healthy' } })] }),
      text`
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create
      `,
    );
  });

  test('for a running dependency that is not healthy yet', () => {
    const shop = project({ db: {}, web: { depends_on: { db: on(HEALTHY) } } });
    assert.equal(
      planText(shop, { containers: [container(shop, 'db', 1, { state: { health: 'starting' } })] }),
      text`
        db/1:await-healthy  wait until healthy  (needed by web)
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create db/1:await-healthy
      `,
    );
  });

  test('until a dependency has completed', () => {
    const shop = project({ migrate: {}, web: { depends_on: { migrate: on(COMPLETED) } } });
    assert.equal(
      planText(shop),
      text`
        migrate/1:create  create container shop-migrate-1  (absent)
        migrate/1:start  start container  (absent)  <- migrate/1:create
        migrate/1:await-completed  wait until completed  (needed by web)  <- migrate/1:start
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create migrate/1:start migrate/1:await-completed
      `,
    );
    const finished = container(shop, 'migrate', 1, { state: { status: 'exited', exitCode: 0 } });
    assert.equal(
      planText(shop, { containers: [finished] }),
      text`
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create
      `,
    );
    assert.equal(
      planText(shop, { containers: [container(shop, 'migrate')] }),
      text`
        migrate/1:await-completed  wait until completed  (needed by web)
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create migrate/1:await-completed
      `,
    );
  });

  test('for a dependency that its restart policy is about to bring back, and for the hooks of that start', () => {
    const shop = project({
      db: { restart: 'always', post_start: [hook('seed')] },
      api: { depends_on: ['db'] },
      web: { depends_on: { db: on(HEALTHY) } },
      proxy: { depends_on: { db: on(STARTED, { required: false }) } },
    });
    const db = container(shop, 'db', 1, { state: { status: 'restarting' } });
    const records = [record(db, 'post_start[0]', 'succeeded')];
    assert.equal(
      planText(shop, { containers: [db], ledger: { records } }),
      text`
        db/1:await-running  wait until running  (needed by api)
        db/1:post_start[0]  run post_start hook ["seed"]  (needed by api)  <- db/1:await-running
        api/1:create  create container shop-api-1  (absent)
        api/1:start  start container  (absent)  <- api/1:create db/1:post_start[0]
        proxy/1:create  create container shop-proxy-1  (absent)
        proxy/1:start  start container  (absent)  <- proxy/1:create ~db/1:post_start[0]
        db/1:await-healthy  wait until healthy  (needed by web)  <- db/1:await-running
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create db/1:post_start[0] db/1:await-healthy
      `,
    );
  });

  test('but goes on without a dependency that is not required', () => {
    const shop = project({
      cache: {},
      probe: {},
      web: { depends_on: { cache: on(STARTED, { required: false }), probe: on(HEALTHY, { required: false }) } },
    });
    assert.equal(
      planText(shop),
      text`
        cache/1:create  create container shop-cache-1  (absent)
        cache/1:start  start container  (absent)  <- cache/1:create
        probe/1:create  create container shop-probe-1  (absent)
        probe/1:start  start container  (absent)  <- probe/1:create
        probe/1:await-healthy?  wait until healthy, if that can be  (needed by web)  <- probe/1:start
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create ~cache/1:start ~probe/1:start ~probe/1:await-healthy?
      `,
    );
  });

  test('for no service that no profile enables', () => {
    const shop = project(
      { web: { depends_on: { debug: on(STARTED, { required: false }) } } },
      { disabledServices: ['debug'] },
    );
    assert.equal(
      planText(shop),
      text`
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create
      `,
    );
  });
});

suite('what stops a running container', () => {
  test('waits for the dependencies of its replacement: one that cannot start must not cost the one that runs', () => {
    const shop = project({ db: {}, web: { depends_on: { db: on(HEALTHY) }, pre_stop: [hook('drain')] } });
    const web = container(shop, 'web', 1, { id: idOf('a'), configHash: 'old' });
    assert.equal(
      planText(shop, { containers: [web] }),
      text`
        db/1:create  create container shop-db-1  (absent)
        db/1:start  start container  (absent)  <- db/1:create
        db/1:await-healthy  wait until healthy  (needed by web)  <- db/1:start
        web/1:create  create container aaaaaaaaaaaa_shop-web-1  (config changed)
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["drain"]  (config changed)  <- web/1:create db/1:start db/1:await-healthy
        web/1@aaaaaa:stop  stop container shop-web-1  (config changed)  <- web/1@aaaaaa:pre_stop[0]
        web/1@aaaaaa:remove  remove container shop-web-1  (config changed)  <- web/1@aaaaaa:stop
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:start  start container  (config changed)  <- web/1:rename db/1:start db/1:await-healthy
      `,
    );
  });
});

suite('depends_on with restart: true', () => {
  const restart = on(STARTED, { restart: true });

  test('stops dependents before and starts them after, along a chain, hooks and all', () => {
    const shop = project({
      db: { pre_stop: [hook('flush')] },
      api: { depends_on: { db: restart }, pre_stop: [hook('drain')], post_start: [hook('register')] },
      web: { depends_on: { api: restart } },
    });
    const containers = [
      container(shop, 'db', 1, { id: idOf('d'), configHash: 'old' }),
      container(shop, 'api'),
      container(shop, 'web'),
    ];
    const delivered = { id: 1, service: 'api', digest: '', command: [], cause: '', attempt: 1, beganAtMs: 0 };
    const api = containers[1] as (typeof containers)[0];
    const records = [
      {
        ...delivered,
        project: 'shop',
        replica: 1,
        containerId: api.id,
        startedAt: api.state.startedAt,
        phase: 'post_start' as const,
        index: 0,
        outcome: 'succeeded' as const,
      },
    ];
    assert.equal(
      planText(shop, { containers, ledger: { records } }),
      text`
        web/1:stop  stop container shop-web-1  (api is restarted)
        db/1:create  create container dddddddddddd_shop-db-1  (config changed)
        api/1:pre_stop[0]  run pre_stop hook ["drain"]  (db is restarted)  <- db/1:create ~web/1:stop
        api/1:stop  stop container shop-api-1  (db is restarted)  <- api/1:pre_stop[0]
        db/1@dddddd:pre_stop[0]  run pre_stop hook ["flush"]  (config changed)  <- db/1:create ~api/1:stop
        db/1@dddddd:stop  stop container shop-db-1  (config changed)  <- db/1@dddddd:pre_stop[0]
        db/1@dddddd:remove  remove container shop-db-1  (config changed)  <- db/1@dddddd:stop
        db/1:rename  rename to shop-db-1  (replaced)  <- db/1@dddddd:remove
        db/1:start  start container  (config changed)  <- db/1:rename
        api/1:start  start container  (db is restarted)  <- db/1:start api/1:stop
        api/1:post_start[0]  run post_start hook ["register"]  (db is restarted)  <- api/1:start
        web/1:start  start container  (api is restarted)  <- api/1:post_start[0] web/1:stop
      `,
    );
  });

  test('restarts dependents of a service that is restarted by command', () => {
    const shop = project({ db: {}, web: { depends_on: { db: restart } }, other: { depends_on: ['db'] } });
    const containers = ['db', 'web', 'other'].map((name) => container(shop, name));
    assert.equal(
      planText(shop, { containers, policy: { restart: new Set(['db']) } }),
      text`
        web/1:stop  stop container shop-web-1  (db is restarted)
        db/1:stop  stop container shop-db-1  (restart)  <- ~web/1:stop
        db/1:start  start container  (restart)  <- db/1:stop
        web/1:start  start container  (db is restarted)  <- db/1:start web/1:stop
      `,
    );
  });

  test('restarts dependents of the one service that a command names, unless it is to leave them alone', () => {
    const shop = project({ db: {}, web: { depends_on: { db: restart } }, other: { depends_on: ['db'] } });
    const containers = ['db', 'web', 'other'].map((name) => container(shop, name));
    const named = { services: new Set(['db']), restart: new Set(['db']), noDeps: true, existingOnly: true };
    const ofCommand = text`
      web/1:stop  stop container shop-web-1  (db is restarted)
      db/1:stop  stop container shop-db-1  (restart)  <- ~web/1:stop
      db/1:start  start container  (restart)  <- db/1:stop
      web/1:start  start container  (db is restarted)  <- db/1:start web/1:stop
    `;
    assert.equal(planText(shop, { containers, policy: named }), ofCommand);
    assert.equal(
      planText(shop, { containers, policy: { ...named, followers: false } }),
      text`
        db/1:stop  stop container shop-db-1  (restart)
        db/1:start  start container  (restart)  <- db/1:stop
      `,
    );
  });

  test('reaches dependents that were not named, and changes nothing else on them', () => {
    const shop = project({ db: {}, web: { depends_on: { db: restart } } });
    const containers = [container(shop, 'db'), container(shop, 'web', 1, { configHash: 'old', name: 'mine' })];
    const policy = { restart: new Set(['db']), services: new Set(['db']) };
    assert.equal(
      planText(shop, { containers, policy }),
      text`
        web/1:stop  stop container mine  (db is restarted)
        db/1:stop  stop container shop-db-1  (restart)  <- ~web/1:stop
        db/1:start  start container  (restart)  <- db/1:stop
        web/1:start  start container  (db is restarted)  <- db/1:start web/1:stop
      `,
    );
    assert.equal(
      planText(shop, { containers, policy: { ...policy, noDeps: true, followers: false } }),
      text`
        db/1:stop  stop container shop-db-1  (restart)
        db/1:start  start container  (restart)  <- db/1:stop
      `,
    );
  });

  test('of two containers of one replica that was not named takes the one that runs along', () => {
    const shop = project({ db: {}, web: { depends_on: { db: restart }, pre_stop: [hook('drain')] } });
    const containers = [
      container(shop, 'db'),
      container(shop, 'web', 1, { id: idOf('a'), name: 'odd', state: { status: 'exited' } }),
      container(shop, 'web', 1, { id: idOf('b') }),
    ];
    const policy = { restart: new Set(['db']), services: new Set(['db']) };
    assert.equal(
      planText(shop, { containers, policy }),
      text`
        web/1:pre_stop[0]  run pre_stop hook ["drain"]  (db is restarted)
        web/1:stop  stop container shop-web-1  (db is restarted)  <- web/1:pre_stop[0]
        db/1:stop  stop container shop-db-1  (restart)  <- ~web/1:stop
        db/1:start  start container  (restart)  <- db/1:stop
        web/1:start  start container  (db is restarted)  <- db/1:start web/1:stop
      `,
    );
  });

  test('of two that run takes one along, which has had its pre_stop before', () => {
    const shop = project({ db: {}, web: { depends_on: { db: restart }, pre_stop: [hook('drain')] } });
    const a = container(shop, 'web', 1, { id: idOf('a'), name: 'web-a' });
    const b = container(shop, 'web', 1, { id: idOf('b'), name: 'web-b' });
    const policy = { restart: new Set(['db']), services: new Set(['db']) };
    const ledger = { records: [record(a, 'pre_stop[0]', 'succeeded')] };
    assert.equal(
      planText(shop, { containers: [container(shop, 'db'), a, b], policy, ledger }),
      text`
        web/1:stop  stop container web-a  (db is restarted)
        db/1:stop  stop container shop-db-1  (restart)  <- ~web/1:stop
        db/1:start  start container  (restart)  <- db/1:stop
        web/1:start  start container  (db is restarted)  <- db/1:start web/1:stop
      `,
    );
  });

  test('leaves dependents alone when a dependency is only started', () => {
    const shop = project({ db: {}, web: { depends_on: { db: restart } } });
    const ended = container(shop, 'db', 1, { state: { status: 'exited', exitCode: 1 } });
    assert.equal(
      planText(shop, { containers: [ended, container(shop, 'web')] }),
      'db/1:start  start container  (exited (1))',
    );
  });

  test('a dependent that is replaced itself stops before its dependency does', () => {
    const shop = project({ db: {}, web: { depends_on: { db: restart }, pre_stop: [hook('drain')] } });
    const containers = [
      container(shop, 'db', 1, { id: idOf('d'), configHash: 'old' }),
      container(shop, 'web', 1, { id: idOf('a'), configHash: 'old' }),
    ];
    assert.equal(
      planText(shop, { containers }),
      text`
        db/1:create  create container dddddddddddd_shop-db-1  (config changed)
        web/1:create  create container aaaaaaaaaaaa_shop-web-1  (config changed)
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["drain"]  (config changed)  <- db/1:create web/1:create
        web/1@aaaaaa:stop  stop container shop-web-1  (config changed)  <- web/1@aaaaaa:pre_stop[0]
        db/1@dddddd:stop  stop container shop-db-1  (config changed)  <- db/1:create ~web/1@aaaaaa:stop
        db/1@dddddd:remove  remove container shop-db-1  (config changed)  <- db/1@dddddd:stop
        db/1:rename  rename to shop-db-1  (replaced)  <- db/1@dddddd:remove
        db/1:start  start container  (config changed)  <- db/1:rename
        web/1@aaaaaa:remove  remove container shop-web-1  (config changed)  <- web/1@aaaaaa:stop
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:start  start container  (config changed)  <- web/1:rename db/1:start
      `,
    );
  });

  test('without starting stops nobody for the sake of a dependency', () => {
    const shop = project({ db: {}, web: { depends_on: { db: restart } } });
    const containers = [container(shop, 'db', 1, { id: idOf('d'), configHash: 'old' }), container(shop, 'web')];
    assert.equal(
      planText(shop, { containers, policy: { noStart: true } }),
      text`
        db/1:create  create container dddddddddddd_shop-db-1  (config changed)
        db/1@dddddd:stop  stop container shop-db-1  (config changed)  <- db/1:create
        db/1@dddddd:remove  remove container shop-db-1  (config changed)  <- db/1@dddddd:stop
        db/1:rename  rename to shop-db-1  (replaced)  <- db/1@dddddd:remove
      `,
    );
  });
});

suite('restart by command', () => {
  test('gives every replica its hooks, and starts what had ended', () => {
    const shop = project({ web: { replicas: 3, pre_stop: [hook('drain')], post_start: [hook('register')] } });
    const containers = [
      container(shop, 'web', 1),
      container(shop, 'web', 2, { state: { status: 'exited', exitCode: 0 } }),
      container(shop, 'web', 3, { state: { status: 'paused' } }),
    ];
    assert.equal(
      planText(shop, { containers, policy: { restart: new Set(['web']) } }),
      text`
        web/1:pre_stop[0]  run pre_stop hook ["drain"]  (restart)
        web/1:stop  stop container shop-web-1  (restart)  <- web/1:pre_stop[0]
        web/1:start  start container  (restart)  <- web/1:stop
        web/1:post_start[0]  run post_start hook ["register"]  (restart)  <- web/1:start
        web/2:start  start container  (restart)
        web/2:post_start[0]  run post_start hook ["register"]  (restart)  <- web/2:start
        web/3:unpause  unpause container  (restart)
        web/3:pre_stop[0]  run pre_stop hook ["drain"]  (restart)  <- web/3:unpause
        web/3:stop  stop container shop-web-3  (restart)  <- web/3:pre_stop[0]
        web/3:start  start container  (restart)  <- web/3:stop
        web/3:post_start[0]  run post_start hook ["register"]  (restart)  <- web/3:start
      `,
    );
  });

  test('goes along the dependencies: what cannot come back does not cost its dependents theirs', () => {
    const shop = project({ db: {}, web: { depends_on: ['db'] } });
    const containers = [container(shop, 'db'), container(shop, 'web')];
    assert.equal(
      planText(shop, { containers, policy: { restart: new Set(['db', 'web']) } }),
      text`
        db/1:stop  stop container shop-db-1  (restart)
        db/1:start  start container  (restart)  <- db/1:stop
        web/1:stop  stop container shop-web-1  (restart)  <- db/1:start
        web/1:start  start container  (restart)  <- db/1:start web/1:stop
      `,
    );
  });
});
