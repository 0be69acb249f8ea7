import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LABEL } from '../../../src/model/owner.ts';
import { container, hook, idOf, planOf, planText, project, record, text } from '../../support/world.ts';

suite('scale', () => {
  test('up fills the holes from below and keeps what runs', () => {
    const shop = project({ web: { replicas: 4 } });
    assert.equal(
      planText(shop, { containers: [container(shop, 'web', 2), container(shop, 'web', 5)] }),
      text`
        web/1:create  create container shop-web-1  (scale 2 -> 4)
        web/1:start  start container  (scale 2 -> 4)  <- web/1:create
        web/3:create  create container shop-web-3  (scale 2 -> 4)
        web/3:start  start container  (scale 2 -> 4)  <- web/3:create
      `,
    );
  });

  test('holes are left while the count is right', () => {
    const shop = project({ web: { replicas: 2 } });
    assert.equal(planText(shop, { containers: [container(shop, 'web', 2), container(shop, 'web', 5)] }), '');
  });

  test('down takes the highest numbers, pre_stop first', () => {
    const shop = project({ web: { replicas: 1, pre_stop: [hook('drain'), hook('deregister')] } });
    const containers = [
      container(shop, 'web', 1),
      container(shop, 'web', 2, { id: idOf('2') }),
      container(shop, 'web', 10, { id: idOf('a'), state: { status: 'exited', exitCode: 1 } }),
    ];
    assert.equal(
      planText(shop, { containers }),
      text`
        web/2@222222:pre_stop[0]  run pre_stop hook ["drain"]  (scaled down to 1)
        web/2@222222:pre_stop[1]  run pre_stop hook ["deregister"]  (scaled down to 1)  <- web/2@222222:pre_stop[0]
        web/2@222222:stop  stop container shop-web-2  (scaled down to 1)  <- web/2@222222:pre_stop[1]
        web/2@222222:remove  remove container shop-web-2  (scaled down to 1)  <- web/2@222222:stop
        web/10@aaaaaa:remove  remove container shop-web-10  (scaled down to 1)
      `,
    );
  });

  test('to zero removes all', () => {
    const shop = project({ web: { replicas: 0 } });
    assert.equal(
      planText(shop, { containers: [container(shop, 'web', 1, { id: idOf('1') })] }),
      text`
        web/1@111111:stop  stop container shop-web-1  (scaled down to 0)
        web/1@111111:remove  remove container shop-web-1  (scaled down to 0)  <- web/1@111111:stop
      `,
    );
  });

  test('one-off containers and hook containers are no replicas', () => {
    const shop = project({ web: {} });
    const containers = [
      container(shop, 'web', 1),
      container(shop, 'web', 2, { oneoff: true }),
      container(shop, 'web', 3, { hookContainer: true }),
      container(shop, 'web', 0, { name: 'odd' }),
    ];
    assert.equal(planText(shop, { containers }), '');
  });
});

suite('twins of one replica', () => {
  const shop = project({ web: {} });

  test('the one that matches stays, even when only the other runs', () => {
    const containers = [
      container(shop, 'web', 1, { id: idOf('a'), configHash: 'old' }),
      container(shop, 'web', 1, { id: idOf('b'), name: 'odd', state: { status: 'created' } }),
    ];
    assert.equal(
      planText(shop, { containers }),
      text`
        web/1@aaaaaa:stop  stop container shop-web-1  (second container of one replica)
        web/1@aaaaaa:remove  remove container shop-web-1  (second container of one replica)  <- web/1@aaaaaa:stop
        web/1:rename  rename to shop-web-1  (name odd -> shop-web-1)  <- web/1@aaaaaa:remove
        web/1:start  start container  (created but not started)  <- web/1:rename
      `,
    );
  });

  test('of two that match the running one stays', () => {
    const containers = [
      container(shop, 'web', 1, { id: idOf('a'), state: { status: 'exited', exitCode: 3 } }),
      container(shop, 'web', 1, { id: idOf('b'), name: 'odd' }),
    ];
    assert.equal(
      planText(shop, { containers }),
      text`
        web/1@aaaaaa:remove  remove container shop-web-1  (second container of one replica)
        web/1:rename  rename to shop-web-1  (name odd -> shop-web-1)  <- web/1@aaaaaa:remove
      `,
    );
  });

  test('of two that run the one with the final name stays, then the newest', () => {
    const named = container(shop, 'web', 1, { id: idOf('a') });
    const [old, young] = ['b', 'c'].map((digit) =>
      container(shop, 'web', 1, { id: idOf(digit), name: `odd-${digit}`, createdAt: `2026-01-0${digit}T00:00:00Z` }),
    ) as [typeof named, typeof named];
    assert.equal(
      planText(shop, { containers: [old, named] }),
      text`
        web/1@bbbbbb:stop  stop container odd-b  (second container of one replica)
        web/1@bbbbbb:remove  remove container odd-b  (second container of one replica)  <- web/1@bbbbbb:stop
      `,
    );
    assert.equal(
      planText(shop, { containers: [old, young] }),
      text`
        web/1@bbbbbb:stop  stop container odd-b  (second container of one replica)
        web/1@bbbbbb:remove  remove container odd-b  (second container of one replica)  <- web/1@bbbbbb:stop
        web/1:rename  rename to shop-web-1  (name odd-c -> shop-web-1)  <- web/1@bbbbbb:remove
      `,
    );
  });
});

