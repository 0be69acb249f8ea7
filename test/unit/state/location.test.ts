import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isStateError } from '../../../src/model/errors.ts';
import { fileNameOf, preparePrivateDirectory, preparePrivateFile, statePath } from '../../../src/state/location.ts';
import { temporaryDirectory } from '../../support/state.ts';

const location = join(import.meta.dirname, '../../../src/state/location.ts');

test('the database is named after the engine, in the state home', () => {
  const id = '2f1b1c6e-7c58-4a49-8e55-0b3d1f5c9f61';
  assert.equal(statePath(id, { XDG_STATE_HOME: '/s', HOME: '/h' }), `/s/reeve/${id}.db`);
  assert.equal(statePath(id, { HOME: '/h' }), `/h/.local/state/reeve/${id}.db`);
  assert.equal(statePath(id, {}), `${homedir()}/.local/state/reeve/${id}.db`);
});

test('a state home that is relative or empty is ignored, as the XDG specification wants', () => {
  assert.equal(statePath('e', { XDG_STATE_HOME: 'here', HOME: '/h' }), '/h/.local/state/reeve/e.db');
  assert.equal(statePath('e', { XDG_STATE_HOME: '', HOME: '/h' }), '/h/.local/state/reeve/e.db');
});

test('an engine id becomes a file name that stays in its directory and is nobody else’s', () => {
  const ids = ['A:B', 'A-B', '../A', '..', '.', '', 'A/B', 'Ä', 'x'.repeat(300), 'a\nb'];
  const names = ids.map(fileNameOf);
  for (const name of names) assert.match(name, /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,110}$/);
  assert.equal(new Set(names).size, ids.length);
  assert.equal(fileNameOf('A-B'), 'A-B');
});

test('directories and files are closed to others, those found open too', (t) => {
  const root = temporaryDirectory(t);
  const directory = join(root, 'a', 'reeve');
  preparePrivateDirectory(directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  chmodSync(directory, 0o755);
  preparePrivateDirectory(directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);

  const file = join(directory, 'x.db');
  writeFileSync(file, '', { mode: 0o644 });
  preparePrivateFile(file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test(
  'a place where the kernel makes no directory is an error too, at once',
  { skip: process.platform !== 'linux' },
  () => {
    const program = `import { preparePrivateDirectory } from ${JSON.stringify(location)}; preparePrivateDirectory('/proc/x/reeve');`;
    const { stderr, signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    assert.equal(signal, null);
    assert.match(stderr, /\/proc\/x\/reeve: reeve cannot keep its state here .*set XDG_STATE_HOME/);
  },
);

test('a place that cannot be made is an error that says what to do', (t) => {
  const file = join(temporaryDirectory(t), 'file');
  writeFileSync(file, '');
  assert.throws(
    () => preparePrivateDirectory(join(file, 'reeve')),
    (error: unknown) => isStateError(error, 'unwritable') && /ENOTDIR.*set XDG_STATE_HOME/.test(error.message),
  );
});
