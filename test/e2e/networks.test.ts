/** A changed network is replaced, and every container on it has what it had: Docker Compose drops even the service's name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeOk, noCompose } from '../support/compose.ts';
import { container, containers, exec, networks, outside, recordEvents } from '../support/engine.ts';
import { testImage } from '../support/project.ts';
import { freeSubnet } from '../support/subnet.ts';
import { stage, writes, type Stage } from '../support/stage.ts';

const skip = noCompose() ?? false;

interface Endpoint {
  readonly Aliases: readonly string[] | null;
  readonly IPAddress: string;
  readonly IPAMConfig: { readonly IPv4Address?: string } | null;
}

function shop(s: Stage, subnet: string, edition: string): void {
  s.compose(
    {
      db: {
        networks: { back: { aliases: ['store'], ipv4_address: subnet.replace('.0/24', '.77'), priority: 10 } },
        pre_stop: [writes('stopped')],
      },
      web: { networks: ['back', 'default'] },
    },
    { networks: { back: { labels: { edition }, ipam: { config: [{ subnet }] } } } },
  );
}

async function endpoint(s: Stage): Promise<Endpoint | undefined> {
  const { NetworkSettings } = await container(s.name, 'db');
  const all = NetworkSettings.Networks as Readonly<Record<string, Endpoint>>;
  return all[`${s.name}_back`];
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
  assert.deepEqual([is?.IPAddress, is?.IPAMConfig], [was?.IPAddress, was?.IPAMConfig]);
  assert.deepEqual(is?.Aliases?.toSorted(), was?.Aliases?.toSorted());
  for (const name of ['db', 'store']) assert.ok(await reaches(ours, name), name);
  assert.deepEqual(ours.log(), []);
  await ours.ok(['plan', '--exit-code']);
});

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
  assert.equal(plan.exitCode, 2);
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
