/** What differs is said in one line before anything is done about it, of containers of reeve and of Docker Compose alike. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeOk, noCompose } from '../support/compose.ts';
import { container, outside } from '../support/engine.ts';
import { stage, type Sketch } from '../support/stage.ts';

const before: Sketch = {
  environment: { GREETING: 'hello', TOKEN: 'a secret value' },
  mem_limit: '64m',
  labels: { tier: '1' },
};
const now: Sketch = {
  environment: { GREETING: 'hello', TOKEN: 'another one', MORE: '1' },
  mem_limit: '96m',
  labels: { tier: '2' },
  hostname: 'web',
};

test('plan names the members that differ, without values that may be secret', async (t) => {
  const s = stage(t);
  s.compose({ web: before });
  await s.ok(['apply']);
  await s.ok(['plan', '--exit-code']);
  s.compose({ web: now });
  const { stdout } = await s.ok(['plan']);
  const expected =
    'variable MORE added, variable TOKEN changed, label tier changed, memory limit 64 MiB -> 96 MiB, hostname changed';
  assert.ok(stdout.includes(expected), stdout);
  assert.doesNotMatch(stdout, /secret value|another one/);
  // One word each in a table; the whole of it for programs.
  assert.match((await s.ok(['ps'])).stdout, /^web\/1 .* {2}environment, labels, limits, hostname$/m);
  const [replica] = (await s.ok(['ps', '--json'])).stdout.split('\n');
  assert.equal((JSON.parse(replica ?? '') as { drift: string[] }).drift.join(', '), expected);
  await s.ok(['apply']);
  await s.ok(['plan', '--exit-code']);
});

test('of what Compose made plan names what inspect shows', { skip: noCompose() ?? false }, async (t) => {
  const s = stage(t);
  s.compose({ web: before });
  await composeOk(s, ['up', '-d']);
  await s.ok(['plan', '--exit-code']);
  s.compose({ web: now });
  const { stdout } = await s.ok(['plan']);
  const expected = 'variable MORE added, variable TOKEN changed, label tier changed, memory limit 64 MiB -> 96 MiB';
  assert.ok(stdout.includes(expected), stdout);
});

test('what somebody changed by docker update is changed back in place', async (t) => {
  const s = stage(t);
  s.compose({ web: { mem_limit: '64m', memswap_limit: '64m', restart: 'always' } });
  await s.ok(['apply']);
  const { Id } = await container(s.name, 'web');
  await outside.update(Id, { Memory: 96 * 2 ** 20, MemorySwap: 96 * 2 ** 20, RestartPolicy: { Name: 'no' } });
  const { stdout } = await s.ok(['plan']);
  assert.match(stdout, /memory limit 96 MiB -> 64 MiB \(docker update\)/);
  assert.match(stdout, /restart policy no -> always \(docker update\)/);
  await s.ok(['apply']);
  const after = await container(s.name, 'web');
  assert.equal(after.Id, Id);
  assert.equal(after.HostConfig['Memory'], 64 * 2 ** 20);
  await s.ok(['plan', '--exit-code']);
});

test('links that a connection by hand left out come back, and a container that was taken off the bridge too', async (t) => {
  const s = stage(t);
  const bare = { network_mode: 'bridge' };
  s.compose({ web: { links: ['db:base'] }, db: {}, base: bare, bare: { ...bare, links: ['base:other'] } });
  await s.ok(['apply']);
  await s.ok(['plan', '--exit-code']);
  const [web, alone] = [await container(s.name, 'web'), await container(s.name, 'bare')];
  const network = `${s.name}_default`;
  await outside.disconnect(network, web.Id);
  await outside.connect(network, web.Id, { Aliases: ['web', `${s.name}-web-1`] });
  await outside.disconnect('bridge', alone.Id);
  await s.ok(['apply']);
  const after = await container(s.name, 'web');
  assert.equal(after.Id, web.Id);
  assert.ok(after.NetworkSettings.Networks[network]?.Links?.includes(`${s.name}-db-1:base`));
  assert.deepEqual(Object.keys((await container(s.name, 'bare')).NetworkSettings.Networks), ['bridge']);
  await s.ok(['plan', '--exit-code']);
});
