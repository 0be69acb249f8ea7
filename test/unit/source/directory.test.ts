import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, realpath, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { directorySource, listProjects } from '../../../src/source/directory.ts';
import { Emissions } from '../../support/emissions.ts';

/** Root may enter every folder. */
const asRoot = process.getuid?.() === 0;

async function directoryOf(t: TestContext, folders: Readonly<Record<string, readonly string[]>>): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'reeve-directory-')));
  t.after(() => rm(root, { recursive: true, force: true }));
  const directory = join(root, 'projects');
  await mkdir(directory);
  for (const [name, files] of Object.entries(folders)) {
    await mkdir(join(directory, name));
    for (const file of files) await writeFile(join(directory, name, file), '');
  }
  return directory;
}

async function names(directory: string): Promise<string[]> {
  return (await listProjects(directory)).map(({ kind, name }) => (kind === 'project' ? name : `${name}!`));
}

suite('projects of a directory', () => {
  test('each immediate sub-folder with a Compose file is a project, whichever of the four names it has', async (t) => {
    const directory = await directoryOf(t, {
      b: ['compose.yml'],
      a: ['compose.yaml'],
      d: ['docker-compose.yaml'],
      c: ['docker-compose.yml'],
      none: ['README.md'],
    });
    await mkdir(join(directory, 'none', 'below'));
    await writeFile(join(directory, 'none', 'below', 'compose.yaml'), '');
    await writeFile(join(directory, 'compose.yaml'), '');
    assert.deepEqual(await names(directory), ['a', 'b', 'c', 'd']);
  });

  test('of several Compose files the one that Compose would take is taken', async (t) => {
    const directory = await directoryOf(t, { a: ['docker-compose.yml', 'compose.yml', 'docker-compose.yaml'] });
    const [folder] = await listProjects(directory);
    assert.deepEqual(folder, {
      kind: 'project',
      name: 'a',
      path: join(directory, 'a'),
      composeFile: join(directory, 'a', 'compose.yml'),
    });
  });

  test('hidden folders are skipped, and so is a folder that is called like a Compose file', async (t) => {
    const directory = await directoryOf(t, { '.git': ['compose.yaml'], '..data': ['compose.yaml'], odd: [] });
    await mkdir(join(directory, 'odd', 'compose.yaml'));
    assert.deepEqual(await names(directory), []);
  });

  test('a linked folder is a project, once, and links to nowhere or in a circle are none', async (t) => {
    const directory = await directoryOf(t, { real: ['compose.yaml'] });
    const outside = join(directory, '..', 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'compose.yaml'), '');
    await symlink(outside, join(directory, 'linked'));
    await symlink(outside, join(directory, 'linked-again'));
    await symlink('real', join(directory, 'alias'));
    await symlink('nowhere', join(directory, 'broken'));
    await symlink('circle', join(directory, 'circle'));
    await symlink('..', join(directory, 'up'));
    assert.deepEqual(await names(directory), ['linked', 'real']);
  });

  test('a folder at which one cannot look is its own problem', async (t) => {
    const directory = await directoryOf(t, { a: ['compose.yaml'], z: ['compose.yaml'] });
    // Not even root may look there.
    await symlink('x'.repeat(300), join(directory, 'bad'));
    assert.deepEqual(await names(directory), ['a', 'bad!', 'z']);
  });

  test('a folder that may not be entered is its own problem', { skip: asRoot }, async (t) => {
    const directory = await directoryOf(t, { a: ['compose.yaml'], closed: ['compose.yaml'] });
    await chmod(join(directory, 'closed'), 0);
    t.after(() => chmod(join(directory, 'closed'), 0o700));
    assert.deepEqual(await names(directory), ['a', 'closed!']);
  });

  test('a directory that is not there is an error that names it', async (t) => {
    const directory = await directoryOf(t, {});
    await assert.rejects(listProjects(join(directory, 'missing')), /missing/);
  });
});

