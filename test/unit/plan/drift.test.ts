import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LABEL } from '../../../src/model/owner.ts';
import type { Service } from '../../../src/model/project.ts';
import {
  container,
  fakeId,
  hook,
  idOf,
  observedNetwork,
  planOf,
  planText,
  project,
  record,
  text,
  type ContainerSketch,
  type PlanSketch,
  type ServiceSketch,
} from '../../support/world.ts';

/** The plan for one running container `aaaaaa` of `web` that differs as sketched. */
function replacement(cause: string): string {
  return text`
    web/1:create  create container aaaaaaaaaaaa_shop-web-1  (${cause})
    web/1@aaaaaa:stop  stop container shop-web-1  (${cause})  <- web/1:create
    web/1@aaaaaa:remove  remove container shop-web-1  (${cause})  <- web/1@aaaaaa:stop
    web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
    web/1:start  start container  (${cause})  <- web/1:rename
  `;
}

function planFor(sketch: ContainerSketch, web: Partial<Omit<Service, 'depends_on'>> = {}): string {
  const shop = project({ web }, { volumes: { data: { name: 'shop_data' } } });
  return planText(shop, { containers: [container(shop, 'web', 1, { id: idOf('a'), ...sketch })] });
}

suite('drift that only a new container mends', () => {
  test('another configuration', () => {
    assert.equal(planFor({ configHash: 'old' }), replacement('config changed'));
  });

  test('another image behind the same reference', () => {
    const cause = 'image before -> app';
    assert.equal(planFor({ imageId: 'sha256:before' }), replacement(cause));
    assert.equal(planFor({ labels: { [LABEL.image]: 'sha256:before' } }), replacement(cause));
  });

  test('a volume that is not mounted', () => {
    const volumes = [{ type: 'volume', source: 'data', target: '/data' }] as const;
    assert.equal(planFor({ mounts: [] }, { volumes }), replacement('volume shop_data not mounted'));
    assert.equal(planFor({}, { volumes }), '');
  });

  test("it was taken off the engine's own bridge, or lost its links there", () => {
    const bridge = { network: 'bridge', networkId: 'b', aliases: [], ipv4: '', ipv6: '', macAddress: '' };
    const on = { ...bridge, linkLocal: undefined, links: [], driverOptions: undefined, gatewayPriority: undefined };
    const shop = project({ web: { network_mode: 'bridge', links: ['db:base'] }, db: { network_mode: 'bridge' } });
    const db = container(shop, 'db', 1, { networks: [on] });
    const plan = (web: ContainerSketch): string =>
      planText(shop, { containers: [container(shop, 'web', 1, { id: idOf('a'), ...web }), db] });
    const links = ['base', 'db-1', 'shop-db-1'];
    assert.equal(plan({ networks: [on], links }), '');
    assert.equal(plan({ networks: [], links }), replacement('network bridge missing'));
    assert.equal(plan({ networks: [on], links: ['db-1', 'shop-db-1'] }), replacement('link base missing on bridge'));
    assert.doesNotMatch(plan({ networks: [], links, state: { status: 'exited', exitCode: 1 } }), /bridge missing/);
  });

  test('a container that the engine calls dead', () => {
    assert.equal(
      planFor({ state: { status: 'dead', exitCode: 255 } }),
      text`
        web/1:create  create container aaaaaaaaaaaa_shop-web-1  (dead)
        web/1@aaaaaa:remove  remove container shop-web-1  (dead)  <- web/1:create
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:start  start container  (dead)  <- web/1:rename
      `,
    );
  });

  test('several at once are named together', () => {
    assert.equal(
      planFor({ configHash: 'old', imageId: 'sha256:before' }),
      replacement('config changed, image before -> app'),
    );
  });

  test('an image that is not on the engine is no drift', () => {
    const shop = project({ web: {} });
    assert.equal(planText(shop, { containers: [container(shop, 'web')], world: { images: new Map() } }), '');
  });
});

