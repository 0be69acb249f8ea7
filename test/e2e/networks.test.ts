/** A changed network is replaced, and every container on it has what it had: Docker Compose drops even the service's name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAtLeast } from '../../src/model/api-version.ts';
import { composeOk, noCompose } from '../support/compose.ts';
import { callJson, callText } from '../support/engine-client.ts';
import { container, containers, exec, networks, outside, recordEvents } from '../support/engine.ts';
import { testImage } from '../support/project.ts';
import { freeSubnet } from '../support/subnet.ts';
import { stage, writes, type Sketch, type Stage } from '../support/stage.ts';

const skip = noCompose() ?? false;
const { ApiVersion } = await callJson<{ readonly ApiVersion: string }>('/version');
/** Later engines give it at creation only. */
const keepsMac = !isAtLeast(ApiVersion, '1.44');
const hasGatewayPriority = isAtLeast(ApiVersion, '1.48');

interface Endpoint {
  readonly Aliases: readonly string[] | null;
  readonly IPAddress: string;
  readonly GlobalIPv6Address: string;
  readonly MacAddress: string;
  readonly IPAMConfig: Readonly<Record<string, unknown>> | null;
  readonly DriverOpts: Readonly<Record<string, string>> | null;
  readonly GwPriority?: number;
}

const GATEWAY_PRIORITY = 3;
const MAC = '02:42:0a:0b:0c:0d';

/** Everything that an endpoint can be asked for on the oldest engine. */
function addresses(subnet: string): Sketch {
  return {
    aliases: ['store'],
    ipv4_address: subnet.replace('.0/24', '.77'),
    ipv6_address: ipv6Of(subnet).replace('/64', '77'),
    link_local_ips: ['169.254.8.8'],
    driver_opts: { 'com.example.colour': 'blue' },
    ...(hasGatewayPriority ? { gw_priority: GATEWAY_PRIORITY } : {}),
  };
}

function ipv6Of(subnet: string): string {
  return `fd00:${subnet.split('.').slice(0, 3).join(':')}::/64`;
}

function shop(s: Stage, subnet: string, edition: string): void {
  s.compose(
    {
      db: {
        networks: { back: { ...addresses(subnet), priority: 10 }, default: null },
        ...(keepsMac ? { mac_address: MAC } : {}),
        pre_stop: [writes('stopped')],
      },
      web: { networks: ['back', 'default'] },
    },
    {
      networks: {
        back: { labels: { edition }, enable_ipv6: true, ipam: { config: [{ subnet }, { subnet: ipv6Of(subnet) }] } },
      },
    },
  );
}

async function endpoint(s: Stage): Promise<Endpoint | undefined> {
  const { NetworkSettings } = await container(s.name, 'db');
  const all = NetworkSettings.Networks as Readonly<Record<string, Endpoint>>;
  return all[`${s.name}_back`];
}

/** All of an endpoint that is to outlast its network and itself. */
function fixed(one: Endpoint | undefined): unknown {
  return (
    one && {
      ...one,
      NetworkID: '',
      EndpointID: '',
      MacAddress: keepsMac ? one.MacAddress : '',
      Aliases: one.Aliases?.toSorted(),
    }
  );
}

/** Where the container's packets to the world go: decided by the priorities of its networks. */
async function gateway(s: Stage): Promise<string> {
  const { output } = await exec((await container(s.name, 'db')).Id, ['ip', 'route']);
  return /default via \S+/.exec(output)?.[0] ?? '';
}

async function reaches(s: Stage, name: string): Promise<boolean> {
  const { exitCode } = await exec((await container(s.name, 'web')).Id, ['nslookup', name]);
  return exitCode === 0;
}

test('a replaced network gives its containers back every alias and address they had', { skip }, async (t) => {
  const subnet = await freeSubnet();
  const [ours, theirs] = [stage(t), stage(t)];
  for (const s of [ours, theirs]) shop(s, subnet, '1');

  await composeOk(theirs, ['up', '-d']);
  shop(theirs, subnet, '2');
  await composeOk(theirs, ['up', '-d']);
  const lost = (await endpoint(theirs))?.Aliases ?? [];
  assert.ok(!lost.includes('db') && !lost.includes('store'), `Docker Compose keeps names now: ${lost.join(' ')}`);
  // What it lost is drift, mended in place.
  const { Id } = await container(theirs.name, 'db');
  await theirs.ok(['apply']);
  assert.equal((await container(theirs.name, 'db')).Id, Id);
  assert.ok(await reaches(theirs, 'store'));
  await composeOk(theirs, ['down']);

  await ours.ok(['apply']);
  const [before, was] = [await container(ours.name, 'db'), await endpoint(ours)];
  const replaced = (await networks(ours.name)).find(({ Name }) => Name.endsWith('_back'))?.Id;
  shop(ours, subnet, '2');
  await ours.ok(['apply']);
  const [after, is] = [await container(ours.name, 'db'), await endpoint(ours)];
  assert.notEqual((await networks(ours.name)).find(({ Name }) => Name.endsWith('_back'))?.Id, replaced);
  assert.deepEqual([after.Id, after.State.StartedAt], [before.Id, before.State.StartedAt]);
  assert.deepEqual(fixed(is), fixed(was));
  assert.equal(is?.GlobalIPv6Address, ipv6Of(subnet).replace('/64', '77'));
  if (hasGatewayPriority) assert.equal(is?.GwPriority, GATEWAY_PRIORITY);
  if (keepsMac) assert.equal(is?.MacAddress, MAC);
  assert.equal(after.HostConfig['NetworkMode'], before.HostConfig['NetworkMode']);
  for (const name of ['db', 'store']) assert.ok(await reaches(ours, name), name);
  assert.deepEqual(ours.log(), []);
  await ours.ok(['plan', '--exit-code']);
});

