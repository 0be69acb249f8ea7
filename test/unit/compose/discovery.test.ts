import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { composeFolder, diagnosticsOf, projectOf } from '../../support/compose-files.ts';

const file = (user: string): string => `services: {a: {image: i, user: "${user}"}}\n`;

test('compose.yaml wins over its kin, and the choice is said', async (t) => {
  const { load } = composeFolder(t, { 'compose.yaml': file('one'), 'docker-compose.yml': file('two') });
  const loaded = await load();
  assert.ok(loaded.ok);
  assert.equal(loaded.project.services['a']?.user, 'one');
  assert.deepEqual(
    loaded.warnings.map(({ code }) => code),
    ['ambiguous-file', 'ambiguous-file'],
  );
});

test('an override file beside a default file is laid over it', async (t) => {
  const project = await projectOf(t, { 'compose.yml': file('one'), 'docker-compose.override.yml': file('two') });
  assert.equal(project.services['a']?.user, 'two');
  assert.equal(project.configFiles.length, 2);
});

test('with -f no override file is looked for', async (t) => {
  const files = { 'compose.yml': file('one'), 'compose.override.yml': file('two') };
  const project = await projectOf(t, files, { files: ['compose.yml'] });
  assert.equal(project.services['a']?.user, 'one');
});

test('parent folders are searched, and name the project', async (t) => {
  const { folder, load } = composeFolder(t, { 'compose.yaml': file('x'), 'deep/er/readme': '' });
  const loaded = await load({ cwd: join(folder, 'deep/er') });
  assert.ok(loaded.ok);
  assert.equal(loaded.project.workingDir, folder);
  assert.equal(loaded.project.name, 'app');
});

test('COMPOSE_FILE in .env names the files', async (t) => {
  const project = await projectOf(t, {
    'a.yaml': file('a'),
    'b.yaml': file('b'),
    '.env': 'COMPOSE_FILE=a.yaml;b.yaml\nCOMPOSE_PATH_SEPARATOR=;\n',
  });
  assert.equal(project.services['a']?.user, 'b');
});

test('standard input is a file like any other', async (t) => {
  const { folder, load } = composeFolder(t, { 'b.yaml': 'services: {a: {hostname: h}}\n' });
  const loaded = await load({ files: ['-', 'b.yaml'], stdin: () => Promise.resolve(file('stdin')) });
  assert.ok(loaded.ok);
  assert.equal(loaded.project.services['a']?.user, 'stdin');
  assert.equal(loaded.project.services['a'].hostname, 'h');
  assert.deepEqual(loaded.project.configFiles, ['-', join(folder, 'b.yaml')]);
});

test('the shell wins over .env, and .env over a default', async (t) => {
  const files = {
    'compose.yaml': 'services: {a: {image: "i", user: "${A:-x}-${B:-x}-${C:-x}"}}\n',
    '.env': 'A=1\nB=1\n',
  };
  const project = await projectOf(t, files, { environment: { A: 'shell' } });
  assert.equal(project.services['a']?.user, 'shell-1-x');
});

test('--env-file replaces .env, later ones win, and they are remembered', async (t) => {
  const files = { 'compose.yaml': file('$A$B'), '.env': 'A=0\n', 'x.env': 'A=1\nB=1\n', 'y.env': 'B=${A}2\n' };
  const project = await projectOf(t, files, { envFiles: ['x.env', 'y.env'] });
  assert.equal(project.services['a']?.user, '112');
  assert.deepEqual(
    project.environmentFiles.map((path) => path.split('/').at(-1)),
    ['x.env', 'y.env'],
  );
});

test('the default .env is not among the environment files', async (t) => {
  const project = await projectOf(t, { 'compose.yaml': file('x'), '.env': 'A=0\n' });
  assert.deepEqual(project.environmentFiles, []);
});

test('COMPOSE_DISABLE_ENV_FILE turns .env off', async (t) => {
  const files = { 'compose.yaml': file('${A:-none}'), '.env': 'A=0\n' };
  const project = await projectOf(t, files, { environment: { COMPOSE_DISABLE_ENV_FILE: '1' } });
  assert.equal(project.services['a']?.user, 'none');
});

for (const [options, yaml, name] of [
  [{}, '', 'app'],
  [{}, 'name: From Files!\n', 'fromfiles'],
  [{ environment: { COMPOSE_PROJECT_NAME: 'env' } }, 'name: files\n', 'env'],
  [{ projectName: 'flag', environment: { COMPOSE_PROJECT_NAME: 'env' } }, 'name: files\n', 'flag'],
  [{ environment: { N: 'interpolated' } }, 'name: "${N}"\n', 'interpolated'],
] as const) {
  test(`the project is called ${name} with ${JSON.stringify(options)} and ${JSON.stringify(yaml)}`, async (t) => {
    const project = await projectOf(t, `${yaml}${file('x')}`, options);
    assert.equal(project.name, name);
  });
}

test('a name by flag that is not in form is refused with one that is', async (t) => {
  const [found] = await diagnosticsOf(t, file('x'), { projectName: 'My App' });
  assert.equal(found?.suggestion, 'myapp');
});

test('a service that the caller names is switched on with its profiles', async (t) => {
  const yaml = 'services: {a: {image: i, profiles: [p]}, b: {image: i, profiles: [p]}, c: {image: i, profiles: [q]}}\n';
  const project = await projectOf(t, yaml, { services: ['a'] });
  assert.deepEqual(Object.keys(project.services), ['a', 'b']);
  assert.deepEqual(project.disabledServices, ['c']);
  assert.deepEqual(project.profiles, ['p', 'q']);
});

test('standard input is held to what a file is held to: a byte order mark is dropped, what is no UTF-8 is an error', async (t) => {
  const { write, load } = composeFolder(t, {});
  const contents: readonly (readonly [content: Buffer, code: string | undefined])[] = [
    [Buffer.from('\ufeffservices: {a: {image: i}}\n'), undefined],
    [Buffer.from([...Buffer.from('services: {a: {image: "'), 0xff, ...Buffer.from('"}}')]), 'not-text'],
    [Buffer.from('services: {a: {image: "\0"}}'), 'not-text'],
    [Buffer.alloc(16 * 1024 * 1024 + 1, ' '), 'file-too-large'],
  ];
  for (const [content, code] of contents) {
    const path = write('f.yaml', content);
    for (const loaded of [await load({ files: ['-'], stdin: () => content }), await load({ files: [path] })])
      assert.deepEqual(loaded.ok ? [] : loaded.diagnostics.map((one) => one.code), code === undefined ? [] : [code]);
  }
});
