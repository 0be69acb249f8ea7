import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rename, rm, symlink, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import type { FileSource } from '../../../src/source/files.ts';
import { fileSource } from '../../../src/source/files.ts';
import { Emissions } from '../../support/emissions.ts';

const DEBOUNCE_MS = 20;
/** Later than any file here was made: files are taken to be as they were read. */
const now = (): number => Date.now() + 60_000;

interface World {
  readonly root: string;
  readonly source: FileSource;
  readonly emitted: Emissions;
  /** Watches these for the key `shop`, as they are. */
  readonly watch: (...paths: string[]) => Promise<void>;
  /** Waits until everything that happened before has been emitted, and gives it: a change of another key came after it. */
  readonly emittedSoFar: () => Promise<string[]>;
}

async function setUp(t: TestContext): Promise<World> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'reeve-files-')));
  const stop = new AbortController();
  const emitted = new Emissions();
  const problems: unknown[] = [];
  const source = fileSource({
    clock: systemClock,
    debounceMs: DEBOUNCE_MS,
    onProblem: (problem) => problems.push(problem),
  });
  t.after(async () => {
    stop.abort();
    await rm(root, { recursive: true, force: true });
    assert.deepEqual(problems, []);
  });
  await source.start(emitted.emit, stop.signal);
  const fence = join(root, 'fence');
  await source.watch('fence', [{ path: fence, present: false }], now());
  let fences = 0;
  return {
    root,
    source,
    emitted,
    async watch(...paths) {
      const files = await Promise.all(paths.map(async (path) => ({ path, present: await exists(path) })));
      await source.watch('shop', files, now());
    },
    async emittedSoFar() {
      const keys: string[] = [];
      // Twice: the first one's look may overtake another key's look that began earlier.
      for (const round of ['first', 'second']) {
        await writeFile(fence, `${fences++} ${round}`);
        for (let key = ''; key !== 'fence'; keys.push(key)) key = (await emitted.next('fence')).key;
      }
      return keys.filter((key) => key !== 'fence');
    },
  };
}

function exists(path: string): Promise<boolean> {
  return realpath(path).then(
    () => true,
    () => false,
  );
}

