import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { Trail } from '../../../src/source/path-trail.ts';
import { TrailWalker } from '../../../src/source/path-trail.ts';

async function setUp(t: TestContext) {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'reeve-trail-')));
  t.after(() => rm(root, { recursive: true }));
  return {
    root,
    walk: (path: string): Promise<Trail> => new TrailWalker().walk(join(root, path)),
    /** The entries at and below the root, as text. */
    below: ({ entries }: Trail): string[] =>
      entries
        .map(({ directory, name }) => join(directory, name))
        .filter((path) => path.startsWith(`${root}/`))
        .map((path) => path.slice(root.length + 1)),
  };
}

suite('trail of a path', () => {
  test('is every entry looked up from the root on', async (t) => {
    const { root, walk } = await setUp(t);
    await writeFile(join(root, 'a.yaml'), '');
    const trail = await walk('a.yaml');
    assert.equal(trail.entries[0]?.directory, '/');
    assert.deepEqual(trail.entries.at(-1), { directory: root, name: 'a.yaml' });
    assert.deepEqual([...trail.directories.keys()].at(-1), root);
    assert.equal(trail.end, join(root, 'a.yaml'));
  });

  test('ends at the first entry that is not there, in a directory that is', async (t) => {
    const { root, walk, below } = await setUp(t);
    const trail = await walk('missing/deep/a.yaml');
    assert.deepEqual(below(trail), ['missing']);
    assert.equal([...trail.directories.keys()].at(-1), root);
    assert.equal(trail.end, undefined);
  });

  test('goes through links and their targets, relative, absolute and with `..`', async (t) => {
    const { root, walk, below } = await setUp(t);
    await mkdir(join(root, 'releases', '7', 'docker'), { recursive: true });
    await writeFile(join(root, 'releases', '7', 'docker', 'a.yaml'), '');
    await mkdir(join(root, 'links'));
    await symlink(join(root, 'releases', '7'), join(root, 'links', 'current'));
    await symlink('../links/current/docker', join(root, 'links', 'docker'));
    const trail = await walk('links/docker/a.yaml');
    assert.equal(trail.end, join(root, 'releases/7/docker/a.yaml'));
    assert.deepEqual(below(trail), [
      'links',
      'links/docker',
      'links',
      'links/current',
      'releases',
      'releases/7',
      'releases/7/docker',
      'releases/7/docker/a.yaml',
    ]);
    assert.ok(Math.abs(trail.linksChangedAtMs - Date.now()) < 60_000);
  });

  test('ends in a circle of links, and below a file', async (t) => {
    const { root, walk } = await setUp(t);
    await symlink('b', join(root, 'a'));
    await symlink('a', join(root, 'b'));
    await writeFile(join(root, 'file'), '');
    assert.equal((await walk('a')).end, undefined);
    assert.equal((await walk('file/x')).end, undefined);
  });

  test('tells one directory from another that took its place', async (t) => {
    const { root, walk } = await setUp(t);
    const directory = join(root, 'shop');
    const identity = async (): Promise<string | undefined> => (await walk('shop/a.yaml')).directories.get(directory);
    await mkdir(directory);
    const first = await identity();
    await writeFile(join(directory, 'a.yaml'), '');
    assert.equal(await identity(), first);
    await mkdir(join(root, 'other'));
    await rename(directory, join(root, 'old'));
    await rename(join(root, 'other'), directory);
    const second = await identity();
    assert.notEqual(second, first);
    await rm(directory, { recursive: true });
    await mkdir(directory);
    assert.notEqual(await identity(), second);
  });
});
