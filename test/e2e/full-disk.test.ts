/** A log that cannot be written: /dev/full has no room, as the disk has none on which a log lies. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { container } from '../support/engine.ts';
import { stage, writes } from '../support/stage.ts';

const program = join(import.meta.dirname, '../../bin/run.js');

test('a run whose log cannot be written does all that it would do, and ends with exit code 1', async (t) => {
  const project = stage(t);
  const hooks = { post_start: [writes('up')], pre_stop: [writes('leaving')] };
  project.compose({ web: { ...hooks, environment: { V: '1' } } });
  await project.ok(['apply']);
  project.compose({ web: { ...hooks, environment: { V: '2' } } });
  const full = openSync('/dev/full', 'w');
  t.after(() => closeSync(full));
  const apply = spawnSync(process.execPath, [program, 'apply', '--json'], {
    cwd: project.folder,
    encoding: 'utf8',
    env: { ...process.env, XDG_STATE_HOME: project.stateHome },
    stdio: ['ignore', full, 'pipe'],
  });
  assert.equal(apply.status, 1, apply.stderr);
  assert.equal(apply.stderr.match(/standard output is not whole: ENOSPC/g)?.length, 1, apply.stderr);
  assert.deepEqual(project.log(), ['up', 'leaving', 'up']);
  const { Config } = await container(project.name, 'web');
  assert.ok(Config.Env.includes('V=2'));
  assert.equal((await project.ok(['plan', '--exit-code'])).exitCode, 0);
});

test('so does one whose progress cannot be written', async (t) => {
  const project = stage(t);
  project.compose({ web: { post_start: [writes('up')] } });
  const full = openSync('/dev/full', 'w');
  t.after(() => closeSync(full));
  const apply = spawnSync(process.execPath, [program, 'apply', '--wait'], {
    cwd: project.folder,
    encoding: 'utf8',
    env: { ...process.env, XDG_STATE_HOME: project.stateHome },
    stdio: ['ignore', 'pipe', full],
  });
  assert.equal(apply.status, 1, apply.stdout);
  assert.deepEqual(project.log(), ['up']);
  assert.ok((await container(project.name, 'web')).State.Running);
});
