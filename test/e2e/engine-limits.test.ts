/** What the engine at hand lacks is refused by name before anything is touched; what it has reaches the container. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAtLeast } from '../../src/model/api-version.ts';
import { callJson } from '../support/engine-client.ts';
import { container, containers, recordEvents, type Container } from '../support/engine.ts';
import { stage, type Sketch } from '../support/stage.ts';

const { ApiVersion } = await callJson<{ readonly ApiVersion: string }>('/version');

interface Case {
  readonly attribute: string;
  readonly since: string;
  readonly service: Sketch;
  /** What inspect shows of it. */
  readonly shown: (seen: Container) => unknown;
  readonly expected: unknown;
}

/** The one endpoint of a container, with all that the engine shows of it. */
function endpointOf({ Networks }: Container['NetworkSettings']): Sketch {
  return { ...Object.values(Networks)[0] };
}

const cases: readonly Case[] = [
  {
    attribute: 'annotations',
    since: '1.43',
    service: { annotations: { 'org.example.a': 'b' } },
    shown: ({ HostConfig }) => (HostConfig['Annotations'] as Sketch | undefined)?.['org.example.a'],
    expected: 'b',
  },
  {
    attribute: 'healthcheck.start_interval',
    since: '1.44',
    service: { healthcheck: { test: ['CMD', 'true'], start_period: '5s', start_interval: '1s' } },
    shown: ({ Config }) => (Config as unknown as { Healthcheck?: Sketch }).Healthcheck?.['StartInterval'],
    expected: 1e9,
  },
  {
    attribute: 'networks.default.mac_address',
    since: '1.44',
    service: { networks: { default: { mac_address: '02:42:0a:0a:0a:0a' } } },
    shown: ({ NetworkSettings }) => endpointOf(NetworkSettings)['MacAddress'],
    expected: '02:42:0a:0a:0a:0a',
  },
  {
    attribute: 'networks.default.gw_priority',
    since: '1.48',
    service: { networks: { default: { gw_priority: 7 } } },
    shown: ({ NetworkSettings }) => endpointOf(NetworkSettings)['GwPriority'],
    expected: 7,
  },
  {
    attribute: 'networks.default.interface_name',
    since: '1.49',
    service: { networks: { default: { interface_name: 'eth7' } } },
    shown: ({ NetworkSettings }) =>
      (endpointOf(NetworkSettings)['DriverOpts'] as Sketch)['com.docker.network.endpoint.ifname'],
    expected: 'eth7',
  },
];

for (const { attribute, since, service, shown, expected } of cases) {
  const has = isAtLeast(ApiVersion, since);
  test(`what engines may lack, ${attribute}, ${has ? 'reaches the container' : 'is refused before anything is touched'}`, async (t) => {
    const s = stage(t);
    s.compose({ web: service });
    if (has) {
      await s.ok(['apply']);
      assert.deepEqual(shown(await container(s.name, 'web')), expected);
      await s.ok(['plan', '--exit-code']);
      return;
    }
    await using events = await recordEvents();
    const { exitCode, stderr } = await s.run(['apply']);
    assert.equal(exitCode, 1);
    assert.match(stderr, new RegExp(`web: ${attribute} needs engine API ${since} .*this engine speaks ${ApiVersion}`));
    assert.deepEqual(events.of(s.name), []);
    assert.deepEqual(await containers(s.name), []);
  });
}
