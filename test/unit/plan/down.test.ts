import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  container,
  downText,
  hook,
  idOf,
  observedNetwork,
  observedVolume,
  project,
  record,
  text,
} from '../../support/world.ts';

const shop = project(
  {
    db: { pre_stop: [hook('flush')], volumes: [{ type: 'volume', source: 'data', target: '/data' }] },
    web: { depends_on: ['db'], pre_stop: [hook('drain'), hook('leave')] },
  },
  { volumes: { data: { name: 'shop_data' } } },
);
const db = container(shop, 'db', 1, { id: idOf('d') });
const web = container(shop, 'web', 1, { id: idOf('a') });

const CONTAINERS = text`
  web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["drain"]  (down)
  web/1@aaaaaa:pre_stop[1]  run pre_stop hook ["leave"]  (down)  <- web/1@aaaaaa:pre_stop[0]
  web/1@aaaaaa:stop  stop container shop-web-1  (down)  <- web/1@aaaaaa:pre_stop[1]
  db/1@dddddd:pre_stop[0]  run pre_stop hook ["flush"]  (down)  <- ~web/1@aaaaaa:stop
  db/1@dddddd:stop  stop container shop-db-1  (down)  <- db/1@dddddd:pre_stop[0]
  db/1@dddddd:remove  remove container shop-db-1  (down)  <- db/1@dddddd:stop
  web/1@aaaaaa:remove  remove container shop-web-1  (down)  <- web/1@aaaaaa:stop
`;

suite('down', () => {
  const NETWORK =
    'network/default:remove  remove network shop_default  (down)  <- db/1@dddddd:remove web/1@aaaaaa:remove';

  test('goes against the dependencies, pre_stop first, and keeps the data', () => {
    assert.equal(downText(shop, { containers: [db, web] }), `${CONTAINERS}\n${NETWORK}`);
  });

  test('needs no file: names, hooks and dependencies are on the containers', () => {
    assert.equal(downText(shop, { containers: [web, db], withoutFile: true }), `${CONTAINERS}\n${NETWORK}`);
  });

  test('takes the volumes along only when asked', () => {
    assert.equal(
      downText(shop, { containers: [db, web], policy: { volumes: true } }),
      text`
        ${CONTAINERS}
        ${NETWORK}
        volume/data:remove  remove volume shop_data  (down)  <- db/1@dddddd:remove
      `,
    );
  });

  test('does not run again the pre_stop hooks that a run before it got done', () => {
    const ledger = { records: [record(web, 'pre_stop[0]', 'succeeded'), record(web, 'pre_stop[1]', 'failed')] };
    assert.equal(
      downText(shop, { containers: [web], ledger }),
      text`
        web/1@aaaaaa:pre_stop[1]  run pre_stop hook ["leave"]  (down)
        web/1@aaaaaa:stop  stop container shop-web-1  (down)  <- web/1@aaaaaa:pre_stop[1]
        web/1@aaaaaa:remove  remove container shop-web-1  (down)  <- web/1@aaaaaa:stop
        network/default:remove  remove network shop_default  (down)  <- web/1@aaaaaa:remove
      `,
    );
  });

  test('removes what does not run without hooks, and waits for what is being removed', () => {
    const ended = container(shop, 'db', 1, { id: idOf('d'), state: { status: 'exited', exitCode: 1 } });
    const going = container(shop, 'web', 1, { id: idOf('a'), state: { status: 'removing' } });
    assert.equal(
      downText(shop, { containers: [ended, going] }),
      text`
        web/1@aaaaaa:await-gone  wait until removed  (down)
        db/1@dddddd:remove  remove container shop-db-1  (down)  <- ~web/1@aaaaaa:await-gone
        network/default:remove  remove network shop_default  (down)  <- db/1@dddddd:remove web/1@aaaaaa:await-gone
      `,
    );
  });

  test('of named services leaves the others, and all networks and volumes', () => {
    assert.equal(
      downText(shop, { containers: [db, web], policy: { services: new Set(['db']), volumes: true } }),
      text`
        db/1@dddddd:pre_stop[0]  run pre_stop hook ["flush"]  (down)
        db/1@dddddd:stop  stop container shop-db-1  (down)  <- db/1@dddddd:pre_stop[0]
        db/1@dddddd:remove  remove container shop-db-1  (down)  <- db/1@dddddd:stop
      `,
    );
  });

  test('of a project of which nothing is there is empty', () => {
    assert.equal(
      downText(shop, { containers: [], world: { networks: [], volumes: [] }, policy: { volumes: true } }),
      '',
    );
  });

  test('finishes a replacement that was cut off by removing both', () => {
    const young = container(shop, 'db', 1, {
      id: idOf('e'),
      name: 'dddddddddddd_shop-db-1',
      state: { status: 'created' },
    });
    assert.equal(
      downText(shop, { containers: [db, young] }),
      text`
        db/1@eeeeee:remove  remove container dddddddddddd_shop-db-1  (down)
        db/1@dddddd:pre_stop[0]  run pre_stop hook ["flush"]  (down)
        db/1@dddddd:stop  stop container shop-db-1  (down)  <- db/1@dddddd:pre_stop[0]
        db/1@dddddd:remove  remove container shop-db-1  (down)  <- db/1@dddddd:stop
        network/default:remove  remove network shop_default  (down)  <- db/1@eeeeee:remove db/1@dddddd:remove
      `,
    );
  });

  test('says of a container of another tool that nobody knows its pre_stop any more', () => {
    const foreign = container(shop, 'web', 1, { id: idOf('a'), foreign: true });
    assert.equal(
      downText(shop, { containers: [foreign], withoutFile: true, world: { networks: [] } }),
      text`
        web/1@aaaaaa:stop  stop container shop-web-1  (down)
        web/1@aaaaaa:remove  remove container shop-web-1  (down)  <- web/1@aaaaaa:stop
        - shop-web-1 was made by another tool and its file is gone: it has no pre_stop that could be run
      `,
    );
  });

  test('by prune says so', () => {
    assert.match(
      downText(shop, { containers: [web], policy: { command: 'prune' } }),
      /stop container shop-web-1 {2}\(prune\)/,
    );
  });
});

