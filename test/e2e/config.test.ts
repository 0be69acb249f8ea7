import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testProject } from '../support/project.ts';
import { reeve } from '../support/reeve.ts';

const file =
  'services:\n  web: {image: "nginx:$TAG", depends_on: [db]}\n  db: {build: ., volumes: ["data:/d"]}\nvolumes: {data: }\n';

test('config needs no engine and prints what Compose prints', async (t) => {
  const project = testProject(t, { 'compose.yaml': file });
  const env = { DOCKER_HOST: 'unix:///nowhere.sock', TAG: '1' };
  const { exitCode, stdout } = await reeve(project, ['config', '--format', 'json'], { env });
  assert.equal(exitCode, 0);
  const model = JSON.parse(stdout) as { readonly services: Readonly<Record<string, { readonly image?: string }>> };
  assert.deepEqual(Object.keys(model.services), ['db', 'web']);
  assert.equal(model.services['web']?.image, 'nginx:1');
});

test('config --hash prints a line a service, of those that are asked for', async (t) => {
  const project = testProject(t, { 'compose.yaml': file });
  const all = await reeve(project, ['config', '--hash', '*']);
  assert.match(all.stdout, /^db [0-9a-f]{64}\nweb [0-9a-f]{64}\n$/);
  const one = await reeve(project, ['config', '--hash', 'web']);
  assert.equal(one.stdout, `${all.stdout.split('\n')[1] ?? ''}\n`);
});

for (const [flag, want] of [
  ['--services', 'db\nweb\n'],
  ['--volumes', 'data\n'],
  ['--networks', 'default\n'],
  ['--images', 'NAME-db\nnginx:\n'],
  ['--quiet', ''],
] as const) {
  test(`config ${flag} prints only that`, async (t) => {
    const project = testProject(t, { 'compose.yaml': file });
    const { exitCode, stdout } = await reeve(project, ['config', flag]);
    assert.equal(exitCode, 0);
    assert.equal(stdout, want.replace('NAME', project.name));
  });
}

test('config SERVICE prints it and what it depends on', async (t) => {
  const project = testProject(t, { 'compose.yaml': file });
  const { stdout } = await reeve(project, ['config', '--services', 'db']);
  assert.equal(stdout, 'db\n');
});

test('an invalid file is shown with line and caret on stderr, and the exit code is 3', async (t) => {
  const project = testProject(t, {
    'compose.yaml': 'services:\n  web:\n    image: nginx\n    evironment: {A: 1}\n    tty: maybe\n',
  });
  const { exitCode, stdout, stderr } = await reeve(project, ['config']);
  assert.equal(exitCode, 3);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /compose\.yaml:4:5: error: services\.web: unknown key "evironment"\n {2}\| {5}evironment: \{A: 1\}\n {2}\| {5}\^\n {2}did you mean environment\?/,
  );
  assert.match(stderr, /compose\.yaml:5:10: error: services\.web\.tty: invalid boolean: maybe/);
});

test('with --json an invalid file is one object with every diagnostic', async (t) => {
  const project = testProject(t, { 'compose.yaml': 'services: {web: {image: 5, foo: 1}}\n' });
  const { exitCode, stdout } = await reeve(project, ['config', '--json']);
  assert.equal(exitCode, 3);
  const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly { readonly code: string }[] };
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ['wrong-type', 'unknown-key'],
  );
});

test('with --json each line is one object, the whole model too', async (t) => {
  const project = testProject(t, {
    'compose.yaml': 'name: shop\nservices: {web: {image: i}, db: {image: j}}\nvolumes: {data: }\n',
  });
  const lines = async (...args: string[]): Promise<unknown[]> => {
    const { exitCode, stdout } = await reeve(project, ['config', '--json', ...args]);
    assert.equal(exitCode, 0);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  };
  const [model, ...rest] = await lines();
  assert.deepEqual(rest, []);
  const { stdout } = await reeve(project, ['config', '--format', 'json']);
  assert.deepEqual(model, JSON.parse(stdout));
  assert.deepEqual(await lines('--services'), [{ service: 'db' }, { service: 'web' }]);
  assert.deepEqual(await lines('--images'), [{ image: 'j' }, { image: 'i' }]);
  const [hash] = await lines('--hash', 'web');
  assert.deepEqual(Object.keys(hash ?? {}), ['service', 'hash']);
});

test('global flags may stand before the command, and standard input is a file', async (t) => {
  const project = testProject(t, { 'b.yaml': 'services: {a: {user: u}}\n' });
  const args = ['-f', '-', '-f', 'b.yaml', '-p', 'other', 'config', '--format', 'json'];
  const { exitCode, stdout } = await reeve(project, args, { input: 'services: {a: {image: i}}\n' });
  assert.equal(exitCode, 0);
  const model = JSON.parse(stdout) as {
    readonly name: string;
    readonly services: { readonly a: { readonly user: string } };
  };
  assert.equal(model.name, 'other');
  assert.equal(model.services.a.user, 'u');
});

test('a service that is not there is wrong usage, with the one that was meant', async (t) => {
  const project = testProject(t, { 'compose.yaml': file });
  const { exitCode, stderr } = await reeve(project, ['config', '--hash', 'wep']);
  assert.equal(exitCode, 2);
  assert.match(stderr, /has no service wep; did you mean web\?/);
});
