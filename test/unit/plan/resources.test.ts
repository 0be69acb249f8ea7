import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LABEL } from '../../../src/model/owner.ts';
import type { Network, Service } from '../../../src/model/project.ts';
import type { PlanPolicy } from '../../../src/plan/policy.ts';
import {
  container,
  hook,
  idOf,
  observedNetwork,
  observedVolume,
  planText,
  project,
  text,
} from '../../support/world.ts';

const CREATED = text`
  web/1:create  create container shop-web-1  (absent)
  web/1:start  start container  (absent)  <- web/1:create
`;

suite('an external network or volume', () => {
  const front: Network = { name: 'front', external: true, ipam: {} };
  const shop = project(
    {
      web: { networks: { front: null } },
      proxy: { networks: {}, depends_on: ['web'] },
      keeper: { networks: {}, volumes: [{ type: 'volume', source: 'data', target: '/data' }] },
      other: { networks: {} },
    },
    { networks: { front }, volumes: { data: { name: 'data', external: true } } },
  );

  test('that is missing keeps its service and those that wait for it from starting, and nobody else', () => {
    assert.equal(
      planText(shop, { world: { networks: [], volumes: [] } }),
      text`
        other/1:create  create container shop-other-1  (absent)
        other/1:start  start container  (absent)  <- other/1:create
        ! keeper: volume data is declared external and does not exist: create it with "docker volume create data"
        ! web: network front is declared external and does not exist: create it with "docker network create front"
        ! proxy: depends on web, which cannot be started now
      `,
    );
  });

  test('that is there is used as it is', () => {
    const only = { services: new Set(['web', 'keeper']) };
    const there = {
      networks: [observedNetwork('front', front)],
      volumes: [observedVolume('data', { name: 'data', external: true })],
    };
    assert.equal(
      planText(shop, { world: there, policy: only }),
      text`
        keeper/1:create  create container shop-keeper-1  (absent)
        keeper/1:start  start container  (absent)  <- keeper/1:create
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create
      `,
    );
  });

  test('that is missing does not touch what runs', () => {
    assert.equal(
      planText(project({ web: { networks: { front: null } } }, { networks: { front } }), {
        containers: [container(shop, 'web')],
        world: { networks: [] },
      }),
      '',
    );
  });

  test('of the engine itself is always there', () => {
    const host = project(
      { web: { networks: { host: null } } },
      { networks: { host: { name: 'host', external: true, ipam: {} } } },
    );
    assert.equal(planText(host, { world: { networks: [] } }), CREATED);
  });
});

suite('a blocked service', () => {
  test('keeps what it has: its running replicas get what they are owed', () => {
    const shop = project({
      web: { replicas: 2, image: 'gone', pull_policy: 'never', post_start: [hook('register')] },
    });
    assert.equal(
      planText(shop, {
        containers: [container(shop, 'web', 1), container(shop, 'web', 3, { id: idOf('c') })].slice(0, 1),
      }),
      text`
        web/1:post_start[0]  run post_start hook ["register"]  (owed)
        ! web: image gone is not on the engine and the pull policy is never: pull it, or change the policy
      `,
    );
  });
});

suite('a network or volume of somebody else', () => {
  test('with our name is not taken over', () => {
    const shop = project({ web: {} });
    const [network] = [observedNetwork('default', { name: 'shop_default', ipam: {} })];
    const theirs = { ...network, labels: { [LABEL.project]: 'mall', [LABEL.network]: 'default' } };
    assert.equal(
      planText(shop, { world: { networks: [theirs as typeof network] } }),
      '! web: network shop_default exists and belongs to project mall: give this one another name, or declare it external',
    );
  });

  test('without labels is used, and that is said', () => {
    const shop = project(
      { web: { volumes: [{ type: 'volume', source: 'data', target: '/data' }] } },
      { volumes: { data: { name: 'shop_data' } } },
    );
    assert.equal(
      planText(shop, {
        world: {
          networks: [{ ...observedNetwork('default', { name: 'shop_default', ipam: {} }), labels: {} }],
          volumes: [{ ...observedVolume('data', { name: 'shop_data' }), labels: {} }],
        },
      }),
      text`
        ${CREATED}
        - network shop_default exists without our labels: it is used as it is (declare it external to say so)
        - volume shop_data exists without our labels: it is used as it is (declare it external to say so)
      `,
    );
  });
});

suite('a volume whose definition changed', () => {
  test('is kept with its data, and that is said', () => {
    const shop = project(
      { web: { volumes: [{ type: 'volume', source: 'data', target: '/data' }] } },
      { volumes: { data: { name: 'shop_data', driver: 'nfs' } } },
    );
    assert.equal(
      planText(shop, {
        containers: [container(shop, 'web')],
        world: { volumes: [observedVolume('data', { name: 'shop_data' })] },
      }),
      '- volume shop_data changed (driver local -> nfs): it holds data and is kept as it is (--recreate-volumes replaces it, without its data)',
    );
  });
});

