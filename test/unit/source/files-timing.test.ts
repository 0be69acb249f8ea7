import assert from 'node:assert/strict';
import { link, mkdir, mkdtemp, realpath, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { fileSource } from '../../../src/source/files.ts';
import { Emissions } from '../../support/emissions.ts';
import { VirtualClock, until } from '../../support/virtual-clock.ts';

const DEBOUNCE_MS = 50;
const LONGEST_MS = 10 * DEBOUNCE_MS;

/** Real files, watched under a clock that only the test moves: no pause of the machine is too long. */
async function setUp(t: TestContext, { lookEveryMs = 0 } = {}) {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'reeve-files-')));
  const stop = new AbortController();
  t.after(async () => {
    stop.abort();
    await rm(root, { recursive: true, force: true });
  });
  const clock = new VirtualClock();
  const emitted = new Emissions();
  const source = fileSource({ clock, debounceMs: DEBOUNCE_MS, lookEveryMs });
  await source.start(emitted.emit, stop.signal);
  const watch = async (key: string, ...paths: string[]): Promise<void> => {
    for (const path of paths) await writeFile(path, 'old');
    const files = paths.map((path) => ({ path, present: true }));
    await source.watch(key, files, Date.now() + 60_000);
  };
  await watch('fence', join(root, 'fence'));
  return {
    root,
    clock,
    emitted,
    watch,
    /** Nothing but what was taken is emitted, however long one waits. */
    assertNothingMore: async (): Promise<void> => {
      await clock.advance(LONGEST_MS);
      await until(() => clock.pendingTimers === 0);
      await writeFile(join(root, 'fence'), 'new');
      await until(() => clock.pendingTimers > 0);
      await clock.advance(LONGEST_MS);
      await emitted.take('fence');
      assert.deepEqual(emitted.takeAll(), []);
    },
    /** Lets a look begin and come to the end that it is better to look later. */
    lookInVain: async (): Promise<void> => {
      await until(() => clock.pendingTimers === 1);
      await clock.advance(DEBOUNCE_MS);
      await until(() => clock.pendingTimers === 1);
    },
  };
}

suite('file source, step by step', () => {
  test('a file that was emptied to be written again wakes the key once, when it is whole', async (t) => {
    const { root, clock, emitted, watch, lookInVain, assertNothingMore } = await setUp(t);
    const file = join(root, 'compose.yaml');
    await watch('shop', file);
    await truncate(file, 0);
    await lookInVain();
    await writeFile(file, 'new');
    await clock.advance(LONGEST_MS);
    await emitted.take('shop');
    await assertNothingMore();
  });

  test('an editor that moves the old file away first wakes the key once', async (t) => {
    const { root, clock, emitted, watch, lookInVain, assertNothingMore } = await setUp(t);
    const file = join(root, 'compose.yaml');
    await watch('shop', file);
    await rename(file, `${file}.bak`);
    await lookInVain();
    await writeFile(file, 'new');
    await clock.advance(LONGEST_MS);
    await emitted.take('shop');
    await assertNothingMore();
  });

  test('a file that is moved away and back unchanged wakes nothing', async (t) => {
    const { root, clock, watch, lookInVain, assertNothingMore } = await setUp(t);
    const file = join(root, 'compose.yaml');
    await watch('shop', file);
    await rename(file, `${file}.bak`);
    await lookInVain();
    await rename(`${file}.bak`, file);
    await clock.advance(LONGEST_MS);
    await assertNothingMore();
  });

  test('a directory that is removed and made again with changed files wakes the key once', async (t) => {
    const { root, clock, emitted, watch, lookInVain, assertNothingMore } = await setUp(t);
    const directory = join(root, 'shop');
    const files = ['compose.yaml', '.env'].map((name) => join(directory, name));
    await mkdir(directory);
    await watch('shop', ...files);
    await rm(directory, { recursive: true });
    await lookInVain();
    await mkdir(directory);
    for (const file of files) await writeFile(file, 'new');
    await clock.advance(LONGEST_MS);
    await emitted.take('shop');
    await assertNothingMore();
  });

  test('many files changed at once, as by a checkout, are one emission of each key', async (t) => {
    const { root, clock, emitted, watch, assertNothingMore } = await setUp(t);
    const keys = Array.from({ length: 10 }, (_, index) => `project-${index}`);
    const files = (key: string): string[] => ['compose.yaml', '.env', 'web.env'].map((name) => join(root, key, name));
    for (const key of keys) {
      await mkdir(join(root, key));
      await watch(key, ...files(key));
    }
    for (const file of keys.flatMap(files)) {
      await unlink(file);
      await writeFile(file, 'new');
    }
    await until(() => clock.pendingTimers === keys.length);
    await clock.advance(DEBOUNCE_MS);
    const woken: string[] = [];
    while (woken.length < keys.length) woken.push((await emitted.next()).key);
    assert.deepEqual(woken.toSorted(), keys.toSorted());
    await assertNothingMore();
  });

  test('a change that no notice told of is found by the periodic look', async (t) => {
    const { root, clock, emitted, watch } = await setUp(t, { lookEveryMs: 60_000 });
    const file = join(root, 'shop', 'compose.yaml');
    const elsewhere = join(root, 'elsewhere', 'same-file.yaml');
    await mkdir(join(root, 'shop'));
    await mkdir(join(root, 'elsewhere'));
    await watch('shop', file);
    await link(file, elsewhere);
    // The kernel tells only those who watch the directory that the file is written in.
    await writeFile(elsewhere, 'new');
    await clock.advance(59_999);
    assert.deepEqual(emitted.takeAll(), []);
    await clock.advance(1 + DEBOUNCE_MS);
    await emitted.take('shop');
  });
});