/** A started source; its emissions are folder names. */
async function watched(t: TestContext, folders: Readonly<Record<string, readonly string[]>>) {
  const directory = await directoryOf(t, folders);
  const emitted = new Emissions();
  const problems: string[] = [];
  const stop = new AbortController();
  t.after(() => stop.abort());
  const source = directorySource({
    directory,
    clock: systemClock,
    debounceMs: 10,
    onProblem: ({ path }) => problems.push(path),
  });
  await source.start((path, wake) => emitted.emit(path.slice(directory.length + 1), wake), stop.signal);
  return { directory, emitted, problems, stop };
}

suite('directory source', () => {
  test('emits every project at first', async (t) => {
    const { emitted } = await watched(t, { b: ['compose.yaml'], a: ['compose.yml'], none: [] });
    assert.deepEqual(emitted.takeAll(), ['a', 'b']);
  });

  test('a folder that comes, gets its Compose file later, loses it, or goes is emitted each time', async (t) => {
    const { directory, emitted } = await watched(t, {});
    const folder = join(directory, 'shop');
    await mkdir(folder);
    await writeFile(join(folder, 'compose.yaml'), '');
    await emitted.take('shop');
    await unlink(join(folder, 'compose.yaml'));
    await emitted.take('shop');
    await writeFile(join(folder, 'docker-compose.yml'), '');
    await emitted.take('shop');
    await writeFile(join(folder, 'compose.yaml'), '');
    await emitted.take('shop');
    await rm(folder, { recursive: true });
    await emitted.take('shop');
  });

  test('a renamed folder is one that went and one that came', async (t) => {
    const { directory, emitted } = await watched(t, { old: ['compose.yaml'] });
    emitted.takeAll();
    await rename(join(directory, 'old'), join(directory, 'new'));
    await emitted.take('old');
    await emitted.take('new');
  });

  test('a Compose file that comes into a linked folder is seen', async (t) => {
    const { directory, emitted } = await watched(t, {});
    await mkdir(join(directory, '..', 'outside'));
    await symlink('../outside', join(directory, 'linked'));
    await mkdir(join(directory, 'fence'));
    await writeFile(join(directory, 'fence', 'compose.yaml'), '');
    await emitted.take('fence');
    await writeFile(join(directory, '..', 'outside', 'compose.yaml'), '');
    await emitted.take('linked');
  });

  test('what is in a Compose file is not its business', async (t) => {
    const { directory, emitted } = await watched(t, { a: ['compose.yaml'], b: [] });
    emitted.takeAll();
    await writeFile(join(directory, 'a', 'compose.yaml'), 'services: {}');
    await writeFile(join(directory, 'a', 'notes.txt'), '');
    await writeFile(join(directory, 'b', 'compose.yaml'), '');
    await emitted.take('b');
    assert.deepEqual(emitted.takeAll(), []);
  });

  test('a directory that is removed takes no project with it, and is watched on when it is back', async (t) => {
    const { directory, emitted, problems } = await watched(t, { a: ['compose.yaml'], b: ['compose.yaml'] });
    emitted.takeAll();
    await rename(directory, `${directory}.away`);
    const reported = async (): Promise<void> => {
      while (problems.length === 0) await new Promise(setImmediate);
    };
    await reported();
    assert.deepEqual([problems, emitted.takeAll()], [[directory], []]);
    await mkdir(join(directory, 'a'), { recursive: true });
    await writeFile(join(directory, 'a', 'compose.yaml'), '');
    await mkdir(join(directory, 'c'));
    await writeFile(join(directory, 'c', 'compose.yml'), '');
    await emitted.take('b');
    await emitted.take('c');
    await unlink(join(directory, 'c', 'compose.yml'));
    await emitted.take('c');
  });

  test('a directory that is not there yet is watched for', async (t) => {
    const directory = join(await directoryOf(t, {}), 'later', 'projects');
    const emitted = new Emissions();
    const stop = new AbortController();
    t.after(() => stop.abort());
    const problems: string[] = [];
    const source = directorySource({
      directory,
      clock: systemClock,
      debounceMs: 10,
      onProblem: ({ path }) => problems.push(path),
    });
    await source.start(emitted.emit, stop.signal);
    assert.deepEqual(problems, [directory]);
    await mkdir(join(directory, 'a'), { recursive: true });
    await writeFile(join(directory, 'a', 'compose.yaml'), '');
    await emitted.take(join(directory, 'a'));
  });
});
