import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ABSENT, contentOf, EMPTY } from '../../../src/source/content.ts';

suite('content at a path', () => {
  test('is told apart by bytes alone, whatever stands there', async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'reeve-content-'));
    t.after(() => rm(root, { recursive: true }));
    const at = async (name: string): Promise<string> => (await contentOf(join(root, name))).digest;
    const large = Buffer.alloc(1_000_000, 'x');
    await writeFile(join(root, 'large'), large);
    await writeFile(join(root, 'same'), large);
    await writeFile(join(root, 'other'), Buffer.concat([large, Buffer.from('y')]));
    await writeFile(join(root, 'empty'), '');
    await symlink('same', join(root, 'link'));
    await symlink('circle', join(root, 'circle'));
    await symlink('x'.repeat(300), join(root, 'too-long'));
    execFileSync('mkfifo', [join(root, 'pipe')]);

    assert.equal(await at('large'), await at('link'));
    assert.notEqual(await at('large'), await at('other'));
    assert.equal(await at('empty'), EMPTY);
    assert.equal(await at('missing'), ABSENT);
    assert.equal(await at('large/below'), ABSENT);
    assert.equal(await at('.'), 'directory');
    assert.equal(await at('pipe'), 'special');
    assert.equal(await at('circle'), 'unreadable: ELOOP');
    assert.equal(await at('too-long'), 'unreadable: ENAMETOOLONG');
  });
});