suite('an image', () => {
  const absent = { images: new Map() };
  const plan = (
    web: Partial<Omit<Service, 'depends_on'>>,
    pull: 'policy' | 'always' | 'missing' | 'never' = 'policy',
  ): string => planText(project({ web }), { world: absent, policy: { pull } });
  const PULLED = text`
    image/app:pull  pull image  (absent)
    web/1:create  create container shop-web-1  (absent)  <- image/app:pull
    web/1:start  start container  (absent)  <- web/1:create
  `;

  test('that is absent is pulled, once for all who use it', () => {
    assert.equal(plan({}), PULLED);
    assert.equal(plan({ pull_policy: 'missing' }), PULLED);
    assert.equal(plan({ pull_policy: 'never' }, 'missing'), PULLED);
    assert.equal(planText(project({ a: {}, b: {} }), { world: absent }).match(/:pull  /g)?.length, 1);
  });

  test('that may not be pulled is a problem that says so', () => {
    const message = '! web: image app is not on the engine and the pull policy is never: pull it, or change the policy';
    assert.equal(plan({ pull_policy: 'never' }), message);
    assert.equal(plan({ pull_policy: 'always' }, 'never'), message);
  });

  test('that is to be built is built where it is absent, or where that is asked for', () => {
    const shop = project({ web: { build: { context: '.' }, image: undefined as never } });
    const builds = (cause: string): string => text`
      image/shop-web:build  build image  (${cause})
      web/1:create  create container shop-web-1  (absent)  <- image/shop-web:build
      web/1:start  start container  (absent)  <- web/1:create
    `;
    assert.equal(planText(shop, { world: absent }), builds('absent'));
    assert.equal(planText(shop, { world: absent, policy: { pull: 'never' } }), builds('absent'));
    const built = { images: new Map([['shop-web', { id: 'sha256:web', volumes: [] }]]) };
    assert.equal(planText(shop, { world: built }), CREATED);
    assert.equal(planText(shop, { world: built, policy: { build: true } }), builds('built anew'));
    assert.equal(planText(shop, { world: built, policy: { build: true, renewed: new Set(['shop-web']) } }), CREATED);
  });

  test('that is built and has a name of its own is asked for in a registry first, unless the policy says otherwise', () => {
    const said = (pull_policy: string | undefined, policy: Partial<PlanPolicy> = {}, isThere = false): string => {
      const shop = project({ web: { build: { context: '.' }, ...(pull_policy === undefined ? {} : { pull_policy }) } });
      const containers = isThere ? [container(shop, 'web')] : [];
      return planText(shop, { containers, world: isThere ? {} : absent, policy }).split('\n')[0] ?? '';
    };
    const first = (cause = 'absent'): string => `image/app:build  pull or build image  (${cause})`;
    const built = (cause = 'absent'): string => `image/app:build  build image  (${cause})`;
    assert.equal(said(undefined), first());
    assert.equal(said('always'), first());
    assert.equal(said('always', {}, true), first('pull policy always'));
    assert.equal(said('missing', {}, true), '');
    assert.equal(said('build', { pull: 'always' }), first());
    assert.equal(said('build'), built());
    assert.equal(said('build', {}, true), built('built anew'));
    assert.equal(said('never'), built());
    assert.equal(said('always', { build: true }), built());
  });

  test('that is made from that of a dependency is built after it', () => {
    const built = { build: { context: '.' }, image: undefined as never };
    const shop = project({ web: { ...built, depends_on: ['base'] }, base: built });
    assert.match(
      planText(shop, { world: absent }),
      /image\/shop-web:build {2}build image {2}\(absent\) {2}<- image\/shop-base:build/,
    );
  });

  test('with the policy always is pulled once a run, before anything is made from it', () => {
    const shop = project({ web: { pull_policy: 'always', replicas: 2 } });
    const containers = [container(shop, 'web', 1)];
    assert.equal(
      planText(shop, { containers }),
      text`
        image/app:pull  pull image  (pull policy always)
        web/2:create  create container shop-web-2  (scale 1 -> 2)  <- image/app:pull
        web/2:start  start container  (scale 1 -> 2)  <- web/2:create
      `,
    );
    assert.equal(
      planText(shop, { containers, policy: { renewed: new Set(['app']) } }),
      text`
        web/2:create  create container shop-web-2  (scale 1 -> 2)
        web/2:start  start container  (scale 1 -> 2)  <- web/2:create
      `,
    );
  });

  test('is not renewed for a command that only starts what is there', () => {
    const shop = project({ web: { pull_policy: 'always' }, app: { build: { context: '.' }, pull_policy: 'build' } });
    const containers = [container(shop, 'web', 1), container(shop, 'app', 1)];
    assert.equal(planText(shop, { containers, policy: { existingOnly: true } }), '');
  });

  test('with a policy of so often is pulled where its tag is older than that', () => {
    const hourMs = 3_600_000;
    const pulls = (pull_policy: string, ageMs: number, renewed: readonly string[] = []): boolean => {
      const images = new Map([['app', { id: 'sha256:app', volumes: [], taggedAtMs: 1e12 - ageMs }]]);
      const shop = project({ web: { pull_policy } });
      const containers = [container(shop, 'web', 1)];
      return planText(shop, {
        containers,
        world: { images },
        policy: { askedAtMs: 1e12, renewed: new Set(renewed) },
      }).includes(':pull');
    };
    for (const [policy, periodMs] of [
      ['daily', 24 * hourMs],
      ['weekly', 7 * 24 * hourMs],
      ['every_90m', 1.5 * hourMs],
      ['every_1w2d3h4m5s', 9 * 24 * hourMs + 3 * hourMs + 245_000],
    ] as const) {
      assert.equal(pulls(policy, periodMs - 1), false, policy);
      assert.equal(pulls(policy, periodMs + 1), true, policy);
      assert.equal(pulls(policy, periodMs + 1, ['app']), false, policy);
    }
    assert.equal(pulls('refresh', 1000 * hourMs), false);
  });

  test('of another platform than the service asks for is as good as absent', () => {
    const images = new Map([['app', { id: 'sha256:app', volumes: [], platform: 'linux/arm64' }]]);
    const planned = (web: Partial<Omit<Service, 'depends_on'>>): string =>
      planText(project({ web }), { world: { images } });
    assert.equal(planned({ platform: 'linux/amd64' }), PULLED.replace('absent', 'there for linux/arm64 only'));
    assert.equal(planned({ platform: 'linux/arm64/v8' }), CREATED);
    assert.equal(planned({}), CREATED);
    assert.equal(
      planned({ platform: 'linux/amd64', pull_policy: 'never' }),
      '! web: image app is on the engine for linux/arm64 only, not for linux/amd64, and the pull policy is never: pull it, or change the policy',
    );
  });

  test('of another platform, moved under a container, replaces nothing', () => {
    const shop = project({ web: { platform: 'linux/amd64' } });
    const images = new Map([['app', { id: 'sha256:other', volumes: [], platform: 'linux/arm64' }]]);
    assert.equal(planText(shop, { containers: [container(shop, 'web', 1)], world: { images } }), '');
  });

  test('that is absent keeps nothing from being started that was made from it', () => {
    const shop = project({ web: { pull_policy: 'never' } });
    const ended = container(shop, 'web', 1, { state: { status: 'exited', exitCode: 1 } });
    assert.equal(planText(shop, { containers: [ended], world: absent }), 'web/1:start  start container  (exited (1))');
  });
});

