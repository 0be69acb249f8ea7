import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { container, hook, idOf, planOf, planText, project, text } from '../../support/world.ts';

suite('a service that was stopped by hand', () => {
  const shop = project({ db: {}, web: { depends_on: ['db'] }, other: {} });
  const held = new Map([['db', 'stopped' as const]]);

  test('stays stopped, and what needs it is not started on top of it', () => {
    const ended = container(shop, 'db', 1, { state: { status: 'exited', exitCode: 0 } });
    assert.equal(
      planText(shop, { containers: [ended], policy: { held } }),
      text`
        other/1:create  create container shop-other-1  (absent)
        other/1:start  start container  (absent)  <- other/1:create
        ! web: depends on db, which cannot be started now
      `,
    );
  });

  test('does not touch a dependent that runs', () => {
    const containers = ['web', 'other'].map((name) => container(shop, name));
    assert.equal(planText(shop, { containers, policy: { held } }), '');
  });

  test('is no hindrance to a service that is named without its dependencies', () => {
    const policy = { held, services: new Set(['web']), noDeps: true };
    assert.equal(
      planText(shop, { policy }),
      text`
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create
      `,
    );
  });
});

suite('a suspended service', () => {
  const shop = project({
    db: { pre_stop: [hook('flush')] },
    web: { depends_on: { db: { condition: 'service_healthy', required: true } } },
  });
  const policy = { held: new Map([['db', 'suspended' as const]]) };

  test('is never acted on, whatever drifted', () => {
    const containers = [
      container(shop, 'db', 1, { configHash: 'old', name: 'mine', state: { status: 'paused' } }),
      container(shop, 'db', 2),
      container(shop, 'web'),
    ];
    assert.equal(planText(shop, { containers, policy }), '');
  });

  test('is waited for where it may become ready by itself', () => {
    const db = container(shop, 'db', 1, { state: { health: 'starting' } });
    assert.equal(
      planText(shop, { containers: [db], policy }),
      text`
        db/1:await-healthy  wait until healthy  (needed by web)
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create db/1:await-healthy
      `,
    );
  });

  test('that does not run keeps its dependents from starting', () => {
    const said = '! web: depends on db, which cannot be started now';
    assert.equal(planText(shop, { policy }), said);
    const ended = container(shop, 'db', 1, { state: { status: 'exited', exitCode: 1 } });
    assert.equal(planText(shop, { containers: [ended], policy }), said);
  });

  test('whose replacement was cut off is waited for as it runs', () => {
    const db = container(shop, 'db', 1, { id: idOf('d'), state: { health: 'healthy' } });
    const made = container(shop, 'db', 1, { name: 'dddddddddddd_shop-db-1', state: { status: 'created' } });
    const web = container(shop, 'web', 1, { state: { status: 'exited', exitCode: 1 } });
    assert.equal(planText(shop, { containers: [made, db, web], policy }), 'web/1:start  start container  (exited (1))');
  });

  test('that was taken out of the files is no orphan to remove', () => {
    const orphan = container(shop, 'gone', 1, { name: 'gone' });
    const held = new Map([['gone', 'suspended' as const]]);
    assert.equal(
      planText(project({ db: { replicas: 0 } }), { containers: [orphan], policy: { held, removeOrphans: true } }),
      '',
    );
  });
});

test('a suspended project is left alone as a whole', () => {
  const shop = project({ web: {} });
  assert.equal(
    planText(shop, { containers: [container(shop, 'gone')], policy: { held: 'all', removeOrphans: true } }),
    '- suspended: nothing is done until it is resumed',
  );
});

