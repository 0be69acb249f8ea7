/** Images from a real registry: pulled where they are missing, with the password that Docker knows, and told apart by id. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { container, exec } from '../support/engine.ts';
import { callText } from '../support/engine-client.ts';
import { testImage } from '../support/project.ts';
import { noRegistry, registry } from '../support/registry.ts';
import { stage } from '../support/stage.ts';

const skip = noRegistry() ?? false;

test('a missing image is pulled, and a moved tag counts once it is pulled', { skip }, async (t) => {
  const [s, hub] = [stage(t), registry(t)];
  const first = await hub.push('app:1', 'first');
  s.compose({ web: { image: hub.ref('app:1') }, other: { image: hub.ref('app:1') } });
  const { stdout } = await s.ok(['plan']);
  assert.equal(stdout.match(/pull image/g)?.length, 1, 'one pull for both');
  await s.ok(['apply']);
  assert.equal((await container(s.name, 'web')).Image, first);

  const { Id } = await container(s.name, 'other');
  const second = await hub.push('app:1', 'second');
  // The push took the name from the engine's own image; the registry's other one is what --pull always brings.
  await callText(`/images/${first}/tag`, {
    method: 'POST',
    query: { repo: hub.ref('app'), tag: '1' },
  });
  await s.ok(['plan', '--exit-code']);
  await s.ok(['apply', '--pull', 'always']);
  assert.equal((await container(s.name, 'web')).Image, second);
  assert.notEqual((await container(s.name, 'other')).Id, Id);
  await s.ok(['plan', '--exit-code']);
});

test('a tag that somebody moved on the engine is drift', { skip }, async (t) => {
  const [s, hub] = [stage(t), registry(t)];
  const id = await hub.push('app:1', 'first');
  s.compose({ web: { image: hub.ref('app:1') } });
  await s.ok(['apply']);
  await callText(`/images/${testImage}/tag`, { method: 'POST', query: { repo: hub.ref('app'), tag: '1' } });
  const planned = await s.run(['plan', '--exit-code']);
  assert.equal(planned.exitCode, 2);
  assert.match(planned.stdout, new RegExp(`image ${id.slice(7, 19)} -> `));
  await s.ok(['apply']);
  assert.notEqual((await container(s.name, 'web')).Image, id);
});

test(
  'an image that is built too comes from the registry where that has it, else from its build',
  { skip },
  async (t) => {
    const [s, hub] = [stage(t), registry(t)];
    const id = await hub.push('app:1', 'pushed');
    const own = hub.ref('own:1');
    t.after(() => callText(`/images/${own}`, { method: 'DELETE', query: { force: 'true' } }).catch(() => {}));
    const build = { context: '.', dockerfile_inline: `FROM ${testImage}\nRUN touch /built\n` };
    s.compose({ web: { image: hub.ref('app:1'), build }, other: { image: own, build } });
    await s.ok(['apply']);
    assert.equal((await container(s.name, 'web')).Image, id);
    assert.equal((await exec((await container(s.name, 'other')).Id, ['ls', '/built'])).exitCode, 0);
    await s.ok(['plan', '--exit-code']);
    await s.ok(['apply', '--build']);
    assert.notEqual((await container(s.name, 'web')).Image, id);
  },
);

test('a registry with a password: none and a wrong one fail and say so, the right one pulls', { skip }, async (t) => {
  const [s, hub] = [stage(t), registry(t, 'hunter2hunter2')];
  const id = await hub.push('app:1', 'first');
  s.compose({ web: { image: hub.ref('app:1') }, db: {} });
  for (const config of ['/nonexistent', hub.login('wrong-horse')]) {
    const ended = await s.run(['apply'], { env: { DOCKER_CONFIG: config } });
    assert.equal(ended.exitCode, 1);
    assert.match(ended.stderr, /image .*app:1.*(?:denied|unauthorized|no basic auth)/is);
    assert.equal(ended.stderr.match(/failed +image/g)?.length, 1, ended.stderr);
    assert.doesNotMatch(ended.stderr, /wrong-horse/);
  }
  // What does not need it goes on.
  assert.equal((await container(s.name, 'db')).State.Running, true);
  await s.ok(['apply'], { env: { DOCKER_CONFIG: hub.login('hunter2hunter2') } });
  assert.equal((await container(s.name, 'web')).Image, id);
});

test('a tag that the registry does not have fails once, by name', { skip }, async (t) => {
  const [s, hub] = [stage(t), registry(t)];
  await hub.push('app:1', 'first');
  s.compose({ web: { image: hub.ref('app:2') } });
  const ended = await s.run(['apply']);
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /app:2.*(?:not found|manifest unknown)/is);
  assert.equal(ended.stderr.match(/failed +image/g)?.length, 1, ended.stderr);
});
