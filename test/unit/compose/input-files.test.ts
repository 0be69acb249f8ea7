import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { test } from 'node:test';
import type { InputFile } from '../../../src/model/project.ts';
import { composeFolder } from '../../support/compose-files.ts';

function described(folder: string, files: readonly InputFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith(folder))
    .map(({ path, kind, present }) => `${kind} ${relative(folder, path)}${present ? '' : ' (absent)'}`)
    .toSorted();
}

test('every file that was read or looked for is reported', async (t) => {
  const { folder, load } = composeFolder(t, {
    'compose.yaml': `include: [sub/inner.yaml]
services:
  a:
    extends: {file: base.yaml, service: b}
    env_file: [a.env, {path: none.env, required: false}]
    label_file: l.txt
    configs: [c]
    secrets: [s]
configs: {c: {file: c.txt}}
secrets: {s: {file: missing.txt}}
`,
    'base.yaml': 'services: {b: {image: i}}\n',
    'sub/inner.yaml': 'services: {z: {image: i}}\n',
    'a.env': 'A=1\n',
    'l.txt': 'L=1\n',
    'c.txt': 'content',
  });
  const loaded = await load();
  assert.ok(loaded.ok);
  assert.deepEqual(described(folder, loaded.project.inputFiles), [
    'compose base.yaml',
    'compose compose.override.yaml (absent)',
    'compose compose.override.yml (absent)',
    'compose compose.yaml',
    'compose compose.yml (absent)',
    'compose docker-compose.override.yaml (absent)',
    'compose docker-compose.override.yml (absent)',
    'compose docker-compose.yaml (absent)',
    'compose docker-compose.yml (absent)',
    'compose sub/inner.yaml',
    'config c.txt',
    'env .env (absent)',
    'env sub/.env (absent)',
    'env_file a.env',
    'env_file none.env (absent)',
    'label_file l.txt',
    'secret missing.txt (absent)',
  ]);
});

test('a load that fails says what to watch for a repair', async (t) => {
  const { folder, load } = composeFolder(t, {
    'compose.yaml': 'include: [gone.yaml]\nservices: {a: {image: i, foo: 1, extends: {file: base.yaml, service: b}}}\n',
    'base.yaml': 'services: {b: {image: i}}\n',
  });
  const loaded = await load({ files: ['compose.yaml', 'other.yaml'] });
  assert.equal(loaded.ok, false);
  assert.deepEqual(described(folder, loaded.inputFiles), [
    'compose base.yaml',
    'compose compose.yaml',
    'compose gone.yaml (absent)',
    'compose other.yaml (absent)',
    'env .env (absent)',
  ]);
});

test('a folder without any file says which ones would count', async (t) => {
  const { folder, load } = composeFolder(t, {});
  const loaded = await load();
  assert.equal(loaded.ok, false);
  assert.deepEqual(described(folder, loaded.inputFiles), [
    'compose compose.yaml (absent)',
    'compose compose.yml (absent)',
    'compose docker-compose.yaml (absent)',
    'compose docker-compose.yml (absent)',
    'env .env (absent)',
  ]);
});

test('the content behind configs and secrets has a digest that follows the bytes', async (t) => {
  const { write, load } = composeFolder(t, {
    'compose.yaml': `services:
  a: {image: i, configs: [c], secrets: [s, e]}
  b: {image: i}
configs: {c: {content: one}}
secrets: {s: {file: s.txt}, e: {environment: TOKEN}}
`,
    's.txt': 'one',
  });
  const hashOf = async (token: string): Promise<string | undefined> => {
    const loaded = await load({ environment: { TOKEN: token } });
    assert.ok(loaded.ok);
    assert.equal(loaded.project.services['b']?.contents, undefined);
    return JSON.stringify(loaded.project.services['a']?.contents);
  };
  const first = await hashOf('x');
  assert.match(first ?? '', /^\{"config c":"[0-9a-f]{32}","secret s":"[0-9a-f]{32}","secret e":"[0-9a-f]{32}"\}$/);
  assert.equal(await hashOf('x'), first);
  assert.notEqual(await hashOf('y'), first);
  write('s.txt', 'two');
  assert.notEqual(await hashOf('x'), first);
});

test('values from outside the files are known as sensitive', async (t) => {
  const { load } = composeFolder(t, {
    'compose.yaml': `services:
  a:
    image: "i:\${TAG}"
    user: "\${DOTENV}\${UNUSED:-default}"
    environment: [TAKEN, OWN=inline]
    build: {context: ., args: [ARG]}
    secrets: [s, e]
secrets: {s: {file: s.txt}, e: {environment: TOKEN}}
`,
    '.env': 'DOTENV=from-dotenv\nNEVER=not-used\n',
    's.txt': 'file-secret\n',
  });
  const environment = {
    TAG: 'tag-value',
    TAKEN: 'taken-value',
    ARG: 'arg-value',
    TOKEN: 'token-value',
    OTHER: 'other',
  };
  const loaded = await load({ environment });
  assert.ok(loaded.ok);
  assert.deepEqual([...loaded.project.sensitiveValues].toSorted(), [
    'arg-value',
    'file-secret',
    'file-secret\n',
    'from-dotenv',
    'tag-value',
    'taken-value',
    'token-value',
  ]);
});

test("the project's own name is no secret", async (t) => {
  const { load } = composeFolder(t, 'services: {a: {image: i, user: "$COMPOSE_PROJECT_NAME"}}\n');
  const loaded = await load();
  assert.ok(loaded.ok);
  assert.equal(loaded.project.services['a']?.user, 'app');
  assert.equal(loaded.project.sensitiveValues.size, 0);
});