/** A replacement that was cut off: a…a is the old container, b…b the one that takes its place. */
suite('a replacement that was cut off', () => {
  const sketch = { post_start: [hook('register')], pre_stop: [hook('drain'), hook('deregister')] };
  const shop = project({ web: { ...sketch, image: 'app' } });
  const before = project({ web: { ...sketch, image: 'app', hostname: 'old' } });
  const old = container(before, 'web', 1, { id: idOf('a') });
  const created = container(shop, 'web', 1, {
    id: idOf('b'),
    name: 'aaaaaaaaaaaa_shop-web-1',
    labels: { [LABEL.replace]: 'web-1' },
    state: { status: 'created' },
  });

  test('before its first action is planned in full', () => {
    assert.equal(
      planText(shop, { containers: [old] }),
      text`
        web/1:create  create container aaaaaaaaaaaa_shop-web-1  (config changed)
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["drain"]  (config changed)  <- web/1:create
        web/1@aaaaaa:pre_stop[1]  run pre_stop hook ["deregister"]  (config changed)  <- web/1@aaaaaa:pre_stop[0]
        web/1@aaaaaa:stop  stop container shop-web-1  (config changed)  <- web/1@aaaaaa:pre_stop[1]
        web/1@aaaaaa:remove  remove container shop-web-1  (config changed)  <- web/1@aaaaaa:stop
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:start  start container  (config changed)  <- web/1:rename
        web/1:post_start[0]  run post_start hook ["register"]  (config changed)  <- web/1:start
      `,
    );
  });

  test('after the create goes on with the hooks of the old one', () => {
    assert.equal(
      planText(shop, { containers: [old, created] }),
      text`
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["drain"]  (replaced)
        web/1@aaaaaa:pre_stop[1]  run pre_stop hook ["deregister"]  (replaced)  <- web/1@aaaaaa:pre_stop[0]
        web/1@aaaaaa:stop  stop container shop-web-1  (replaced)  <- web/1@aaaaaa:pre_stop[1]
        web/1@aaaaaa:remove  remove container shop-web-1  (replaced)  <- web/1@aaaaaa:stop
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:start  start container  (created but not started)  <- web/1:rename
        web/1:post_start[0]  run post_start hook ["register"]  (created but not started)  <- web/1:start
      `,
    );
  });

  test('after the first pre_stop hook does not run it again', () => {
    assert.equal(
      planText(shop, {
        containers: [old, created],
        ledger: { records: [record(old, 'pre_stop[0]', 'succeeded')] },
      }),
      text`
        web/1@aaaaaa:pre_stop[1]  run pre_stop hook ["deregister"]  (replaced)
        web/1@aaaaaa:stop  stop container shop-web-1  (replaced)  <- web/1@aaaaaa:pre_stop[1]
        web/1@aaaaaa:remove  remove container shop-web-1  (replaced)  <- web/1@aaaaaa:stop
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:start  start container  (created but not started)  <- web/1:rename
        web/1:post_start[0]  run post_start hook ["register"]  (created but not started)  <- web/1:start
      `,
    );
  });

  test('after the stop goes on with the removal', () => {
    const stopped = { ...old, state: { ...old.state, status: 'exited' as const, exitCode: 0 } };
    assert.equal(
      planText(shop, { containers: [stopped, created] }),
      text`
        web/1@aaaaaa:remove  remove container shop-web-1  (replaced)
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:start  start container  (created but not started)  <- web/1:rename
        web/1:post_start[0]  run post_start hook ["register"]  (created but not started)  <- web/1:start
      `,
    );
  });

  test('during the removal waits for its end', () => {
    const going = { ...old, state: { ...old.state, status: 'removing' as const } };
    assert.equal(
      planText(shop, { containers: [going, created] }),
      text`
        web/1@aaaaaa:await-gone  wait until removed  (being removed)
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:await-gone
        web/1:start  start container  (created but not started)  <- web/1:rename
        web/1:post_start[0]  run post_start hook ["register"]  (created but not started)  <- web/1:start
      `,
    );
  });

  test('after the removal goes on with the name', () => {
    assert.equal(
      planText(shop, { containers: [created] }),
      text`
        web/1:rename  rename to shop-web-1  (replaced)
        web/1:start  start container  (created but not started)  <- web/1:rename
        web/1:post_start[0]  run post_start hook ["register"]  (created but not started)  <- web/1:start
      `,
    );
  });

  test('after the start goes on with post_start', () => {
    const started = container(shop, 'web', 1, { id: idOf('b'), labels: created.labels });
    assert.equal(
      planText(shop, { containers: [started] }),
      'web/1:post_start[0]  run post_start hook ["register"]  (owed)',
    );
    assert.equal(
      planText(shop, {
        containers: [started],
        ledger: { records: [record(started, 'post_start[0]', 'succeeded')] },
      }),
      '',
    );
  });

  test('whose file is edited once more makes a third container under a name that is free', () => {
    const edited = project({ web: { ...sketch, hostname: 'new' } });
    assert.equal(
      planText(edited, { containers: [old, created] }),
      text`
        web/1:create  create container bbbbbbbbbbbb_shop-web-1  (config changed)
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["drain"]  (config changed)  <- web/1:create
        web/1@aaaaaa:pre_stop[1]  run pre_stop hook ["deregister"]  (config changed)  <- web/1@aaaaaa:pre_stop[0]
        web/1@aaaaaa:stop  stop container shop-web-1  (config changed)  <- web/1@aaaaaa:pre_stop[1]
        web/1@aaaaaa:remove  remove container shop-web-1  (config changed)  <- web/1@aaaaaa:stop
        web/1@bbbbbb:remove  remove container aaaaaaaaaaaa_shop-web-1  (second container of one replica)  <- web/1:create
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove web/1@bbbbbb:remove
        web/1:start  start container  (config changed)  <- web/1:rename
        web/1:post_start[0]  run post_start hook ["register"]  (config changed)  <- web/1:start
      `,
    );
  });

  test('whose file is edited back keeps the old one and forgets that its stop was begun', () => {
    const sketched = { containers: [old, created], ledger: { records: [record(old, 'pre_stop[0]', 'succeeded')] } };
    const delivered = record(old, 'post_start[0]', 'succeeded');
    const ledger = { records: [...sketched.ledger.records, delivered] };
    const plan = planOf(before, { ...sketched, ledger });
    assert.deepEqual(
      plan.actions.map((action) => action.id),
      ['web/1@bbbbbb:remove'],
    );
    assert.deepEqual(plan.abandonedStops, [old.id]);
  });

  test('whose file is edited back after the stop starts the old one again', () => {
    const stopped = { ...old, state: { ...old.state, status: 'exited' as const, exitCode: 0 } };
    assert.equal(
      planText(before, { containers: [stopped, created], policy: { pendingStarts: new Set([old.id]) } }),
      text`
        web/1@bbbbbb:remove  remove container aaaaaaaaaaaa_shop-web-1  (second container of one replica)
        web/1:start  start container  (stopped by reeve)  <- web/1@bbbbbb:remove
        web/1:post_start[0]  run post_start hook ["register"]  (stopped by reeve)  <- web/1:start
      `,
    );
  });

  test('keeps a container that others started under the temporary name meanwhile, and gives it its hooks', () => {
    const started = { ...created, state: { ...old.state } };
    assert.equal(
      planText(shop, { containers: [old, started] }),
      text`
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["drain"]  (replaced)
        web/1@aaaaaa:pre_stop[1]  run pre_stop hook ["deregister"]  (replaced)  <- web/1@aaaaaa:pre_stop[0]
        web/1@aaaaaa:stop  stop container shop-web-1  (replaced)  <- web/1@aaaaaa:pre_stop[1]
        web/1@aaaaaa:remove  remove container shop-web-1  (replaced)  <- web/1@aaaaaa:stop
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:post_start[0]  run post_start hook ["register"]  (owed)
      `,
    );
  });
});

