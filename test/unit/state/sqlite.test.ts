import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { isStateError } from '../../../src/model/errors.ts';
import { openState } from '../../../src/state/sqlite.ts';
import { intent, openedState, temporaryDirectory } from '../../support/state.ts';

const sources = join(import.meta.dirname, '../../../src/state');

test('what was recorded is there when the state is opened again', (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const first = openState({ path });
  const id = first.hooks.intend(intent());
  first.inventory.hold({ project: 'shop', service: undefined, kind: 'stopped' });
  first.close();
  const second = openedState(t, { path });
  assert.equal(second.hooks.view('shop').records[0]?.id, id);
  assert.equal(second.inventory.holds('shop').length, 1);
  assert.deepEqual(second.notices, []);
});

test('the directory is 0700 and every file in it 0600, those of SQLite too', (t) => {
  const home = temporaryDirectory(t);
  chmodSync(home, 0o755);
  const state = openedState(t, { engineId: 'AB:CD', environment: { XDG_STATE_HOME: home } });
  state.hooks.intend(intent());
  const directory = join(home, 'reeve');
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  const files = readdirSync(directory).filter((name) => !name.endsWith('.locks'));
  assert.deepEqual(files.map((name) => name.replace(/^AB-CD-\w+/, '')).toSorted(), ['.db', '.db-shm', '.db-wal']);
  for (const name of files) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name);
});

test('the database is in WAL mode', (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const state = openedState(t, { path });
  const id = state.hooks.intend(intent());
  const reader = new DatabaseSync(path, { readOnly: true });
  t.after(() => reader.close());
  assert.deepEqual({ ...reader.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' });
  // A reader that is in the middle of something holds up no writer.
  reader.exec('BEGIN');
  assert.equal(reader.prepare('SELECT outcome FROM hook_record').get()?.['outcome'], 'intended');
  state.hooks.end(id, { outcome: 'succeeded' });
  assert.equal(reader.prepare('SELECT outcome FROM hook_record').get()?.['outcome'], 'intended');
  reader.exec('COMMIT');
});

test('an intent outlives a process that is killed right after it', (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const killed = spawnSync(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { openState } from '${sources}/sqlite.ts';
     openState({ path: ${JSON.stringify(path)} }).hooks.intend(${JSON.stringify(intent())});
     process.kill(process.pid, 'SIGKILL');`,
  ]);
  assert.equal(killed.signal, 'SIGKILL');
  assert.equal(openedState(t, { path }).hooks.view('shop').records[0]?.execId, 'e1');
});

test('nothing is said on loading, and SQLite is loaded only when state is opened', (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const run = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { openState } from '${sources}/sqlite.ts';
       const isLoaded = () => process.moduleLoadList.includes('NativeModule sqlite');
       const before = isLoaded();
       const state = openState({ path: ${JSON.stringify(path)} });
       console.log(before, isLoaded());
       state.close();
       process.emitWarning('still heard');`,
    ],
    { encoding: 'utf8' },
  );
  assert.equal(run.stdout, 'false true\n');
  assert.doesNotMatch(run.stderr, /SQLite/);
  assert.match(run.stderr, /still heard/);
});

for (const [what, spoil] of Object.entries({
  'no database': (path: string) => writeFileSync(path, 'what is this?\n'.repeat(500)),
  'cut off': (path: string) => truncateSync(path, 20_000),
  'damaged inside': (path: string) => {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xff, 4096 + 100));
  },
})) {
  test(`a file that is ${what} is set aside, and that is said`, (t) => {
    const directory = temporaryDirectory(t);
    const path = join(directory, 'engine.db');
    const first = openState({ path });
    first.hooks.intend(intent());
    first.close();
    spoil(path);
    const spoiled = readFileSync(path);
    const state = openedState(t, { path, now: () => Date.UTC(2026, 0, 2, 3, 4, 5) });
    const aside = 'engine.db.corrupt-2026-01-02T030405.000Z';
    assert.equal(state.notices.length, 1);
    assert.ok(state.notices[0]?.includes(aside), state.notices[0]);
    assert.deepEqual(readFileSync(join(directory, aside)), spoiled);
    assert.equal(statSync(join(directory, aside)).mode & 0o777, 0o600);
    assert.deepEqual(state.hooks.view('shop').records, []);
    state.hooks.intend(intent());
  });
}