suite('a container that ends right after each start', () => {
  const shop = project({ db: { replicas: 2 }, web: { depends_on: ['db'] }, other: {} });
  const ended = container(shop, 'db', 1, { state: { status: 'exited', exitCode: 1 } });
  const policy = { nowMs: 1000, notBefore: new Map([[ended.id, 3000]]) };
  const SAID = '. db/1: ended with exit code 1 right after its last start';

  test('is left until its time, and so is what waits for it', () => {
    assert.equal(
      planText(shop, { containers: [ended], policy }),
      text`
        db/2:create  create container shop-db-2  (scale 1 -> 2)
        db/2:start  start container  (scale 1 -> 2)  <- db/2:create
        other/1:create  create container shop-other-1  (absent)
        other/1:start  start container  (absent)  <- other/1:create
        ${SAID}
      `,
    );
    assert.deepEqual(
      planOf(shop, { containers: [ended], policy }).deferrals.map(({ untilMs }) => untilMs),
      [3000],
    );
  });

  test('is left until its time, and so is what shares its network, required or not', () => {
    const needs = { web: { condition: 'service_started', required: false } } as const;
    const lent = project({ web: {}, app: { network_mode: 'service:web', networks: {}, depends_on: needs } });
    const crashed = container(lent, 'web', 1, { id: idOf('a'), state: { status: 'exited', exitCode: 1 } });
    const planned = planOf(lent, { containers: [crashed], policy: { notBefore: new Map([[idOf('a'), 8000]]) } });
    assert.deepEqual(
      [planned.actions, planned.problems, planned.deferrals.map(({ subject }) => subject)],
      [[], [], ['web/1']],
    );
  });

  test('is started when its time has come', () => {
    const containers = [ended, container(shop, 'db', 2), container(shop, 'web'), container(shop, 'other')];
    assert.equal(
      planText(shop, { containers, policy: { ...policy, nowMs: 3000 } }),
      'db/1:start  start container  (exited (1))',
    );
  });

  test('is replaced at once when its definition changed', () => {
    const edited = project({ db: { hostname: 'new' } });
    const old = { ...ended, id: idOf('a') };
    assert.equal(
      planText(edited, { containers: [old], policy: { nowMs: 1000, notBefore: new Map([[old.id, 3000]]) } }),
      text`
        db/1:create  create container aaaaaaaaaaaa_shop-db-1  (config changed)
        db/1@aaaaaa:remove  remove container shop-db-1  (config changed)  <- db/1:create
        db/1:rename  rename to shop-db-1  (replaced)  <- db/1@aaaaaa:remove
        db/1:start  start container  (config changed)  <- db/1:rename
      `,
    );
  });

  test('is started at once when a person restarts it', () => {
    const containers = [ended, container(shop, 'db', 2), container(shop, 'web'), container(shop, 'other')];
    assert.match(
      planText(shop, { containers, policy: { ...policy, restart: new Set(['db']) } }),
      /^db\/1:start {2}start container {2}\(restart\)$/m,
    );
  });

  test('is restarted for its health no more often than that, and its dependents with it', () => {
    const restart = { condition: 'service_started', required: false, restart: true } as const;
    const sick = project({ db: { policy: { onUnhealthy: 'restart' } }, web: { depends_on: { db: restart } } });
    const db = container(sick, 'db', 1, { state: { health: 'unhealthy' } });
    const containers = [db, container(sick, 'web')];
    const later = { nowMs: 1000, notBefore: new Map([[db.id, 3000]]) };
    assert.equal(
      planText(sick, { containers, policy: later }),
      '. db/1: is unhealthy again right after its last start',
    );
    assert.equal(
      planText(sick, { containers, policy: { ...later, nowMs: 3000 } }),
      text`
        web/1:stop  stop container shop-web-1  (db is restarted)
        db/1:stop  stop container shop-db-1  (unhealthy)  <- ~web/1:stop
        db/1:start  start container  (unhealthy)  <- db/1:stop
        web/1:start  start container  (db is restarted)  <- web/1:stop ~db/1:start
      `,
    );
  });
});

suite('a service that cannot be made anew', () => {
  test('is no reason to restart those that depend on it and can do without', () => {
    const needs = { db: { condition: 'service_started', required: false, restart: true } } as const;
    const shop = project({ db: { provider: { type: 'tool' } }, web: { depends_on: needs } });
    const db = container(shop, 'db', 1, { id: idOf('d'), configHash: 'old' });
    const web = container(shop, 'web', 1, { id: idOf('a') });
    const planned = planOf(shop, { containers: [db, web] });
    assert.deepEqual([planned.actions, planned.problems.map(({ subject }) => subject)], [[], ['db']]);
  });
});

suite('what this version does not do', () => {
  test('is a problem of the service that asks for it, and of those that wait for it', () => {
    const shop = project({ web: { provider: { type: 'tool' } }, proxy: { depends_on: ['web'] } });
    assert.match(
      planText(shop),
      /^! web: provider services are not run by reeve: .*\n! proxy: depends on web, which cannot be started now$/,
    );
  });
});
