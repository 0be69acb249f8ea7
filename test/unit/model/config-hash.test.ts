import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  borrowedServices,
  containerHash,
  networkHash,
  serviceHash,
  volumeHash,
} from '../../../src/model/config-hash.ts';
import { projectOf } from '../../support/compose-files.ts';

const noContainer = {
  containerIdOf: (name: string): string => {
    throw new Error(`no container of ${name} is asked for`);
  },
};

// The digests of these texts are those of Docker Compose 2.40.3; the corpus holds many more.
test('a plain service, network and volume have the hashes that Compose gives them', async (t) => {
  const project = await projectOf(t, 'services: {a: {image: i, volumes: ["data:/d"]}}\nvolumes: {data: }\n');
  const { a } = project.services;
  const [network, volume] = [project.networks['default'], project.volumes['data']];
  assert.ok(a && network && volume);
  assert.equal(serviceHash(project, a), containerHash(project, a, noContainer));
  assert.equal(networkHash({ name: 'p_default', ipam: {} }), sha256('{"name":"p_default","ipam":{}}'));
  assert.equal(volumeHash({ name: 'p_data' }), sha256('{"name":"p_data","driver":"local"}'));
  const text =
    '{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},' +
    '"volumes":[{"type":"volume","source":"data","target":"/d","volume":{}}]}';
  assert.equal(serviceHash(project, a), sha256(text));
});

test('what changes nothing in a container is not covered', async (t) => {
  const plain = await projectOf(t, 'services: {a: {image: i}}\n');
  const rich = await projectOf(
    t,
    'services: {a: {image: i, scale: 3, pull_policy: always, build: ., depends_on: [b], profiles: [p]}, b: {image: i}}\n',
    { profiles: ['p'] },
  );
  const [a, b] = [plain.services['a'], rich.services['a']];
  assert.ok(a && b);
  assert.equal(serviceHash(plain, a), serviceHash(rich, b));
});

test('an env file is covered by the container hash and not by config --hash', async (t) => {
  const load = (value: string): ReturnType<typeof projectOf> =>
    projectOf(t, { 'compose.yaml': 'services: {a: {image: i, env_file: x.env}}\n', 'x.env': `A=${value}\n` });
  const [one, two] = [await load('1'), await load('2')];
  const [a, b] = [one.services['a'], two.services['a']];
  assert.ok(a && b);
  assert.notEqual(containerHash(one, a, noContainer), containerHash(two, b, noContainer));
  assert.notEqual(serviceHash(one, a), containerHash(one, a, noContainer));
});

test('a service that borrows from another covers the id of its container', async (t) => {
  const project = await projectOf(
    t,
    'services: {a: {image: i, network_mode: "service:b", ipc: "service:c", volumes_from: ["b:ro", "container:x:ro"]}, b: {image: i}, c: {image: i}}\n',
  );
  const { a } = project.services;
  assert.ok(a);
  assert.deepEqual(borrowedServices(a), ['b', 'c']);
  const hash = (id: string): string => containerHash(project, a, { containerIdOf: (name) => `${name}-${id}` });
  assert.equal(hash('1'), hash('1'));
  assert.notEqual(hash('1'), hash('2'));
});

test('how the volumes of another container are mounted is not covered, whosever it is', async (t) => {
  const hashOf = async (from: string): Promise<string> => {
    const project = await projectOf(t, `services: {a: {image: i, volumes_from: ["${from}"]}, b: {image: i}}\n`);
    const { a } = project.services;
    assert.ok(a);
    return containerHash(project, a, { containerIdOf: (name) => `id-of-${name}` });
  };
  assert.equal(await hashOf('b:ro'), await hashOf('b'));
  assert.equal(await hashOf('container:x:ro'), await hashOf('container:x'));
});

test('a hook that the file adds changes the hash, its x-reeve does not', async (t) => {
  const hashOf = async (hooks: string): Promise<string> => {
    const project = await projectOf(t, `services: {a: {image: i${hooks}}}\n`);
    const { a } = project.services;
    assert.ok(a);
    return serviceHash(project, a);
  };
  const without = await hashOf('');
  const withHook = await hashOf(', post_start: [{command: x}]');
  assert.notEqual(withHook, without);
  assert.equal(await hashOf(', post_start: [{command: x, x-reeve: {timeout: 5s}}]'), withHook);
});

test('the default platform counts for services that are built', async (t) => {
  const environment = { DOCKER_DEFAULT_PLATFORM: 'linux/arm64' };
  const yaml = 'services: {a: {image: i}, b: {image: i, build: .}}\n';
  const [plain, platform] = [await projectOf(t, yaml), await projectOf(t, yaml, { environment })];
  for (const [name, same] of [
    ['a', true],
    ['b', false],
  ] as const) {
    const [one, two] = [plain.services[name], platform.services[name]];
    assert.ok(one && two);
    assert.equal(serviceHash(plain, one) === serviceHash(platform, two), same, name);
  }
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
