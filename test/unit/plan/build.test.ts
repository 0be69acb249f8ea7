import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isEmpty } from '../../../src/plan/plan.ts';
import { container, hook, planOf, planText, project, text } from '../../support/world.ts';

const NOTHING_THERE = { networks: [], volumes: [], images: new Map() };

suite('the first apply', () => {
  test('makes network and volume, pulls the image, and starts dependencies before their dependents', () => {
    const shop = project(
      {
        db: { volumes: [{ type: 'volume', source: 'data', target: '/data' }] },
        web: { depends_on: ['db'] },
      },
      { volumes: { data: { name: 'shop_data' } } },
    );
    assert.equal(
      planText(shop, { world: NOTHING_THERE }),
      text`
        network/default:create  create network  (absent)
        volume/data:create  create volume  (absent)
        image/app:pull  pull image  (absent)
        db/1:create  create container shop-db-1  (absent)  <- image/app:pull network/default:create volume/data:create
        db/1:start  start container  (absent)  <- db/1:create
        web/1:create  create container shop-web-1  (absent)  <- image/app:pull network/default:create
        web/1:start  start container  (absent)  <- web/1:create db/1:start
      `,
    );
  });

  test('runs post_start hooks in order after the start, and dependents wait for the last one', () => {
    const shop = project({
      db: { post_start: [hook('migrate up'), hook('seed')] },
      web: { depends_on: ['db'], post_start: [hook('register')] },
    });
    assert.equal(
      planText(shop),
      text`
        db/1:create  create container shop-db-1  (absent)
        db/1:start  start container  (absent)  <- db/1:create
        db/1:post_start[0]  run post_start hook ["migrate","up"]  (absent)  <- db/1:start
        db/1:post_start[1]  run post_start hook ["seed"]  (absent)  <- db/1:post_start[0]
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create db/1:post_start[1]
        web/1:post_start[0]  run post_start hook ["register"]  (absent)  <- web/1:start
      `,
    );
  });

  test("makes what is linked to first, on the engine's own bridge", () => {
    const on = (network_mode: string): string =>
      planText(project({ web: { network_mode, links: ['db:store'], depends_on: ['db'] }, db: { network_mode } }), {
        policy: { noStart: true },
      });
    assert.equal(
      on('bridge'),
      text`
        db/1:create  create container shop-db-1  (absent)
        web/1:create  create container shop-web-1  (absent)  <- db/1:create
      `,
    );
    assert.doesNotMatch(on('host'), /<-/);
  });

  test('without starting makes everything and starts nothing', () => {
    const shop = project({ db: { post_start: [hook('seed')] }, web: { depends_on: ['db'] } });
    assert.equal(
      planText(shop, { policy: { noStart: true } }),
      text`
        db/1:create  create container shop-db-1  (absent)
        web/1:create  create container shop-web-1  (absent)
      `,
    );
  });
});

suite('what is as desired', () => {
  const shop = project({
    db: { post_start: [hook('seed')], pre_stop: [hook('flush')], replicas: 2 },
    web: { depends_on: ['db'], restart: 'always' },
    job: { depends_on: ['db'] },
  });
  const containers = [
    container(shop, 'db', 1),
    container(shop, 'db', 2),
    container(shop, 'web'),
    container(shop, 'job', 1, { state: { status: 'exited', exitCode: 0 } }),
  ];
  const delivered = containers.slice(0, 2).map((one) => ({
    id: 1,
    project: 'shop',
    service: 'db',
    replica: one.number,
    containerId: one.id,
    startedAt: one.state.startedAt,
    phase: 'post_start' as const,
    index: 0,
    digest: one.hooks?.post_start[0]?.digest ?? '',
    command: ['seed'],
    cause: 'absent',
    attempt: 1,
    outcome: 'succeeded' as const,
    beganAtMs: 0,
  }));

  test('gives an empty plan', () => {
    const plan = planOf(shop, { containers, ledger: { records: delivered } });
    assert.ok(isEmpty(plan));
    assert.deepEqual([plan.notes, plan.abandonedStops], [[], []]);
  });

  test('gives the same plan whatever order the engine lists things in', () => {
    const drifted = [...containers, container(shop, 'gone'), container(shop, 'db', 7)];
    const sketch = { ledger: { records: delivered }, policy: { removeOrphans: true } };
    assert.equal(
      planText(shop, { containers: drifted, ...sketch }),
      planText(shop, { containers: drifted.toReversed(), ...sketch }),
    );
  });
});