suite('a container that is being removed', () => {
  test('is awaited before its number is given out again', () => {
    const shop = project({ web: {} });
    const going = container(shop, 'web', 1, { id: idOf('a'), state: { status: 'removing' } });
    assert.equal(
      planText(shop, { containers: [going] }),
      text`
        web/1@aaaaaa:await-gone  wait until removed  (being removed)
        web/1:create  create container shop-web-1  (absent)  <- web/1@aaaaaa:await-gone
        web/1:start  start container  (absent)  <- web/1:create web/1@aaaaaa:await-gone
      `,
    );
  });
});

suite('a name', () => {
  test('that somebody changed is changed back, running or not', () => {
    const shop = project({ web: { replicas: 2 } });
    const containers = [
      container(shop, 'web', 1, { name: 'mine' }),
      container(shop, 'web', 2, { name: 'other', state: { status: 'exited', exitCode: 1 } }),
    ];
    assert.equal(
      planText(shop, { containers }),
      text`
        web/1:rename  rename to shop-web-1  (name mine -> shop-web-1)
        web/2:rename  rename to shop-web-2  (name other -> shop-web-2)
        web/2:start  start container  (exited (1))  <- web/2:rename
      `,
    );
  });

  test('that another replica holds is waited for', () => {
    const shop = project({ web: { replicas: 2 } });
    const containers = [container(shop, 'web', 1, { name: 'mine' }), container(shop, 'web', 2, { name: 'shop-web-1' })];
    assert.equal(
      planText(shop, { containers }),
      text`
        web/2:rename  rename to shop-web-2  (name shop-web-1 -> shop-web-2)
        web/1:rename  rename to shop-web-1  (name mine -> shop-web-1)  <- web/2:rename
      `,
    );
  });

  test('that two replicas exchanged goes by way of a temporary one', () => {
    const shop = project({ web: { replicas: 2 } });
    const containers = [
      container(shop, 'web', 1, { id: idOf('a'), name: 'shop-web-2' }),
      container(shop, 'web', 2, { id: idOf('b'), name: 'shop-web-1' }),
    ];
    assert.equal(
      planText(shop, { containers }),
      text`
        web/2:set-aside  rename to bbbbbbbbbbbb_shop-web-2  (needed by web)
        web/1:set-aside  rename to aaaaaaaaaaaa_shop-web-1  (needed by web)
        web/1:rename  rename to shop-web-1  (name shop-web-2 -> shop-web-1)  <- web/1:set-aside web/2:set-aside
        web/2:rename  rename to shop-web-2  (name shop-web-1 -> shop-web-2)  <- web/2:set-aside web/1:set-aside
      `,
    );
  });

  test('that a container on its way out holds, which waits for the one that is to have it, is freed at once', () => {
    const shop = project({ db: {}, web: { depends_on: ['db'] } });
    const old = container(shop, 'web', 1, { id: idOf('a'), name: 'shop-db-1', configHash: 'old' });
    assert.equal(
      planText(shop, { containers: [old] }),
      text`
        db/1:create  create container aaaaaaaaaaaa_shop-db-1  (absent)
        web/1@aaaaaa:set-aside  rename to aaaaaaaaaaaa_shop-web-1  (needed by db)
        db/1:rename  rename to shop-db-1  (replaced)  <- db/1:create web/1@aaaaaa:set-aside
        db/1:start  start container  (absent)  <- db/1:rename
        web/1:create  create container shop-web-1  (config changed)
        web/1@aaaaaa:stop  stop container shop-db-1  (config changed)  <- web/1:create db/1:start
        web/1@aaaaaa:remove  remove container shop-db-1  (config changed)  <- web/1@aaaaaa:stop
        web/1:start  start container  (config changed)  <- web/1@aaaaaa:remove db/1:start
      `,
    );
  });

  test('that an orphan on its way out holds is waited for', () => {
    const shop = project({ cache: { container_name: 'redis' } });
    const orphan = container(shop, 'old-cache', 1, { id: idOf('c'), name: 'redis' });
    assert.equal(
      planText(shop, { containers: [orphan], policy: { removeOrphans: true } }),
      text`
        cache/1:create  create container cccccccccccc_redis  (absent)
        old-cache/1@cccccc:stop  stop container redis  (orphan)
        old-cache/1@cccccc:remove  remove container redis  (orphan)  <- old-cache/1@cccccc:stop
        cache/1:rename  rename to redis  (replaced)  <- cache/1:create old-cache/1@cccccc:remove
        cache/1:start  start container  (absent)  <- cache/1:rename
      `,
    );
  });

  test('that an orphan keeps is a problem that says what to do', () => {
    const shop = project({ cache: { container_name: 'redis' } });
    const orphan = container(shop, 'old-cache', 1, { name: 'redis' });
    assert.equal(
      planText(shop, { containers: [orphan] }),
      text`
        ! cache: the name redis is taken by a container of old-cache, which is left alone: remove that one, or give this one another name
        - orphan containers are left alone: redis (--remove-orphans removes them, hooks first)
      `,
    );
  });

  test('that a container of others has is a problem that says whose, and what is there goes on', () => {
    const shop = project({
      cache: { container_name: 'redis' },
      web: { replicas: 2 },
      late: { depends_on: ['web'] },
    });
    const web = container(shop, 'web', 1, { state: { status: 'exited', exitCode: 1 } });
    const takenNames = new Map([
      ['redis', { project: undefined }],
      ['shop-web-2', { project: 'other' }],
    ]);
    assert.equal(
      planText(shop, { containers: [web], world: { takenNames } }),
      text`
        web/1:start  start container  (exited (1))
        ! cache: the name redis is taken by a container of no project: remove or rename that one, or give this one another name
        ! web: the name shop-web-2 is taken by a container of the project other: remove or rename that one, or give this one another name
        ! late: depends on web, which cannot be started now
      `,
    );
  });
});