/** A network that exists with another definition. */
suite('a network whose definition changed', () => {
  const now = { default: { name: 'shop_default', ipam: {}, internal: true } };
  const before = [observedNetwork('default', { name: 'shop_default', ipam: {} })];

  test('is replaced, and what is on it is reconnected without a stop', () => {
    const shop = project({ db: {}, web: {} }, { networks: now });
    const containers = [container(shop, 'db'), container(shop, 'web', 1, { state: { status: 'exited', exitCode: 1 } })];
    assert.equal(
      planText(shop, { containers, world: { networks: before } }),
      text`
        network/default:disconnect shop-db-1  disconnect from network shop_default  (internal false -> true)
        network/default:disconnect shop-web-1  disconnect from network shop_default  (internal false -> true)
        network/default:remove  remove network shop_default  (internal false -> true)  <- network/default:disconnect shop-db-1 network/default:disconnect shop-web-1
        network/default:create  create network  (internal false -> true)  <- network/default:remove
        network/default:connect shop-db-1  connect to network default  (network shop_default changed)  <- ~network/default:create
        network/default:connect shop-web-1  connect to network default  (network shop_default changed)  <- ~network/default:create
        web/1:start  start container  (exited (1))  <- network/default:connect shop-web-1
      `,
    );
  });

  test('is back before the pre_stop of a container that goes, and before hooks that are owed', () => {
    const shop = project(
      { web: { pre_stop: [hook('drain')], post_start: [hook('register')], replicas: 1 } },
      { networks: now },
    );
    const containers = [container(shop, 'web', 1), container(shop, 'web', 2, { id: idOf('b') })];
    assert.equal(
      planText(shop, { containers, world: { networks: before } }),
      text`
        network/default:disconnect shop-web-1  disconnect from network shop_default  (internal false -> true)
        network/default:disconnect shop-web-2  disconnect from network shop_default  (internal false -> true)
        network/default:remove  remove network shop_default  (internal false -> true)  <- network/default:disconnect shop-web-1 network/default:disconnect shop-web-2
        network/default:create  create network  (internal false -> true)  <- network/default:remove
        network/default:connect shop-web-1  connect to network default  (network shop_default changed)  <- ~network/default:create
        network/default:connect shop-web-2  connect to network default  (network shop_default changed)  <- ~network/default:create
        web/2@bbbbbb:pre_stop[0]  run pre_stop hook ["drain"]  (scaled down to 1)  <- ~network/default:connect shop-web-2
        web/2@bbbbbb:stop  stop container shop-web-2  (scaled down to 1)  <- web/2@bbbbbb:pre_stop[0]
        web/2@bbbbbb:remove  remove container shop-web-2  (scaled down to 1)  <- web/2@bbbbbb:stop
        web/1:post_start[0]  run post_start hook ["register"]  (owed)  <- network/default:connect shop-web-1
      `,
    );
  });

  test('is left by those that are not to be on it any more', () => {
    const shop = project({ db: {}, web: { network_mode: 'none', networks: undefined as never } }, { networks: now });
    const endpoint = container(shop, 'db').networks;
    const containers = [container(shop, 'db'), container(shop, 'web', 1, { networks: endpoint })];
    assert.equal(
      planText(shop, { containers, world: { networks: before } }),
      text`
        network/default:disconnect shop-db-1  disconnect from network shop_default  (internal false -> true)
        network/default:disconnect shop-web-1  disconnect from network shop_default  (internal false -> true)
        network/default:remove  remove network shop_default  (internal false -> true)  <- network/default:disconnect shop-db-1 network/default:disconnect shop-web-1
        network/default:create  create network  (internal false -> true)  <- network/default:remove
        network/default:connect shop-db-1  connect to network default  (network shop_default changed)  <- ~network/default:create
      `,
    );
  });

  test('reconnects those of a service that cannot be started now as well', () => {
    const shop = project({ web: { image: 'gone', pull_policy: 'never', replicas: 2 } }, { networks: now });
    const containers = [container(shop, 'web', 1, { configHash: 'old' })];
    assert.equal(
      planText(shop, { containers, world: { networks: before } }),
      text`
        network/default:disconnect shop-web-1  disconnect from network shop_default  (internal false -> true)
        network/default:remove  remove network shop_default  (internal false -> true)  <- network/default:disconnect shop-web-1
        network/default:create  create network  (internal false -> true)  <- network/default:remove
        network/default:connect shop-web-1  connect to network default  (network shop_default changed)  <- ~network/default:create
        ! web: image gone is not on the engine and the pull policy is never: pull it, or change the policy
      `,
    );
  });

  test('waits while a container that this run leaves alone is on it', () => {
    const shop = project({ db: {}, web: {} }, { networks: now });
    const containers = [container(shop, 'db'), container(shop, 'web')];
    const said = (name: string): string =>
      `- network shop_default changed; it is replaced once ${name}, which this run leaves alone, is gone`;
    const world = { networks: before };
    assert.equal(planText(shop, { containers, world, policy: { services: new Set(['db']) } }), said('shop-web-1'));
    const oneoff = container(shop, 'web', 2, { oneoff: true, name: 'run' });
    assert.equal(planText(shop, { containers: [...containers, oneoff], world }), said('run'));
    assert.equal(
      planText(shop, { containers, world, policy: { held: new Map([['web', 'suspended']]) } }),
      said('shop-web-1'),
    );
  });

  test('is refused by name while a container of another project is on it, before anything is touched', () => {
    const shop = project({ web: {} }, { networks: now });
    const world = { networks: before.map((network) => ({ ...network, usedBy: ['mall-web-1', 'mall-web-2'] })) };
    assert.equal(
      planText(shop, { containers: [container(shop, 'web')], world }),
      '! network default: shop_default changed (internal false -> true) and cannot be replaced: mall-web-1, mall-web-2 are on it and not of this project: disconnect them first',
    );
  });

  test('that a crash left half replaced is finished', () => {
    const shop = project({ web: {} }, { networks: now });
    const web = container(shop, 'web', 1, { networks: [] });
    assert.equal(
      planText(shop, { containers: [web], world: { networks: [] } }),
      text`
        network/default:create  create network  (absent)
        web/1:connect shop_default  connect to network default  (network shop_default missing)  <- network/default:create
      `,
    );
  });

  test('that is not ours to compare is left as it is', () => {
    const shop = project({ web: {} }, { networks: now });
    const labels = { [LABEL.project]: 'shop', [LABEL.network]: 'default' };
    const world = { networks: [{ ...observedNetwork('default', { name: 'shop_default', ipam: {} }), labels }] };
    assert.equal(planText(shop, { containers: [container(shop, 'web')], world }), '');
  });
});