test('damage that is met in the middle of a run is an error, and the next run sets the file aside', (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'engine.db');
  const first = openState({ path });
  const id = first.hooks.intend(intent());
  for (let n = 0; n < 50; n++) {
    first.hooks.appendOutput(id, n % 2 === 0 ? 'stdout' : 'stderr', 'x'.repeat(4000));
  }
  first.close();
  const pages = new DatabaseSync(path);
  const root = pages.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'hook_output'`).get()?.['rootpage'];
  pages.close();
  const bytes = readFileSync(path);
  const start = (Number(root) - 1) * 4096;
  writeFileSync(path, bytes.fill(0xff, start, start + 4096));

  const second = openState({ path });
  assert.deepEqual(second.notices, []);
  assert.throws(
    () => second.hooks.output(id),
    (error: unknown) => isStateError(error, 'corrupt') && /the next run sets it aside/.test(error.message),
  );
  second.close();
  const third = openedState(t, { path });
  assert.equal(third.notices.length, 1);
  assert.equal(existsSync(`${path}.suspect`), false);
});

test('another program’s database is set aside, not written to', (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const other = new DatabaseSync(path);
  other.exec('CREATE TABLE theirs (x)');
  other.close();
  assert.match(openedState(t, { path }).notices[0] ?? '', /another program/);
});

test('a newer schema is an error that says what to do, and is left as it is', (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  openState({ path }).close();
  const newer = new DatabaseSync(path);
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  assert.throws(
    () => openState({ path }),
    (error: unknown) => isStateError(error, 'newer') && /update reeve/.test(error.message),
  );
  assert.ok(existsSync(path));
});

test('a state that is removed while in use is an error of the next intent', (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const state = openedState(t, { path });
  rmSync(path);
  assert.throws(
    () => state.hooks.intend(intent()),
    (error: unknown) => isStateError(error, 'lost'),
  );
});

test('a state that was removed while in use is made anew by those who go on, and that is said', (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'engine.db');
  const state = openedState(t, { path });
  assert.deepEqual(state.renew(), []);
  const before = state.hooks.intend(intent());
  const old = state.hooks;
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
  const [notice = '', ...others] = state.renew();
  assert.deepEqual(others, []);
  assert.match(notice, /was removed or replaced while reeve used it and was made anew; history is lost/);
  assert.deepEqual(state.hooks.view('shop').records, []);
  const after = state.hooks.intend(intent({ index: 1 }));
  // What ran when it was removed does not settle what runs now, whatever its number.
  assert.equal(before, after);
  assert.throws(
    () => old.end(before, { outcome: 'succeeded' }),
    (error: unknown) => isStateError(error, 'lost'),
  );
  assert.equal(state.hooks.view('shop').records[0]?.outcome, 'intended');
  assert.deepEqual(state.renew(), []);
});

test('locks that were removed while in use are made anew, and that is said: a lease excludes again', async (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const [state, other] = [openedState(t, { path }), openedState(t, { path })];
  rmSync(`${path}.locks`, { recursive: true });
  assert.deepEqual(state.renew(), [`${path}.locks was removed while reeve used it and was made anew`]);
  assert.deepEqual(other.renew(), []);
  const signal = AbortSignal.timeout(10_000);
  const lease = await state.leases.acquire({ project: 'shop', command: 'watch', signal });
  assert.equal(lease.isHeld(), true);
  assert.equal(other.leases.holder('shop')?.command, 'watch');
  lease.release();
});

test('a state that is damaged while in use is set aside by those who go on, and that is said', (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const state = openedState(t, { path });
  for (const file of [path, `${path}-wal`, `${path}-shm`]) writeFileSync(file, readFileSync(file).fill(0x55));
  assert.throws(
    () => state.hooks.intend(intent()),
    (error: unknown) => isStateError(error, 'corrupt'),
  );
  assert.match(state.renew().join('\n'), /was set aside as engine\.db\.corrupt-/);
  state.hooks.intend(intent());
  assert.deepEqual(state.renew(), []);
});

test('on a file system that is read-only opening is an error that says what to do', (t) => {
  const directory = mounted(t, '1m');
  if (directory === undefined) return;
  const path = join(directory, 'engine.db');
  openState({ path }).close();
  execFileSync('mount', ['-o', 'remount,ro', directory]);
  assert.throws(
    () => openState({ path }),
    (error: unknown) => isStateError(error, 'unwritable') && /set XDG_STATE_HOME/.test(error.message),
  );
  assert.throws(
    () => openState({ path: join(directory, 'new', 'engine.db') }),
    (error: unknown) => isStateError(error, 'unwritable') && /read-only file system/.test(error.message),
  );
});

test('on a full disk an intent is an error and leaves nothing behind; with room again it works', (t) => {
  const directory = mounted(t, '512k');
  if (directory === undefined) return;
  const state = openState({ path: join(directory, 'engine.db') });
  try {
    const id = state.hooks.intend(intent());
    const ballast = join(directory, 'ballast');
    fill(ballast);
    const big = intent({ index: 1, cause: 'x'.repeat(400_000) });
    assert.throws(
      () => state.hooks.intend(big),
      (error: unknown) => isStateError(error, 'full') && /make room/.test(error.message),
    );
    assert.deepEqual(
      state.hooks.view('shop').records.map((record) => record.id),
      [id],
    );
    rmSync(ballast);
    state.hooks.end(id, { outcome: 'succeeded' });
    assert.equal(state.hooks.view('shop').records[0]?.outcome, 'succeeded');
  } finally {
    state.close();
  }
});

function fill(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(512 * 1024));
  } catch {
    // Full, as it should be.
  }
}

/** A small file system of its own; undefined (and the test skipped) where we may not mount one. */
function mounted(t: TestContext, size: string): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'reeve-mount-'));
  t.after(() => {
    spawnSync('umount', ['--lazy', directory]);
    rmdirSync(directory);
  });
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory]);
  if (mount.status === 0) return directory;
  t.skip('may not mount a file system here');
  return undefined;
}