test('after its network was replaced a container sends its packets out by the network that has priority', async (t) => {
  const s = stage(t);
  const subnet = await freeSubnet();
  shop(s, subnet, '1');
  await s.ok(['apply']);
  const [{ Id }, route] = [await container(s.name, 'db'), await gateway(s)];
  const back = `default via ${subnet.replace('.0/24', '.1')}`;
  if (hasGatewayPriority) assert.equal(route, back);
  else assert.match(route, /^default via /);
  shop(s, subnet, '2');
  await s.ok(['apply']);
  assert.equal((await container(s.name, 'db')).Id, Id);
  assert.equal(await gateway(s), route);
});

test(
  'an endpoint that somebody made anew without its addresses gets them back, and one of Compose is left alone',
  { skip },
  async (t) => {
    const s = stage(t);
    const subnet = await freeSubnet();
    shop(s, subnet, '1');
    await composeOk(s, ['up', '-d']);
    await s.ok(['plan', '--exit-code']);
    const [before, was] = [await container(s.name, 'db'), await endpoint(s)];
    const network = { Container: before.Id };
    await callText(`/networks/${s.name}_back/disconnect`, { method: 'POST', body: network });
    await callText(`/networks/${s.name}_back/connect`, {
      method: 'POST',
      body: { ...network, EndpointConfig: { Aliases: was?.Aliases, IPAMConfig: {}, DriverOpts: {} } },
    });
    assert.match((await s.ok(['plan'])).stdout, /address \S+ -> \S+\.77 on \S+_back/);
    await s.ok(['apply']);
    const [after, is] = [await container(s.name, 'db'), await endpoint(s)];
    assert.deepEqual([after.Id, after.State.StartedAt], [before.Id, before.State.StartedAt]);
    assert.deepEqual(fixed(is), fixed(was));
    await s.ok(['plan', '--exit-code']);
  },
);

test('a changed network that a container of somebody else is on stays, that one is named, and nothing is touched', async (t) => {
  const s = stage(t);
  const edition = (internal: boolean): void => s.compose({ web: {}, db: {} }, { networks: { default: { internal } } });
  edition(false);
  await s.ok(['apply']);
  const stranger = `${s.name}-stranger`;
  const HostConfig = { NetworkMode: `${s.name}_default` };
  const id = await outside.run(stranger, { Image: testImage, Cmd: ['sleep', '600'], HostConfig });
  edition(true);
  const plan = await s.run(['plan', '--exit-code']);
  assert.equal(plan.exitCode, 1);
  assert.match(plan.stdout, new RegExp(`internal false -> true.*${stranger} is on it and not of this project`));
  {
    await using events = await recordEvents();
    assert.equal((await s.run(['apply'])).exitCode, 1);
    assert.deepEqual(events.of(s.name), []);
  }
  await outside.remove(id);
  await s.ok(['apply']);
  assert.equal((await containers(s.name)).length, 2);
  await s.ok(['plan', '--exit-code']);
});

test('a MAC address is there again after its network was replaced, by a new container where it takes one', async (t) => {
  const s = stage(t);
  const edition = (internal: boolean): void =>
    s.compose({ web: { mac_address: MAC, pre_stop: [writes('stopped')] } }, { networks: { default: { internal } } });
  edition(false);
  await s.ok(['apply']);
  const { Id } = await container(s.name, 'web');
  edition(true);
  await s.ok(['apply']);
  const { NetworkSettings, Id: id } = await container(s.name, 'web');
  const [only] = Object.values(NetworkSettings.Networks as Readonly<Record<string, Endpoint>>);
  assert.equal(only?.MacAddress, MAC);
  if (keepsMac) assert.equal(id, Id);
  assert.deepEqual(s.log(), id === Id ? [] : ['stopped']);
  await s.ok(['plan', '--exit-code']);
});