suite('file source', () => {
  test('a saved file wakes its key', async (t) => {
    const { root, emitted, watch } = await setUp(t);
    const file = join(root, 'compose.yaml');
    await writeFile(file, 'a');
    await watch(file);
    await writeFile(file, 'b');
    await emitted.take('shop');
    await writeFile(file, 'c');
    await emitted.take('shop');
  });

  test("an editor's atomic save wakes the key, and so does the next one", async (t) => {
    const { root, emitted, watch } = await setUp(t);
    const file = join(root, 'compose.yaml');
    await writeFile(file, 'a');
    await watch(file);
    for (const text of ['b', 'c', 'd']) {
      await writeFile(`${file}~`, text);
      await rename(`${file}~`, file);
      await emitted.take('shop');
    }
  });

  test('a touch, or a save of the same bytes, wakes nothing', async (t) => {
    const { root, watch, emittedSoFar } = await setUp(t);
    const file = join(root, 'compose.yaml');
    await writeFile(file, 'a');
    await watch(file);
    await utimes(file, new Date(), new Date());
    await writeFile(`${file}~`, 'a');
    await rename(`${file}~`, file);
    assert.deepEqual(await emittedSoFar(), []);
  });

  test('other files beside a watched one wake nothing', async (t) => {
    const { root, watch, emittedSoFar } = await setUp(t);
    const file = join(root, 'compose.yaml');
    await writeFile(file, 'a');
    await watch(file);
    await writeFile(join(root, 'access.log'), 'GET /');
    assert.deepEqual(await emittedSoFar(), []);
  });

  test('a file that stays empty, and one that is removed, wake the key in the end', async (t) => {
    const { root, emitted, watch } = await setUp(t);
    const [file, other] = [join(root, 'compose.yaml'), join(root, '.env')];
    await writeFile(file, 'a');
    await writeFile(other, 'a');
    await watch(file, other);
    await truncate(file, 0);
    await emitted.take('shop');
    await unlink(other);
    await emitted.take('shop');
  });

  test('a file that is written without pause cannot postpone its key for ever', async (t) => {
    const { root, emitted, watch } = await setUp(t);
    const file = join(root, 'compose.yaml');
    await writeFile(file, 'a');
    await watch(file);
    let writes = 0;
    while (emitted.pending.length < 3) await writeFile(file, `${writes++}`);
    assert.ok(writes > 10);
  });

  test('an optional file that appears later wakes the key', async (t) => {
    const { root, emitted, watch } = await setUp(t);
    const [file, optional] = [join(root, 'compose.yaml'), join(root, 'compose.override.yaml')];
    await writeFile(file, 'a');
    await watch(file, optional);
    await writeFile(optional, 'b');
    await emitted.take('shop');
  });

  test('a file whose parents do not exist yet is watched through them as they come', async (t) => {
    const { root, emitted, watch } = await setUp(t);
    const file = join(root, 'deep', 'down', 'below', 'app.env');
    await watch(file);
    await mkdir(join(root, 'deep'));
    await mkdir(join(root, 'deep', 'down', 'below'), { recursive: true });
    await writeFile(file, 'a');
    await emitted.take('shop');
    await writeFile(file, 'b');
    await emitted.take('shop');
  });

  test('a directory that is removed and made again is watched on', async (t) => {
    const { root, emitted, watch } = await setUp(t);
    const directory = join(root, 'shop');
    const file = join(directory, 'compose.yaml');
    await mkdir(directory);
    await writeFile(file, 'a');
    await watch(file);
    for (const text of ['b', 'c', 'd']) {
      await rm(directory, { recursive: true });
      await mkdir(directory);
      await writeFile(file, text);
      await emitted.take('shop');
    }
    await rm(directory, { recursive: true });
    await emitted.take('shop');
    await mkdir(directory);
    await writeFile(file, 'e');
    await emitted.take('shop');
    await writeFile(file, 'f');
    await emitted.take('shop');
  });

  test('another directory in the place of a parent is watched instead', async (t) => {
    const { root, emitted, watch, emittedSoFar } = await setUp(t);
    const file = join(root, 'release', 'docker', 'compose.yaml');
    for (const [release, text] of [
      ['release', 'a'],
      ['next', 'b'],
    ] as const) {
      await mkdir(join(root, release, 'docker'), { recursive: true });
      await writeFile(join(root, release, 'docker', 'compose.yaml'), text);
    }
    await watch(file);
    await rename(join(root, 'release'), join(root, 'old'));
    await rename(join(root, 'next'), join(root, 'release'));
    await emitted.take('shop');
    await writeFile(join(root, 'old', 'docker', 'compose.yaml'), 'c');
    assert.deepEqual(await emittedSoFar(), []);
    await writeFile(file, 'd');
    await emitted.take('shop');
  });

  test('a link to a file is followed: its target, and another target, wake the key', async (t) => {
    const { root, emitted, watch } = await setUp(t);
    const link = join(root, 'compose.yaml');
    await mkdir(join(root, 'elsewhere'));
    await writeFile(join(root, 'elsewhere', 'one.yaml'), 'a');
    await writeFile(join(root, 'elsewhere', 'two.yaml'), 'b');
    await symlink('elsewhere/one.yaml', link);
    await watch(link);
    await writeFile(join(root, 'elsewhere', 'one.yaml'), 'c');
    await emitted.take('shop');
    await symlink('elsewhere/two.yaml', `${link}.new`);
    await rename(`${link}.new`, link);
    await emitted.take('shop');
    await writeFile(join(root, 'elsewhere', 'two.yaml'), 'd');
    await emitted.take('shop');
  });

  test('a swapped `..data` link, as a mounted ConfigMap is updated, wakes the key', async (t) => {
    const { root, emitted, watch } = await setUp(t);
    const file = join(root, 'app.env');
    const publish = async (version: number): Promise<void> => {
      await mkdir(join(root, `..v${version}`));
      await writeFile(join(root, `..v${version}`, 'app.env'), `version=${version}`);
      await symlink(`..v${version}`, join(root, '..data_tmp'));
      await rename(join(root, '..data_tmp'), join(root, '..data'));
      await rm(join(root, `..v${version - 1}`), { recursive: true, force: true });
    };
    await publish(1);
    await symlink('..data/app.env', file);
    await watch(file);
    for (const version of [2, 3, 4]) {
      await publish(version);
      await emitted.take('shop');
    }
  });

  test('links in a circle are an absent file, and a file in their place wakes the key', async (t) => {
    const { root, emitted, watch } = await setUp(t);
    const [a, b] = [join(root, 'a'), join(root, 'b')];
    await symlink(a, b);
    await symlink(b, a);
    await watch(a);
    await unlink(b);
    await writeFile(b, 'x');
    await emitted.take('shop');
  });

  test('a pipe in the place of a file holds nothing up', async (t) => {
    const { root, emitted, watch } = await setUp(t);
    const file = join(root, 'compose.yaml');
    await writeFile(file, 'a');
    await watch(file);
    await unlink(file);
    const { execFileSync } = await import('node:child_process');
    execFileSync('mkfifo', [file]);
    await emitted.take('shop');
  });

  test('the set of files may change: those that left wake nothing, those that came do', async (t) => {
    const { root, emitted, watch, emittedSoFar } = await setUp(t);
    const [first, second] = [join(root, 'first.yaml'), join(root, 'sub', 'second.yaml')];
    await mkdir(join(root, 'sub'));
    await writeFile(first, 'a');
    await writeFile(second, 'a');
    await watch(first);
    await watch(second);
    await writeFile(first, 'b');
    assert.deepEqual(await emittedSoFar(), []);
    await writeFile(second, 'b');
    await emitted.take('shop');
  });

  test('a file that two projects share wakes both', async (t) => {
    const { root, source, watch, emittedSoFar } = await setUp(t);
    const file = join(root, 'common.env');
    await writeFile(file, 'a');
    await watch(file);
    await source.watch('blog', [{ path: file, present: true }], now());
    await writeFile(file, 'b');
    assert.deepEqual((await emittedSoFar()).toSorted(), ['blog', 'shop']);
  });

  test('a forgotten key is not woken any more', async (t) => {
    const { root, source, watch, emittedSoFar } = await setUp(t);
    const file = join(root, 'compose.yaml');
    await writeFile(file, 'a');
    await watch(file);
    await source.forget('shop');
    await writeFile(file, 'b');
    assert.deepEqual(await emittedSoFar(), []);
  });

  test('what changed between reading a file and watching it wakes the key', async (t) => {
    const { root, source, emitted } = await setUp(t);
    const [file, appeared, gone] = [join(root, 'compose.yaml'), join(root, '.env'), join(root, 'web.env')];
    const readAtMs = Date.now();
    await writeFile(file, 'saved after it was read');
    await source.watch('shop', [{ path: file, present: true }], readAtMs);
    await emitted.take('shop');
    await writeFile(appeared, 'a');
    await source.watch('blog', [{ path: appeared, present: false }], now());
    await emitted.take('blog');
    await source.watch('wiki', [{ path: gone, present: true }], now());
    await emitted.take('wiki');
  });

  test('nothing is emitted after the abort', async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'reeve-files-'));
    t.after(() => rm(root, { recursive: true }));
    const [ended, alive] = [new AbortController(), new AbortController()];
    t.after(() => alive.abort());
    const emitted = new Emissions();
    const file = join(root, 'compose.yaml');
    await writeFile(file, 'a');
    for (const [key, { signal }] of [
      ['ended', ended],
      ['alive', alive],
    ] as const) {
      const source = fileSource({ clock: systemClock, debounceMs: DEBOUNCE_MS });
      await source.start(emitted.emit, signal);
      await source.watch(key, [{ path: file, present: true }], now());
    }
    await writeFile(file, 'b');
    ended.abort();
    await emitted.take('alive');
    await writeFile(file, 'c');
    await emitted.take('alive');
    assert.deepEqual(emitted.takeAll(), []);
  });
});
