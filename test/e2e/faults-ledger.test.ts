/**
 * What reeve remembers is deleted, damaged, made read-only, or has no room: at the beginning and in the middle. It may run a
 * post_start again; it never loses a container, never skips a hook, and says in words what is the matter.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { container, containers, outside, recordEvents } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { assertGone, assertPast, assertUp, writeCast } from '../support/incarnations.ts';
import { mounted } from '../support/mounted.ts';
import type { Ended, ReeveOptions, Running } from '../support/reeve.ts';
import { script, stage, writes, type Stage } from '../support/stage.ts';

/** One line says it: what, where, what to do. */
function assertSaid(ended: Ended, pattern: RegExp): void {
  assert.equal(ended.exitCode, 1, ended.stderr);
  assert.match(ended.stderr, pattern);
  assert.doesNotMatch(ended.stderr, /\n\s+at |bug in reeve|undefined|\[object/);
}

function stateFolder(s: Stage): string {
  return join(s.stateHome, 'reeve');
}

/** Out of the way in one go: a reeve that runs may make files in it at any moment. */
function removeAtOnce(folder: string): void {
  renameSync(folder, `${folder}.gone`);
  rmSync(`${folder}.gone`, { recursive: true });
}

/**
 * Fills every file of the database with what is no database, and leaves its length: the system ends a process that
 * looks at a mapped file beyond its end (SIGBUS), whatever the program.
 */
function damage(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (statSync(file).isFile()) writeFileSync(file, readFileSync(file).fill(0x55), { flag: 'r+' });
  }
}

/** A hook that waits until the test lets it go, and one behind it in another service. */
function writeHeld(s: Stage): void {
  s.compose({
    db: {
      post_start: [
        script('echo begun >> /out/log; while ! [ -e /out/go ]; do sleep 0.05; done; echo ended >> /out/log'),
      ],
      pre_stop: [writes('db stops')],
    },
    web: { post_start: [writes('web')], pre_stop: [writes('web stops')], depends_on: ['db'] },
  });
}

async function held(s: Stage, options?: ReeveOptions): Promise<Running> {
  writeHeld(s);
  const apply = s.start(['apply'], options);
  await eventually(() => assert.deepEqual(s.log(), ['begun']));
  return apply;
}

function letGo(s: Stage): void {
  writeFileSync(s.out('go'), '');
}

