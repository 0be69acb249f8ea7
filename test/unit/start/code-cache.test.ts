import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { codeCachePath, readCodeCache, writeCodeCache } from '../../../src/start/code-cache.ts';

const code = new Map([
  ['cli.cjs', Buffer.from('seven b')],
  ['chunks/base.cjs', Buffer.from([0, 1, 2, 255])],
  ['chunks/none.cjs', Buffer.alloc(0)],
]);

function folder(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'reeve-code-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

test('what is written is read again, byte for byte, each part where V8 needs no copy of it', (t) => {
  const path = codeCachePath('b1', { XDG_CACHE_HOME: join(folder(t), 'cache') });
  writeCodeCache(path, code);
  const read = readCodeCache(path);
  assert.deepEqual(read, code);
  assert.ok([...read.values()].every(({ byteOffset }) => byteOffset % 8 === 0));
});

test('only the user may read it, and nothing else is left beside it', (t) => {
  const home = folder(t);
  const path = codeCachePath('b1', { XDG_CACHE_HOME: join(home, 'cache') });
  writeCodeCache(path, code);
  assert.equal(statSync(path).mode & 0o077, 0);
  assert.equal(statSync(join(home, 'cache/reeve')).mode & 0o077, 0);
  assert.equal(readdirSync(join(home, 'cache/reeve')).length, 1);
});

test('another build, Node or machine has a file of its own, and the oldest go', (t) => {
  const home = folder(t);
  const place = { XDG_CACHE_HOME: home };
  mkdirSync(join(home, 'reeve'));
  writeFileSync(join(home, 'reeve/other'), '');
  for (const [age, id] of ['b1', 'b2', 'b3', 'b4', 'b5', 'b6'].entries()) {
    const path = codeCachePath(id, place);
    writeCodeCache(path, code);
    utimesSync(path, 1000 + age, 1000 + age);
  }
  const builds = readdirSync(join(home, 'reeve')).map((name) => name.slice(0, 2));
  assert.deepEqual(builds.toSorted(), ['b3', 'b4', 'b5', 'b6', 'ot']);
  assert.match(codeCachePath('b1', place), new RegExp(`b1-${process.version}-${process.arch}`));
});

test('what is not there, or is something else, is no code', (t) => {
  const path = join(folder(t), 'x.code');
  assert.deepEqual(readCodeCache(path), new Map());
  writeFileSync(path, 'x');
  assert.deepEqual(readCodeCache(path), new Map());
});

test('a place that cannot be written is passed over', (t) => {
  const path = join(folder(t), 'x');
  writeFileSync(path, '');
  writeCodeCache(join(path, 'reeve/b1.code'), code);
  writeCodeCache('/proc/reeve/b1.code', code);
});