suite('down that spares what is suspended', () => {
  test('takes the rest down, keeps the networks that it uses, and says so', () => {
    assert.equal(
      downText(shop, { containers: [db, web], withoutFile: true, policy: { suspended: new Set(['db']) } }),
      text`
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["drain"]  (down)
        web/1@aaaaaa:pre_stop[1]  run pre_stop hook ["leave"]  (down)  <- web/1@aaaaaa:pre_stop[0]
        web/1@aaaaaa:stop  stop container shop-web-1  (down)  <- web/1@aaaaaa:pre_stop[1]
        web/1@aaaaaa:remove  remove container shop-web-1  (down)  <- web/1@aaaaaa:stop
        - db is suspended and left alone (reeve resume -p shop db)
      `,
    );
  });

  test('says nothing of a suspended service that has no container', () => {
    const policy = { suspended: new Set(['cache']) };
    assert.equal(downText(shop, { containers: [db, web], policy }), downText(shop, { containers: [db, web] }));
  });

  test('does nothing to a project that is suspended as a whole', () => {
    for (const withoutFile of [true, false])
      assert.equal(
        downText(shop, { containers: [db, web], withoutFile, policy: { suspended: 'all', volumes: true } }),
        '- the project is suspended and left alone (reeve resume -p shop)',
      );
  });
});

