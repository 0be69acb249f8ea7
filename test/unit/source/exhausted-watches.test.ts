import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/**
 * Runs in a user namespace of its own. `user.max_inotify_watches` is the limit of that namespace alone; its namesake
 * `fs.inotify.max_user_watches` would be the whole machine's.
 */
const LIMIT = 'echo 4 > /proc/sys/user/max_inotify_watches';
const inNamespace = (script: string, ...args: string[]) =>
  spawnSync('unshare', ['--user', '--map-root-user', 'sh', '-c', `${LIMIT} && ${script}`, 'sh', ...args], {
    encoding: 'utf8',
    timeout: 30_000,
  });

const root = join(import.meta.dirname, '../../..');
const PROGRAM = `
  import { writeFile } from 'node:fs/promises';
  import { systemClock } from '${root}/src/clock.ts';
  import { fileSource } from '${root}/src/source/files.ts';
  import { Emissions } from '${root}/test/support/emissions.ts';
  const emitted = new Emissions();
  const stop = new AbortController();
  const source = fileSource({ clock: systemClock, onProblem: ({ message }) => console.log(message) });
  await source.start(emitted.emit, stop.signal);
  const paths = process.argv.slice(1);
  for (const path of paths) await source.watch(path, [{ path, present: true }], Date.now() + 60_000);
  for (const path of paths) await writeFile(path, 'new');
  for (const _ of paths) console.log('emitted', (await emitted.next()).key);
  stop.abort();
`;

test(
  'where the kernel has no watch left, files are looked at every second, and a person is told',
  { skip: inNamespace('true').status !== 0 && 'user namespaces are not allowed here' },
  async (t) => {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'reeve-exhausted-')));
    t.after(() => rm(directory, { recursive: true }));
    const paths = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => join(directory, name, 'compose.yaml'));
    for (const path of paths) {
      await mkdir(join(path, '..'));
      await writeFile(path, 'old');
    }
    const script = 'exec "$@"';
    const { stdout, stderr } = inNamespace(script, process.execPath, '--input-type=module', '-e', PROGRAM, ...paths);
    const lines = stdout.trim().split('\n');
    assert.equal(stderr, '');
    assert.deepEqual(
      lines.filter((line) => line.startsWith('emitted')).toSorted(),
      paths.map((path) => `emitted ${path}`),
    );
    assert.ok(
      lines.some((line) => /ENOSPC.*looking every second instead/.test(line)),
      stdout,
    );
  },
);