suite('named services', () => {
  const shop = project({ db: {}, web: { depends_on: ['db'] }, cache: {} });

  test('come with their dependencies, and nothing else is looked at', () => {
    assert.equal(
      planText(shop, { policy: { services: new Set(['web']) }, containers: [container(shop, 'gone')] }),
      text`
        db/1:create  create container shop-db-1  (absent)
        db/1:start  start container  (absent)  <- db/1:create
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create db/1:start
      `,
    );
  });

  test('come alone with --no-deps, and wait for nobody', () => {
    assert.equal(
      planText(shop, { policy: { services: new Set(['web']), noDeps: true } }),
      text`
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create
      `,
    );
  });

  test('are recreated by force, their dependencies are not', () => {
    const web = container(shop, 'web', 1, { id: 'a'.repeat(64) });
    assert.equal(
      planText(shop, {
        containers: [container(shop, 'db'), web],
        policy: { services: new Set(['web']), forceRecreate: true },
      }),
      text`
        web/1:create  create container aaaaaaaaaaaa_shop-web-1  (forced)
        web/1@aaaaaa:stop  stop container shop-web-1  (forced)  <- web/1:create
        web/1@aaaaaa:remove  remove container shop-web-1  (forced)  <- web/1@aaaaaa:stop
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:start  start container  (forced)  <- web/1:rename
      `,
    );
  });
});

suite('starting what is there', () => {
  const shop = project({ db: {}, web: { depends_on: ['db'], replicas: 3 }, job: {} });

  test('starts what ended and makes, replaces and removes nothing', () => {
    const containers = [
      container(shop, 'db', 1, { state: { status: 'exited', exitCode: 137 }, configHash: 'old' }),
      container(shop, 'web', 1, { state: { status: 'created' } }),
      container(shop, 'web', 5),
      container(shop, 'gone'),
    ];
    assert.equal(
      planText(shop, { containers, policy: { existingOnly: true, removeOrphans: true } }),
      text`
        db/1:start  start container  (exited (137))
        web/1:start  start container  (created but not started)  <- db/1:start
        - job has no container that could be started (reeve apply makes one)
      `,
    );
  });

  test('makes no network and no volume for what is not there, and one that a container lost', () => {
    const named = project(
      { db: { volumes: [{ type: 'volume', source: 'data', target: '/d' }] }, web: {} },
      { volumes: { data: { name: 'shop_data' } } },
    );
    const nothing = { networks: [], volumes: [] };
    const policy = { existingOnly: true };
    assert.equal(
      planText(named, { containers: [], world: nothing, policy }),
      text`
        - db has no container that could be started (reeve apply makes one)
        - web has no container that could be started (reeve apply makes one)
      `,
    );
    assert.equal(planText(named, { containers: [], world: nothing, policy: { ...policy, noStart: true } }), '');
    const ended = container(named, 'web', 1, { state: { status: 'exited', exitCode: 1 } });
    assert.match(planText(named, { containers: [ended], world: nothing, policy }), /network\/default:create/);
    assert.doesNotMatch(planText(named, { containers: [ended], world: nothing, policy }), /volume/);
  });

  test('leaves what is being removed, and what a crash left beside it, alone', () => {
    const containers = [
      container(shop, 'db', 1, { id: 'a'.repeat(64), state: { status: 'removing' } }),
      container(shop, 'web', 1, { state: { status: 'exited', exitCode: 1 } }),
      container(shop, 'web', 1, { id: 'b'.repeat(64), name: 'bbbbbbbbbbbb_shop-web-1', state: { status: 'created' } }),
    ];
    assert.equal(
      planText(shop, { containers, policy: { existingOnly: true } }),
      text`
        web/1:start  start container  (exited (1))
        - db has no container that could be started (reeve apply makes one)
        - job has no container that could be started (reeve apply makes one)
      `,
    );
  });

  test('starts none beside one that runs for the same replica, whichever of them the files ask for', () => {
    const containers = [
      container(shop, 'web', 1, { id: 'a'.repeat(64), configHash: 'old' }),
      container(shop, 'web', 1, { id: 'b'.repeat(64), name: 'aaaaaaaaaaaa_shop-web-1', state: { status: 'created' } }),
    ];
    const policy = { existingOnly: true, services: new Set(['web']), noDeps: true };
    assert.equal(planText(shop, { containers, policy }), '');
  });
});