for (const [what, spoil] of [
  ['deleted', (s: Stage) => removeAtOnce(stateFolder(s))],
  ['damaged', (s: Stage) => damage(stateFolder(s))],
] as const) {
  test(`a ledger that is ${what} before a run: no container is touched but for its hooks, pre_stop still comes`, async (t) => {
    const s = stage(t);
    await using recording = await recordEvents();
    const shape = { version: 1, replicas: 2 };
    writeCast(s, shape);
    await s.ok(['apply']);
    const ids = (await containers(s.name)).map(({ Id }) => Id);
    spoil(s);
    const { stderr } = await s.ok(['apply']);
    if (what === 'damaged') assert.match(stderr, /could not be used .* was set aside as .*; history is lost/);
    await assertUp(s, shape);
    assert.deepEqual(
      (await containers(s.name)).map(({ Id }) => Id),
      ids,
    );
    spoil(s);
    await s.ok(['down']);
    await assertGone(s);
    await assertPast(s, recording);
  });

  test(`a ledger that is ${what} under watch is made anew and said; watch goes on`, async (t) => {
    const s = stage(t);
    await using recording = await recordEvents();
    writeCast(s, { version: 1, replicas: 1 });
    const watch = s.start(['watch']);
    await watch.line(/converged/);
    spoil(s);
    writeCast(s, { version: 2, replicas: 2 });
    await watch.line(/while reeve used it and was made anew|was set aside as/);
    await eventually(() => assertUp(s, { version: 2, replicas: 2 }), { deadlineMs: 60_000 });
    await assertPast(s, recording);
    // It hears again of what others do to its notes.
    await s.ok(['suspend']);
    const { Id } = await container(s.name, 'db');
    await outside.kill(Id);
    await s.ok(['resume']);
    await eventually(async () => assert.equal((await container(s.name, 'db')).State.Running, true), {
      deadlineMs: 30_000,
    });
    watch.kill('SIGINT');
    const { stderr, exitCode } = await watch.ended;
    assert.equal(exitCode, 130);
    assert.doesNotMatch(stderr, /\n\s+at |bug in reeve/);
  });

  test(`a ledger that is ${what} in the middle of an apply is said, and the next one settles`, async (t) => {
    const s = stage(t);
    const apply = await held(s);
    spoil(s);
    letGo(s);
    assertSaid(await apply.ended, /was removed or replaced while reeve used it|reeve's state is damaged/);
    assert.match((await apply.ended).stderr, /cannot run post_start hook 0: /);
    assert.deepEqual(s.log(), ['begun', 'ended']);
    await s.ok(['apply']);
    assert.deepEqual(s.log(), ['begun', 'ended', 'begun', 'ended', 'web']);
    assert.equal((await s.run(['plan', '--exit-code'])).exitCode, 0);
  });
}

test('a disk without room: at the beginning nothing is touched, in the middle nothing is lost, and both are said', async (t) => {
  const s = stage(t);
  const disk = mounted(s, '1m');
  if (disk === undefined) return t.skip('may not mount a file system here');
  const options = { env: { XDG_STATE_HOME: disk.path } };
  writeHeld(s);
  disk.fill();
  assertSaid(await s.run(['apply'], options), /the disk is full .*; make room, or set XDG_STATE_HOME/);
  await assertGone(s);
  disk.clear();
  const apply = await held(s, options);
  disk.fill();
  letGo(s);
  assertSaid(await apply.ended, /the disk is full .*; make room, or set XDG_STATE_HOME/);
  assertSaid(await s.run(['down'], options), /the disk is full/);
  assert.equal((await container(s.name, 'db')).State.Running, true, 'no stop without a record of its pre_stop');
  disk.clear();
  await s.ok(['apply'], options);
  assert.deepEqual(s.log(), ['begun', 'ended', 'web']);
  await s.ok(['down'], options);
  assert.deepEqual(s.log().slice(3), ['web stops', 'db stops']);
  await assertGone(s);
});

test('a disk that fills under watch is said, and taken up when there is room', async (t) => {
  const s = stage(t);
  const disk = mounted(s, '1m');
  if (disk === undefined) return t.skip('may not mount a file system here');
  s.compose({ web: { post_start: [writes('one')], environment: { VERSION: '1' } } });
  const watch = s.start(['watch'], { env: { XDG_STATE_HOME: disk.path } });
  await watch.line(/converged/);
  disk.fill();
  s.compose({ web: { post_start: [writes('two')], environment: { VERSION: '2' } } });
  await watch.line(/the disk is full/);
  disk.clear();
  await eventually(() => assert.deepEqual(s.log(), ['one', 'two']), { deadlineMs: 40_000 });
});

test('a state directory that cannot be written: nothing is touched, it is said, and commands that only look say so too', async (t) => {
  const s = stage(t);
  const disk = mounted(s, '1m');
  if (disk === undefined) return t.skip('may not mount a file system here');
  const options = { env: { XDG_STATE_HOME: disk.path } };
  s.compose({ web: { post_start: [writes('started')], pre_stop: [writes('stops')] } });
  disk.readOnly(true);
  const pattern =
    /reeve cannot keep its state here \(.*read-only.*\); make it writable for you, or set XDG_STATE_HOME/i;
  assertSaid(await s.run(['apply'], options), pattern);
  await assertGone(s);
  disk.readOnly(false);
  await s.ok(['apply'], options);
  disk.readOnly(true);
  for (const command of ['apply', 'down', 'ps', 'restart'])
    assertSaid(await s.run([command], options), /reeve cannot keep its state here/);
  assert.deepEqual(s.log(), ['started']);
  assert.equal((await container(s.name, 'web')).State.Running, true);
  disk.readOnly(false);
  await s.ok(['down'], options);
  assert.deepEqual(s.log(), ['started', 'stops']);
});