suite('drift that is mended in place', () => {
  const shop = project(
    { web: { networks: { default: null, front: { aliases: ['www'] } } } },
    { networks: { default: { name: 'shop_default', ipam: {} }, front: { name: 'shop_front', ipam: {} } } },
  );
  const [onDefault, onFront] = container(shop, 'web').networks as [Endpoint, Endpoint];
  type Endpoint = ReturnType<typeof container>['networks'][number];
  const endpoint = (network: string, networkId = fakeId(network)): Endpoint => ({ ...onDefault, network, networkId });
  const plan = (...networks: Endpoint[]): string =>
    planText(shop, { containers: [container(shop, 'web', 1, { networks })] });

  test('a network is missing', () => {
    assert.equal(
      plan(onFront),
      'web/1:connect shop_default  connect to network default  (network shop_default missing)',
    );
  });

  test('a network was added', () => {
    assert.equal(
      plan(onDefault, onFront, endpoint('lab')),
      'web/1:disconnect lab  disconnect from network lab  (network lab added)',
    );
  });

  test('a network was added to a container that is on none of its project', () => {
    for (const [network_mode, own] of [
      ['bridge', 'bridge'],
      ['default', 'bridge'],
      ['none', 'none'],
    ] as const) {
      const bare = project({ web: { network_mode } });
      const on = (...names: string[]): string => {
        const networks = names.map((name) => ({ ...endpoint(name), aliases: [] }));
        return planText(bare, { containers: [container(bare, 'web', 1, { networks })] });
      };
      assert.equal(on(own), '', network_mode);
      assert.equal(
        on(own, 'lab'),
        'web/1:disconnect lab  disconnect from network lab  (network lab added)',
        network_mode,
      );
      assert.equal(on('podman'), '', 'an engine may have another name for its own');
    }
  });

  test('links that are gone from a network come back by a new connection', () => {
    const linking = project(
      { web: { links: ['db:base'], external_links: ['other:ext'], networks: { default: null } }, db: {} },
      { networks: { default: { name: 'shop_default', ipam: {} } } },
    );
    const [own] = container(linking, 'web').networks as [Endpoint];
    const said = (links: string[] | undefined): string => {
      const web = container(linking, 'web', 1, { networks: [{ ...own, links }] });
      return planText(linking, { containers: [web, container(linking, 'db')] });
    };
    assert.equal(said(['base', 'db-1', 'shop-db-1', 'ext', 'by-hand']), '');
    assert.equal(said(undefined), '', 'the engine does not say');
    assert.equal(
      said(['base', 'db-1', 'shop-db-1']),
      text`
        web/1:disconnect shop_default  disconnect from network shop_default  (link ext missing on shop_default)
        web/1:connect shop_default  connect to network default  (link ext missing on shop_default)  <- web/1:disconnect shop_default
      `,
    );
    assert.match(said([]), /^web\/1:connect shop_default .*\(link base missing on shop_default\)/m);
  });

  test('it has another address than it is to have', () => {
    const at = (ipv4_address: string): string => {
      const fixed = project({ web: { networks: { default: { ipv4_address } } } });
      const networks = [{ ...endpoint('shop_default'), ipv4: '10.0.0.7' }];
      return planText(fixed, { containers: [container(fixed, 'web', 1, { networks })] });
    };
    assert.match(at('10.0.0.8'), /address 10.0.0.7 -> 10.0.0.8 on shop_default/);
    assert.equal(at('10.0.0.7'), '');
  });

  test('an endpoint is another than the file asks for, in whatever the engine shows of it', () => {
    type Settings = NonNullable<NonNullable<ServiceSketch['networks']>[string]>;
    const cases: readonly [wanted: Settings, observed: Partial<Endpoint>, same: Partial<Endpoint>, said: string][] = [
      [{ ipv6_address: 'FD00::0:7' }, { ipv6: 'fd00::8' }, { ipv6: 'fd00::7' }, 'IPv6 address fd00::8 -> fd00::7'],
      [
        { link_local_ips: ['169.254.8.8', '169.254.1.1'] },
        { linkLocal: [] },
        { linkLocal: ['169.254.1.1', '169.254.8.8'] },
        'link-local addresses none -> 169.254.1.1 169.254.8.8',
      ],
      [{ gw_priority: 5 }, { gatewayPriority: 0 }, { gatewayPriority: 5 }, 'gateway priority 0 -> 5'],
      [{ driver_opts: { a: 'b' } }, { driverOptions: {} }, { driverOptions: { a: 'b' } }, 'driver option a none -> b'],
    ];
    for (const [wanted, different, same, said] of cases) {
      const fixed = project({ web: { networks: { default: wanted } } });
      const at = (seen: Partial<Endpoint>): string =>
        planText(fixed, {
          containers: [container(fixed, 'web', 1, { networks: [{ ...endpoint('shop_default'), ...seen }] })],
        });
      const cause = `(${said} on shop_default)`;
      assert.equal(
        at(different),
        text`
          web/1:disconnect shop_default  disconnect from network shop_default  ${cause}
          web/1:connect shop_default  connect to network default  ${cause}  <- web/1:disconnect shop_default
        `,
      );
      assert.equal(at(same), '');
      assert.equal(at({}), '', 'what the engine does not show is no drift');
    }
  });

  test('link-local addresses that are empty are none', () => {
    const fixed = project({ web: { networks: { default: { link_local_ips: ['', '169.254.8.8'] } } } });
    const seen = (linkLocal: string[]): string =>
      planText(fixed, {
        containers: [container(fixed, 'web', 1, { networks: [{ ...endpoint('shop_default'), linkLocal }] })],
      });
    assert.equal(seen(['169.254.8.8']), '');
    assert.match(seen([]), /link-local addresses none -> 169\.254\.8\.8/);
  });

  test('a MAC address is another, which from API 1.44 on takes a new container, and cannot be before', () => {
    const at = (macAddress: string, apiVersion = '1.44', mac_address = '02:42:AC:11:00:09'): string => {
      const fixed = project({ web: { mac_address } });
      return planText(fixed, {
        containers: [container(fixed, 'web', 1, { networks: [{ ...endpoint('shop_default'), macAddress }] })],
        policy: { apiVersion },
      });
    };
    const cause = 'MAC address 02:42:ac:11:00:0a -> 02:42:ac:11:00:09 on shop_default';
    assert.match(at('02:42:ac:11:00:0a'), new RegExp(`^web/1:create .*\\(${cause}\\)`));
    assert.equal(at('02:42:ac:11:00:09'), '');
    assert.equal(at('02:42:ac:11:00:0a', '1.43'), '');
    for (const spelling of ['02-42-AC-11-00-09', '0242.ac11.0009', '']) {
      assert.equal(at('02:42:ac:11:00:09', '1.44', spelling), '', spelling);
    }
    assert.match(at('02:42:ac:11:00:0a', '1.44', '0242.ac11.0009'), new RegExp(cause));
  });

  test('a service that names no network is on the default network, where the project has it', () => {
    const bare = project({ web: { networks: {} }, db: {} });
    const [db, web] = [container(bare, 'db'), container(bare, 'web', 1, { networks: [] })];
    assert.equal(
      planText(bare, { containers: [db, web] }),
      'web/1:connect shop_default  connect to network default  (network shop_default missing)',
    );
    const afresh = planText(project({ web: { networks: {} } }), { world: { networks: [] } });
    assert.match(afresh, /^web\/1:create .* <- network\/default:create$/m);
  });

  test('an alias is missing', () => {
    assert.equal(
      plan(onDefault, { ...onFront, aliases: ['shop-web-1', 'web'] }),
      text`
        web/1:disconnect shop_front  disconnect from network shop_front  (alias www missing on shop_front)
        web/1:connect shop_front  connect to network front  (alias www missing on shop_front)  <- web/1:disconnect shop_front
      `,
    );
  });

  test('an alias was added', () => {
    const aliases = [...onFront.aliases, 'extra', 'more'];
    assert.equal(
      plan(onDefault, { ...onFront, aliases }),
      text`
        web/1:disconnect shop_front  disconnect from network shop_front  (alias extra added on shop_front)
        web/1:connect shop_front  connect to network front  (alias extra added on shop_front)  <- web/1:disconnect shop_front
      `,
    );
  });

  test('names that an engine gives a container by itself are no aliases', () => {
    const aliases = [...onFront.aliases, 'mine', 'aaaaaaaaaaaa_shop-web-1', 'host'];
    const networks = [onDefault, { ...onFront, aliases }];
    const web = container(shop, 'web', 1, { networks, name: 'mine', hostname: 'host' });
    assert.equal(
      planText(shop, { containers: [web] }),
      'web/1:rename  rename to shop-web-1  (name mine -> shop-web-1)',
    );
  });

  test('somebody made the network anew behind our back', () => {
    assert.equal(
      plan(onDefault, { ...onFront, networkId: 'before' }),
      text`
        web/1:disconnect shop_front  disconnect from network shop_front  (network shop_front changed)
        web/1:connect shop_front  connect to network front  (network shop_front changed)  <- web/1:disconnect shop_front
      `,
    );
  });

  test('a container that was never started has no network id yet', () => {
    const networks = [onDefault, onFront].map((one) => ({ ...one, networkId: '' }));
    assert.equal(
      planText(shop, { containers: [container(shop, 'web', 1, { networks, state: { status: 'created' } })] }),
      'web/1:start  start container  (created but not started)',
    );
  });

  test('a limit was changed with docker update', () => {
    const limited = project({ web: { mem_limit: 512 * 2 ** 20 } });
    const web = container(limited, 'web', 1, { resources: { Memory: 256 * 2 ** 20 } });
    assert.equal(
      planText(limited, { containers: [web] }),
      'web/1:update  update container  (memory limit 256 MiB -> 512 MiB (docker update))',
    );
  });

  test('a limit that the engine discarded is no drift, as it would be discarded again', () => {
    const limited = project({ web: { blkio_config: { weight: 300 } } });
    assert.equal(
      planText(limited, { containers: [container(limited, 'web', 1, { resources: { BlkioWeight: 0 } })] }),
      '',
    );
  });

  test('CPUs that the engine shows as a quota too, or a quota as CPUs, are no drift; another quota is', () => {
    const seen = (quota: number, more = {}) => ({
      CpuPeriod: 100_000,
      CpuQuota: quota,
      NanoCpus: quota * 1e4,
      ...more,
    });
    const planned = (service: ServiceSketch, resources: Record<string, number>): string => {
      const limited = project({ web: service });
      return planText(limited, { containers: [container(limited, 'web', 1, { resources })] });
    };
    assert.equal(planned({ cpus: 0.5 }, seen(50_000)), '');
    // A quota is whole microseconds of each 100 ms.
    assert.equal(planned({ cpus: 0.12345678 }, seen(12_345)), '');
    assert.equal(planned({ cpu_quota: 20_000, cpu_period: 100_000 }, seen(20_000)), '');
    const differs = 'web/1:update  update container  (CPU quota 30000 µs -> 50000 µs (docker update))';
    assert.equal(planned({ cpus: 0.5 }, seen(30_000)), differs);
    assert.equal(
      planned({ cpus: 0.5 }, seen(20_000, { CpuPeriod: 50_000, NanoCpus: 0 })),
      'web/1:update  update container  (CPU period 50000 µs -> 100000 µs (docker update), CPU quota 20000 µs -> 50000 µs (docker update))',
    );
    assert.match(planned({ cpus: 0.5 }, { CpuPeriod: 0, CpuQuota: 0, NanoCpus: 3e8 }), /\(CPUs 0\.3 -> 0\.5 /);
  });

  test('the restart policy was changed with docker update', () => {
    const simple = project({ web: { restart: 'on-failure:3' } });
    const restartPolicy = { name: 'always', maximumRetryCount: 0 };
    assert.equal(
      planText(simple, { containers: [container(simple, 'web', 1, { restartPolicy })] }),
      'web/1:update  update container  (restart policy always -> on-failure:3 (docker update))',
    );
  });

  test('a number of attempts means nothing where nothing is to be tried again', () => {
    const deploy = { resources: {}, placement: {}, restart_policy: { max_attempts: 3 } };
    const simple = project({ web: { deploy } });
    for (const restartPolicy of [
      { name: '', maximumRetryCount: 3 },
      { name: 'no', maximumRetryCount: 0 },
    ]) {
      assert.equal(planText(simple, { containers: [container(simple, 'web', 1, { restartPolicy })] }), '');
    }
  });

  test('it is paused: it goes on, and then gets what it is owed', () => {
    const simple = project({ web: { post_start: [hook('register')] } });
    const paused = container(simple, 'web', 1, { state: { status: 'paused' } });
    assert.equal(
      planText(simple, { containers: [paused] }),
      text`
        web/1:unpause  unpause container  (paused)
        web/1:post_start[0]  run post_start hook ["register"]  (owed)  <- web/1:unpause
      `,
    );
    assert.equal(
      planText(simple, { containers: [paused], ledger: { records: [record(paused, 'post_start[0]', 'succeeded')] } }),
      'web/1:unpause  unpause container  (paused)',
    );
  });

  test('a stopped one is mended before it is started', () => {
    const ended = container(shop, 'web', 1, {
      networks: [onFront],
      name: 'mine',
      state: { status: 'exited', exitCode: 1 },
    });
    assert.equal(
      planText(shop, { containers: [ended] }),
      text`
        web/1:rename  rename to shop-web-1  (name mine -> shop-web-1)
        web/1:connect shop_default  connect to network default  (network shop_default missing)
        web/1:start  start container  (exited (1))  <- web/1:rename web/1:connect shop_default
      `,
    );
  });

  test('a running one is mended before the hooks that it is owed', () => {
    const simple = project({ web: { post_start: [hook('register')] } });
    assert.equal(
      planText(simple, { containers: [container(simple, 'web', 1, { networks: [] })] }),
      text`
        web/1:connect shop_default  connect to network default  (network shop_default missing)
        web/1:post_start[0]  run post_start hook ["register"]  (owed)  <- web/1:connect shop_default
      `,
    );
  });
});

suite('a container that does not run', () => {
  const plan = (restart: string | undefined, state: ContainerSketch['state']): string => {
    const shop = project({ web: restart === undefined ? {} : { restart } });
    return planText(shop, { containers: [container(shop, 'web', 1, state ? { state } : {})] });
  };

  test('is finished when it exited 0 and nothing asks for more', () => {
    for (const restart of [undefined, 'no', 'on-failure', 'on-failure:3']) {
      const expected = restart?.endsWith('3')
        ? 'web/1:update  update container  (restart policy on-failure -> on-failure:3 (docker update))'
        : '';
      const shop = project({ web: restart === undefined ? {} : { restart } });
      const restartPolicy = { name: (restart ?? 'no').split(':')[0] ?? 'no', maximumRetryCount: 0 };
      const ended = container(shop, 'web', 1, { restartPolicy, state: { status: 'exited', exitCode: 0 } });
      assert.equal(planText(shop, { containers: [ended] }), expected, restart);
    }
  });

  test('is started again when its policy wants it up', () => {
    for (const restart of ['always', 'unless-stopped']) {
      assert.equal(plan(restart, { status: 'exited', exitCode: 0 }), 'web/1:start  start container  (exited (0))');
    }
  });

  test('is started again when it failed, whoever ended it', () => {
    for (const restart of [undefined, 'no', 'on-failure', 'always']) {
      assert.equal(plan(restart, { status: 'exited', exitCode: 137 }), 'web/1:start  start container  (exited (137))');
    }
  });

  test('is left to its restart policy while that is at work', () => {
    assert.equal(plan('always', { status: 'restarting', exitCode: 1 }), '');
  });

  test('is run again when its definition changed, finished or not', () => {
    assert.equal(
      planFor({ configHash: 'old', state: { status: 'exited', exitCode: 0 } }),
      text`
        web/1:create  create container aaaaaaaaaaaa_shop-web-1  (config changed)
        web/1@aaaaaa:remove  remove container shop-web-1  (config changed)  <- web/1:create
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:start  start container  (config changed)  <- web/1:rename
      `,
    );
  });

  test('is started again when it was to be restarted and the run was cut off, though it exited 0', () => {
    const shop = project({ web: { post_start: [hook('register')] } });
    const ended = container(shop, 'web', 1, { state: { status: 'exited', exitCode: 0 } });
    assert.equal(
      planText(shop, { containers: [ended], policy: { pendingStarts: new Set([ended.id]) } }),
      text`
        web/1:start  start container  (stopped by reeve)
        web/1:post_start[0]  run post_start hook ["register"]  (stopped by reeve)  <- web/1:start
      `,
    );
  });
});

suite('an unhealthy container', () => {
  const sketch = { state: { health: 'unhealthy' } } as const;

  test('is left as it is', () => {
    assert.equal(planFor(sketch), '');
  });

  test('is restarted, hooks and all, where x-reeve asks for it', () => {
    const web = {
      policy: { onUnhealthy: 'restart' },
      post_start: [hook('register')],
      pre_stop: [hook('drain')],
    } as const;
    assert.equal(
      planFor(sketch, web),
      text`
        web/1:pre_stop[0]  run pre_stop hook ["drain"]  (unhealthy)
        web/1:stop  stop container shop-web-1  (unhealthy)  <- web/1:pre_stop[0]
        web/1:start  start container  (unhealthy)  <- web/1:stop
        web/1:post_start[0]  run post_start hook ["register"]  (unhealthy)  <- web/1:start
      `,
    );
  });
});

suite('a replacement carries over', () => {
  const anonymous = { type: 'volume', volume: 'f'.repeat(64), source: '', target: '/cache', readOnly: false };

  function carried(desired: ReturnType<typeof project>, sketch: PlanSketch): unknown {
    return planOf(desired, sketch).actions.flatMap((action) =>
      action.kind === 'create-container' && action.container.service === 'web' ? action.carriedVolumes : [],
    );
  }

  test('anonymous volumes, unless new ones are asked for', () => {
    const shop = project({ web: {} });
    const old = container(shop, 'web', 1, { configHash: 'old', mounts: [anonymous] });
    assert.deepEqual(carried(shop, { containers: [old] }), [['/cache', anonymous.volume]]);
    assert.deepEqual(carried(shop, { containers: [old], policy: { renewVolumes: true } }), []);
  });

  test('no volumes of another container, whether it still borrows from it or not', () => {
    const own = { ...anonymous, volume: 'e'.repeat(64), target: '/own' };
    for (const volumes_from of [['db'], []]) {
      const shop = project({ db: {}, web: { volumes_from } });
      const db = container(shop, 'db', 1, { mounts: [anonymous] });
      const old = { configHash: 'old', mounts: [anonymous, own], volumesFrom: [db.id] };
      assert.deepEqual(carried(shop, { containers: [db, container(shop, 'web', 1, old)] }), [['/own', own.volume]]);
    }
  });

  test('no volume that hides what another container has there now, unless its own service asks for it', () => {
    const renewed = { ...anonymous, volume: 'e'.repeat(64) };
    const old = { configHash: 'old', mounts: [anonymous], volumesFrom: ['gone'] };
    const replaced = (volumes: Service['volumes']): unknown => {
      const shop = project({ db: {}, web: { volumes_from: ['db:ro'], ...(volumes ? { volumes } : {}) } });
      const db = container(shop, 'db', 1, { mounts: [renewed] });
      return carried(shop, { containers: [db, container(shop, 'web', 1, old)] });
    };
    assert.deepEqual(replaced(undefined), []);
    assert.deepEqual(replaced([{ type: 'volume', target: '/cache' }]), [['/cache', anonymous.volume]]);
  });
});

suite('namespaces of another service', () => {
  const shop = project({
    vpn: { image: 'app' },
    web: {
      network_mode: 'service:vpn',
      networks: undefined as never,
      pre_stop: [hook('drain')],
      depends_on: { vpn: { condition: 'service_started', required: true, restart: true } },
    },
  });
  const vpn = container(shop, 'vpn');
  const web = container(shop, 'web', 1, { id: idOf('a'), networks: [] });

  test('are compared by the container that has them', () => {
    assert.equal(planText(shop, { containers: [vpn, web] }), '');
  });

  test('are left before the container that has them stops, and joined again after the new one runs', () => {
    const old = { ...vpn, id: idOf('c'), configHash: 'old' };
    assert.equal(
      planText(shop, { containers: [old, web] }),
      text`
        vpn/1:create  create container cccccccccccc_shop-vpn-1  (config changed)
        web/1:create  create container aaaaaaaaaaaa_shop-web-1  (container of vpn changed)  <- vpn/1:create
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["drain"]  (container of vpn changed)  <- vpn/1:create web/1:create
        web/1@aaaaaa:stop  stop container shop-web-1  (container of vpn changed)  <- web/1@aaaaaa:pre_stop[0]
        vpn/1@cccccc:stop  stop container shop-vpn-1  (config changed)  <- vpn/1:create ~web/1@aaaaaa:stop
        vpn/1@cccccc:remove  remove container shop-vpn-1  (config changed)  <- vpn/1@cccccc:stop
        vpn/1:rename  rename to shop-vpn-1  (replaced)  <- vpn/1@cccccc:remove
        vpn/1:start  start container  (config changed)  <- vpn/1:rename
        web/1@aaaaaa:remove  remove container shop-web-1  (container of vpn changed)  <- web/1@aaaaaa:stop
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:start  start container  (container of vpn changed)  <- web/1:rename vpn/1:start
      `,
    );
  });

  test('are those of the container that stays, when a crash left two', async () => {
    const old = { ...vpn, id: idOf('c'), configHash: 'old' };
    const young = {
      ...vpn,
      id: idOf('d'),
      name: 'cccccccccccc_shop-vpn-1',
      state: { ...vpn.state, status: 'created' as const },
    };
    for (const containers of [
      [old, young, web],
      [young, old, web],
    ]) {
      const borrowed = planOf(shop, { containers }).actions.flatMap((action) =>
        action.kind === 'create-container' ? action.borrows.map(({ container: lender }) => lender.id) : [],
      );
      assert.deepEqual(borrowed, [young.id]);
    }
  });

  test('of a service that is left alone are those of its container', () => {
    assert.equal(planText(shop, { containers: [vpn, web], policy: { services: new Set(['web']), noDeps: true } }), '');
  });
});

suite('a project that Compose made', () => {
  test('is adopted with nothing done', () => {
    const shop = project({
      web: { post_start: [hook('register')], pre_stop: [hook('drain')], contents: { 'config motd': 'v1' } },
    });
    const web = container(shop, 'web', 1, { foreign: true, labels: { [LABEL.image]: 'sha256:app' } });
    assert.equal(planText(shop, { containers: [web] }), '');
    assert.equal(
      planText(shop, {
        containers: [web],
        world: { networks: [{ ...observedNetwork('default', { name: 'shop_default', ipam: {} }) }] },
      }),
      '',
    );
  });
});