suite('what down leaves', () => {
  const two = project(
    { web: { networks: { front: null } }, db: { networks: { back: null } } },
    { networks: { front: { name: 'shop_front', ipam: {} }, back: { name: 'shop_back', ipam: {} } } },
  );
  const containers = [container(two, 'web', 1, { id: idOf('a') }), container(two, 'db', 1, { id: idOf('d') })];

  test('each network goes when those on it are gone, whatever holds the others', () => {
    assert.equal(
      downText(two, { containers }),
      text`
        db/1@dddddd:stop  stop container shop-db-1  (down)
        db/1@dddddd:remove  remove container shop-db-1  (down)  <- db/1@dddddd:stop
        web/1@aaaaaa:stop  stop container shop-web-1  (down)
        web/1@aaaaaa:remove  remove container shop-web-1  (down)  <- web/1@aaaaaa:stop
        network/back:remove  remove network shop_back  (down)  <- db/1@dddddd:remove
        network/front:remove  remove network shop_front  (down)  <- web/1@aaaaaa:remove
      `,
    );
  });

  test('one-off containers and orphans stay, with the networks and volumes that they use', () => {
    const mounted = { type: 'volume', volume: 'shop_data', source: '', target: '/data', readOnly: false };
    const left = [
      container(two, 'web', 2, { oneoff: true, name: 'run', mounts: [mounted] }),
      container(two, 'gone', 1, { name: 'gone', networks: [] }),
    ];
    assert.equal(
      downText(two, {
        containers: [...containers, ...left],
        policy: { volumes: true },
        world: { volumes: [observedVolume('data', { name: 'shop_data' })] },
      }),
      text`
        db/1@dddddd:stop  stop container shop-db-1  (down)
        db/1@dddddd:remove  remove container shop-db-1  (down)  <- db/1@dddddd:stop
        web/1@aaaaaa:stop  stop container shop-web-1  (down)
        web/1@aaaaaa:remove  remove container shop-web-1  (down)  <- web/1@aaaaaa:stop
        network/back:remove  remove network shop_back  (down)  <- db/1@dddddd:remove
        - containers of no service in the file are left alone: gone, run (--remove-orphans removes them too)
      `,
    );
  });

  test('containers of services that no profile enables stay and are said, also when orphans go', () => {
    const withDebug = { ...two, disabledServices: ['debug'] };
    const debug = container(two, 'web', 1, { service: 'debug', name: 'shop-debug-1', id: idOf('e') });
    const task = { ...debug, name: 'task', id: idOf('f'), oneoff: true };
    for (const removeOrphans of [false, true])
      assert.equal(
        downText(withDebug, {
          containers: [...containers, debug, ...(removeOrphans ? [task] : [])],
          policy: { removeOrphans },
        }),
        text`
          db/1@dddddd:stop  stop container shop-db-1  (down)
          db/1@dddddd:remove  remove container shop-db-1  (down)  <- db/1@dddddd:stop
          web/1@aaaaaa:stop  stop container shop-web-1  (down)
          web/1@aaaaaa:remove  remove container shop-web-1  (down)  <- web/1@aaaaaa:stop
          network/back:remove  remove network shop_back  (down)  <- db/1@dddddd:remove
          - containers of services that no profile enables are left alone: shop-debug-1${removeOrphans ? ', task' : ''} (--profile NAME, or --profile '*', takes them too)
        `,
      );
  });

  test('a network is in use by name where the engine gives no id yet', () => {
    const endpoint = container(two, 'web').networks[0] as (typeof db.networks)[0];
    const created = container(two, 'gone', 1, {
      name: 'gone',
      networks: [{ ...endpoint, networkId: '' }],
      state: { status: 'created' },
    });
    assert.equal(
      downText(two, { containers: [created] }),
      text`
        network/back:remove  remove network shop_back  (down)
        - containers of no service in the file are left alone: gone (--remove-orphans removes them too)
      `,
    );
  });

  test('orphans and one-off containers go too when that is asked for', () => {
    const left = [
      container(two, 'web', 2, { id: idOf('e'), oneoff: true, name: 'run', state: { status: 'exited', exitCode: 0 } }),
      container(two, 'gone', 1, { id: idOf('f'), name: 'gone', networks: [] }),
    ];
    assert.equal(
      downText(two, { containers: left, policy: { removeOrphans: true }, world: { networks: [] } }),
      text`
        gone/1@ffffff:stop  stop container gone  (down)
        gone/1@ffffff:remove  remove container gone  (down)  <- gone/1@ffffff:stop
        web/2@eeeeee:remove  remove container run  (down)
      `,
    );
  });

  test('external networks and volumes stay, even those that carry our label', () => {
    const external = project(
      { web: { networks: { front: null } } },
      {
        networks: { front: { name: 'shop_front', external: true, ipam: {} } },
        volumes: { data: { name: 'shop_data', external: true } },
      },
    );
    const world = {
      networks: [observedNetwork('front', { name: 'shop_front', ipam: {} })],
      volumes: [observedVolume('data', { name: 'shop_data' })],
    };
    assert.equal(downText(external, { containers: [], world, policy: { volumes: true } }), '');
  });

  test('networks and volumes without our label stay', () => {
    const world = {
      networks: [{ ...observedNetwork('front', { name: 'shop_front', ipam: {} }), labels: {} }],
      volumes: [{ ...observedVolume('data', { name: 'shop_data' }), labels: {} }],
    };
    assert.equal(downText(two, { containers: [], world, policy: { volumes: true } }), '');
  });
});

