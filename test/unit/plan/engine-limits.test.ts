import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Network } from '../../../src/model/project.ts';
import { container, planText, project, text, type ServiceSketch } from '../../support/world.ts';

const CREATED = text`
  web/1:create  create container shop-web-1  (absent)
  web/1:start  start container  (absent)  <- web/1:create
`;
const MADE = 'web/1:create  create container shop-web-1  (absent)';

type Row = readonly [attribute: string, older: string, since: string, docker: string, service: ServiceSketch];

/** Dropped by an engine that is older, without a word. */
const DROPPED: readonly Row[] = [
  ['annotations', '1.42', '1.43', '24.0', { annotations: { a: 'b' } }],
  [
    'volumes /a bind.recursive readonly',
    '1.43',
    '1.44',
    '25.0',
    { volumes: [{ type: 'bind', source: '/srv', target: '/a', bind: { recursive: 'readonly' } }] },
  ],
  [
    'volumes /a volume.subpath',
    '1.44',
    '1.45',
    '26.0',
    { volumes: [{ type: 'volume', source: 'data', target: '/a', volume: { subpath: 'x' } }] },
  ],
  [
    'networks.default.driver_opts.com.docker.network.endpoint.sysctls',
    '1.45',
    '1.46',
    '27.0',
    { networks: { default: { driver_opts: { 'com.docker.network.endpoint.sysctls': 'net.ipv4.x=1' } } } },
  ],
  ['networks.default.gw_priority', '1.47', '1.48', '28.0', { networks: { default: { gw_priority: 1 } } }],
];

/** Refused by an engine that is older, when the container is made. */
const REFUSED: readonly Row[] = [
  ['volumes /a type cluster', '1.41', '1.42', '23.0', { volumes: [{ type: 'cluster', source: 'x', target: '/a' }] }],
  [
    'healthcheck.start_interval',
    '1.43',
    '1.44',
    '25.0',
    { healthcheck: { test: ['CMD', 'true'], start_period: 1e9, start_interval: 1e9 } },
  ],
  [
    'networks.default.mac_address',
    '1.43',
    '1.44',
    '25.0',
    { networks: { default: { mac_address: '02:42:ac:11:00:09' } } },
  ],
  ['devices (by CDI name)', '1.43', '1.44', '25.0', { devices: [{ source: 'vendor.com/gpu=all' }] }],
  ['volumes /a type image', '1.47', '1.48', '28.0', { volumes: [{ type: 'image', source: 'x', target: '/a' }] }],
  ['networks.default.interface_name', '1.48', '1.49', '28.1', { networks: { default: { interface_name: 'eth7' } } }],
];

const volumes = { data: { name: 'data', external: true } };

suite('an attribute that the engine lacks', () => {
  for (const [attribute, older, since, docker, sketch] of [...DROPPED, ...REFUSED]) {
    const shop = project({ web: sketch }, { volumes });
    const refusal = `! web: ${attribute} needs engine API ${since} (Docker ${docker}): this engine speaks ${older}`;
    const plan = (apiVersion: string, noStart = false): string => planText(shop, { policy: { apiVersion, noStart } });

    test(`${attribute} is refused before API ${since}, before anything is touched, and sent from it on`, () => {
      assert.equal(plan(older), refusal);
      assert.equal(plan('1.41').replace(/1\.41$/, older), refusal);
      assert.equal(plan(since), CREATED);
      assert.equal(plan('1.51'), CREATED);
    });

    const isDropped = DROPPED.some(([name]) => name === attribute);
    test(`${attribute} ${isDropped ? 'is said' : 'is refused too'} where nothing is to be started`, () => {
      const note = `${refusal.replace('!', '-')}: it is made without, and will not be started so`;
      assert.equal(plan(older, true), isDropped ? `${MADE}\n${note}` : refusal);
      assert.equal(plan(since, true), MADE);
    });
  }

  test('is named with all others, and the services beside it go on', () => {
    const shop = project({ web: { annotations: { a: 'b' }, networks: { default: { gw_priority: 1 } } }, other: {} });
    assert.equal(
      planText(shop, { policy: { apiVersion: '1.41' } }),
      text`
        other/1:create  create container shop-other-1  (absent)
        other/1:start  start container  (absent)  <- other/1:create
        ! web: annotations needs engine API 1.43 (Docker 24.0), networks.default.gw_priority needs engine API 1.48 (Docker 28.0): this engine speaks 1.41
      `,
    );
  });

  test('does not keep a container that Compose made without it from running, nor from being started again', () => {
    const shop = project({ web: { annotations: { a: 'b' } } });
    const policy = { apiVersion: '1.41' };
    assert.equal(planText(shop, { containers: [container(shop, 'web', 1, { foreign: true })], policy }), '');
    const ended = container(shop, 'web', 1, { foreign: true, state: { status: 'exited', exitCode: 1 } });
    assert.equal(planText(shop, { containers: [ended], policy }), 'web/1:start  start container  (exited (1))');
  });

  test('is refused when what --no-start made without it is to be started', () => {
    const shop = project({ web: { annotations: { a: 'b' } } });
    const created = container(shop, 'web', 1, { state: { status: 'created' } });
    assert.equal(
      planText(shop, { containers: [created], policy: { apiVersion: '1.41' } }),
      '! web: annotations needs engine API 1.43 (Docker 24.0): this engine speaks 1.41',
    );
  });

  test('of a network that is to be made keeps its services from starting', () => {
    const network: Network = { name: 'shop_default', ipam: {}, enable_ipv4: false };
    const shop = project({ web: {} }, { networks: { default: network } });
    const plan = (apiVersion: string): string => planText(shop, { policy: { apiVersion }, world: { networks: [] } });
    assert.equal(
      plan('1.46'),
      '! web: network shop_default: enable_ipv4: false needs engine API 1.47 (Docker 27.2): this engine speaks 1.46',
    );
    assert.match(plan('1.47'), /^network\/default:create/);
  });
});

suite('what no engine can do is refused before anything is touched', () => {
  const refused = (web: ServiceSketch, rest: Parameters<typeof project>[1] = {}): string =>
    planText(project({ web }, rest));

  test('a start_interval without a start_period', () => {
    const healthcheck = { test: ['CMD', 'true'], start_interval: 1e9 };
    assert.match(refused({ healthcheck }), /^! web: healthcheck\.start_interval .* set healthcheck\.start_period too$/);
  });

  test('two MAC addresses for one endpoint', () => {
    const networks = { default: { mac_address: '02:42:ac:11:00:0a' } };
    assert.match(refused({ mac_address: '02:42:ac:11:00:09', networks }), /^! web: mac_address and .* differ/);
  });

  test('configs and secrets that only Swarm has', () => {
    const far = { name: 'far', external: true, onChange: 'recreate' } as const;
    assert.match(refused({ configs: [{ source: 'far' }] }, { configs: { far } }), /^! web: config far is external/);
    const driven = { name: 'far', driver: 'vault', onChange: 'recreate' } as const;
    const secrets = { far: driven };
    assert.match(refused({ secrets: [{ source: 'far' }] }, { secrets }), /^! web: secret far has a driver/);
  });
});
