/** CONTRACT §1, rules 1 and 2: every incarnation gets post_start, every stop that reeve makes comes after pre_stop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { container, containers, outside, recordEvents } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { script, stage, writes } from '../support/stage.ts';

const web = { post_start: [writes('started')], pre_stop: [writes('stopping')] };

test('every start that apply makes is followed by its post_start hooks, in the declared order', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('first'), writes('second')] } });
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['first', 'second']);
});

test('post_start hooks of every replica run', async (t) => {
  const s = stage(t);
  s.compose({ web: { scale: 3, post_start: [script('hostname >> /out/log')] } });
  await s.ok(['apply']);
  assert.equal(new Set(s.log()).size, 3);
});

test('a dependent starts only after the post_start hooks of every replica it depends on', async (t) => {
  const s = stage(t);
  s.compose({
    db: { scale: 2, post_start: [script('sleep 0.3; echo db >> /out/log')] },
    web: {
      depends_on: ['db'],
      command: ['sh', '-c', 'echo web >> /out/log; trap "exit 0" TERM; while :; do sleep 60 & wait $$!; done'],
    },
  });
  await s.ok(['apply']);
  await eventually(() => assert.deepEqual(s.log(), ['db', 'db', 'web']));
});

test('a second apply touches nothing: no write reaches the engine', async (t) => {
  const s = stage(t);
  s.compose({ web: { ...web, scale: 2 }, db: web });
  await s.ok(['apply']);
  const before = s.log();
  await using recording = await recordEvents();
  await s.ok(['apply']);
  assert.deepEqual(recording.of(s.name), []);
  assert.deepEqual(s.log(), before);
});

test('a container started from outside while reeve was away gets its post_start from the next apply', async (t) => {
  const s = stage(t);
  s.compose({ web });
  await s.ok(['apply']);
  await outside.restart((await container(s.name, 'web')).Id);
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['started', 'started']);
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['started', 'started']);
});

test('docker restart under watch brings post_start, and no pre_stop', async (t) => {
  const s = stage(t);
  s.compose({ web });
  s.start(['watch']);
  await eventually(() => assert.deepEqual(s.log(), ['started']));
  await outside.restart((await container(s.name, 'web')).Id);
  await eventually(() => assert.deepEqual(s.log(), ['started', 'started']));
});

test('a restart by the restart policy under watch brings post_start', async (t) => {
  const s = stage(t);
  s.compose({ web: { ...web, restart: 'always' } });
  s.start(['watch']);
  await eventually(() => assert.deepEqual(s.log(), ['started']));
  const { State } = await container(s.name, 'web');
  process.kill(State.Pid, 'SIGKILL');
  await eventually(() => assert.deepEqual(s.log(), ['started', 'started']));
});

test('a container killed from outside is started again by watch, with post_start and without pre_stop', async (t) => {
  const s = stage(t);
  s.compose({ web });
  s.start(['watch']);
  await eventually(() => assert.deepEqual(s.log(), ['started']));
  await outside.kill((await container(s.name, 'web')).Id);
  await eventually(() => assert.deepEqual(s.log(), ['started', 'started']));
});

test('a removed container is made again by watch', async (t) => {
  const s = stage(t);
  s.compose({ web });
  s.start(['watch']);
  await eventually(() => assert.deepEqual(s.log(), ['started']));
  const { Id } = await container(s.name, 'web');
  await outside.remove(Id);
  await eventually(async () => {
    assert.notEqual((await container(s.name, 'web')).Id, Id);
    assert.deepEqual(s.log(), ['started', 'started']);
  });
});

test('down runs pre_stop before it stops', async (t) => {
  const s = stage(t);
  s.compose({ web: { ...web, command: trapping } });
  await s.ok(['apply']);
  await s.ok(['down']);
  assert.deepEqual(s.log(), ['started', 'stopping', 'terminated']);
  assert.deepEqual(await containers(s.name), []);
});

test('a replaced container runs its own, old pre_stop before it stops', async (t) => {
  const s = stage(t);
  s.compose({ web: { ...web, command: trapping, pre_stop: [writes('old')] } });
  await s.ok(['apply']);
  const { Id } = await container(s.name, 'web');
  s.compose({ web: { ...web, command: trapping, pre_stop: [writes('new')], environment: { CHANGED: 'yes' } } });
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['started', 'old', 'terminated', 'started']);
  const replaced = await container(s.name, 'web');
  assert.notEqual(replaced.Id, Id);
  assert.equal(replaced.Name, `/${s.name}-web-1`);
});

test('scale-down runs pre_stop of the containers that go, and only theirs', async (t) => {
  const s = stage(t);
  s.compose({ web: { scale: 3, pre_stop: [script('hostname >> /out/log')] } });
  await s.ok(['apply']);
  const [one, two, three] = await containers(s.name, 'web');
  await s.ok(['apply', '--scale', 'web=1']);
  assert.deepEqual(s.log().toSorted(), [two, three].map((gone) => (gone?.Id ?? '').slice(0, 12)).toSorted());
  assert.deepEqual(
    (await containers(s.name)).map(({ Id }) => Id),
    [one?.Id],
  );
});

test('an orphan runs its pre_stop before it is removed', async (t) => {
  const s = stage(t);
  s.compose({ web, old: { pre_stop: [writes('orphan stopping')] } });
  await s.ok(['apply']);
  s.compose({ web });
  await s.ok(['apply']);
  assert.equal((await containers(s.name, 'old')).length, 1, 'without --remove-orphans it stays');
  await s.ok(['apply', '--remove-orphans']);
  assert.deepEqual(s.log(), ['started', 'orphan stopping']);
  assert.deepEqual(await containers(s.name, 'old'), []);
});

test('restart runs pre_stop and post_start and keeps the container', async (t) => {
  const s = stage(t);
  s.compose({ web });
  await s.ok(['apply']);
  const before = await container(s.name, 'web');
  await s.ok(['restart', 'web']);
  assert.deepEqual(s.log(), ['started', 'stopping', 'started']);
  const after = await container(s.name, 'web');
  assert.equal(after.Id, before.Id);
  assert.notEqual(after.State.StartedAt, before.State.StartedAt);
});

test('stop runs pre_stop, and what was stopped by hand stays stopped until start', async (t) => {
  const s = stage(t);
  s.compose({ web, db: {} });
  await s.ok(['apply']);
  await s.ok(['stop', 'web']);
  assert.deepEqual(s.log(), ['started', 'stopping']);
  s.start(['watch']);
  await outside.kill((await container(s.name, 'db')).Id);
  await eventually(async () => assert.equal((await container(s.name, 'db')).State.Running, true));
  assert.equal((await container(s.name, 'web')).State.Running, false);
  await s.ok(['start', 'web']);
  assert.deepEqual(s.log(), ['started', 'stopping', 'started']);
});

test('dependents stop before what they depend on', async (t) => {
  const s = stage(t);
  s.compose({
    db: { pre_stop: [writes('db')] },
    app: { depends_on: ['db'], pre_stop: [writes('app')] },
    web: { depends_on: ['app'], pre_stop: [writes('web')] },
  });
  await s.ok(['apply']);
  await s.ok(['down']);
  assert.deepEqual(s.log(), ['web', 'app', 'db']);
});

/** Writes a line when it is asked to end. */
const trapping = ['sh', '-c', 'trap "echo terminated >> /out/log; exit 0" TERM; while :; do sleep 60 & wait $$!; done'];