suite('stop', () => {
  test('goes against the dependencies, pre_stop first, and removes nothing', () => {
    assert.equal(
      downText(shop, { containers: [db, web], policy: { command: 'stop' } }),
      text`
        web/1:pre_stop[0]  run pre_stop hook ["drain"]  (stop)
        web/1:pre_stop[1]  run pre_stop hook ["leave"]  (stop)  <- web/1:pre_stop[0]
        web/1:stop  stop container shop-web-1  (stop)  <- web/1:pre_stop[1]
        db/1:pre_stop[0]  run pre_stop hook ["flush"]  (stop)  <- ~web/1:stop
        db/1:stop  stop container shop-db-1  (stop)  <- db/1:pre_stop[0]
      `,
    );
  });

  test('leaves what does not run, one-off containers and orphans alone', () => {
    const containers = [
      container(shop, 'db', 1, { state: { status: 'exited', exitCode: 0 } }),
      container(shop, 'web', 2, { oneoff: true, name: 'run' }),
      container(shop, 'gone'),
    ];
    assert.equal(downText(shop, { containers, policy: { command: 'stop' } }), '');
  });

  test('leaves services alone that no profile enables, unless they are named', () => {
    const withDebug = { ...shop, disabledServices: ['debug'] };
    const debug = container(shop, 'db', 1, { service: 'debug', name: 'shop-debug-1', hooks: undefined });
    const policy = { command: 'stop' } as const;
    assert.equal(downText(withDebug, { containers: [debug], policy }), '');
    const named = { ...policy, services: new Set(['debug']) };
    assert.match(downText(withDebug, { containers: [debug], policy: named }), /stop container shop-debug-1/);
  });

  test('tells twins of one replica apart', () => {
    const young = container(shop, 'db', 1, { id: idOf('e'), name: 'dddddddddddd_shop-db-1' });
    assert.equal(
      downText(shop, { containers: [db, young], policy: { command: 'stop' } }),
      text`
        db/1@eeeeee:pre_stop[0]  run pre_stop hook ["flush"]  (stop)
        db/1@eeeeee:stop  stop container dddddddddddd_shop-db-1  (stop)  <- db/1@eeeeee:pre_stop[0]
        db/1:pre_stop[0]  run pre_stop hook ["flush"]  (stop)
        db/1:stop  stop container shop-db-1  (stop)  <- db/1:pre_stop[0]
      `,
    );
  });

  test('unpauses what is paused, for its hooks', () => {
    const paused = container(shop, 'db', 1, { state: { status: 'paused' } });
    assert.equal(
      downText(shop, { containers: [paused], policy: { command: 'stop' } }),
      text`
        db/1:unpause  unpause container  (stop)
        db/1:pre_stop[0]  run pre_stop hook ["flush"]  (stop)  <- db/1:unpause
        db/1:stop  stop container shop-db-1  (stop)  <- db/1:pre_stop[0]
      `,
    );
  });
});
