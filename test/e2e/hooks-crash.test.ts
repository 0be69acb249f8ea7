/** CONTRACT §1, rules 4 and 5: at least once, once wherever the engine can tell, and bounded. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { container, containers, exec } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { recordingProxy } from '../support/recording-proxy.ts';
import { script, stage, writes } from '../support/stage.ts';

test('SIGKILL of apply between two hooks loses none and repeats none', async (t) => {
  const s = stage(t);
  s.compose({
    web: {
      post_start: [
        writes('first'),
        script(
          'echo second >> /out/log; while ! [ -e /out/go ]; do echo waiting; sleep 0.1; done; echo done >> /out/log',
        ),
        writes('third'),
      ],
    },
  });
  const killed = s.start(['apply']);
  await eventually(() => assert.deepEqual(s.log(), ['first', 'second']));
  killed.kill('SIGKILL');
  await killed.ended;
  writeFileSync(s.out('go'), '');
  await eventually(() => assert.deepEqual(s.log(), ['first', 'second', 'done']));
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['first', 'second', 'done', 'third']);
});

test('a hook that still runs after a crash is awaited, not run twice', async (t) => {
  const s = stage(t);
  s.compose({
    web: {
      post_start: [
        script(
          'echo begun >> /out/log; while ! [ -e /out/go ]; do echo waiting; sleep 0.1; done; echo ended >> /out/log',
        ),
      ],
    },
  });
  const killed = s.start(['apply']);
  await eventually(() => assert.deepEqual(s.log(), ['begun']));
  killed.kill('SIGKILL');
  await killed.ended;
  await using proxy = await recordingProxy(s.out('engine.sock'));
  const next = s.start(['apply'], { env: { DOCKER_HOST: proxy.host } });
  await proxy.next(/\/exec\//);
  writeFileSync(s.out('go'), '');
  assert.equal((await next.ended).exitCode, 0);
  assert.deepEqual(s.log(), ['begun', 'ended']);
});

test('a pre_stop that succeeded before a crash is not repeated, and the stop is taken up', async (t) => {
  const s = stage(t);
  const slow = [
    'sh',
    '-c',
    'trap "echo terminated >> /out/log; sleep 30; exit 0" TERM; while :; do sleep 60 & wait $$!; done',
  ];
  s.compose({ web: { command: slow, stop_grace_period: '20s', pre_stop: [writes('stopping')] } });
  await s.ok(['apply']);
  const killed = s.start(['down']);
  await eventually(() => assert.deepEqual(s.log(), ['stopping', 'terminated']));
  killed.kill('SIGKILL');
  await killed.ended;
  await s.ok(['down', '--timeout', '0']);
  assert.deepEqual(
    s.log().filter((line) => line === 'stopping'),
    ['stopping'],
  );
  assert.deepEqual(await containers(s.name), []);
});

test('a ledger that is lost means post_start is owed again, and nothing is skipped', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('started')] } });
  await s.ok(['apply']);
  rmSync(s.stateHome, { recursive: true });
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['started', 'started']);
});

test('a hook that hangs is ended at its deadline, recorded as timed out, and its process is gone', async (t) => {
  const s = stage(t);
  s.compose({
    web: { post_start: [script('echo hanging >> /out/log; exec sleep 4242', { 'x-reeve': { timeout: '500ms' } })] },
  });
  const ended = await s.run(['apply']);
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /web\/1: post_start hook 0 did not end within 0\.5 s/);
  const { Id, State } = await container(s.name, 'web');
  assert.equal(State.Running, true);
  await eventually(async () => assert.doesNotMatch((await exec(Id, ['ps'])).output, /4242/));
  assert.match((await s.ok(['hooks', '--json'])).stdout, /timed-out/);
});

test('--hook-timeout bounds a hook that has no deadline of its own', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [script('exec sleep 4242')] } });
  const ended = await s.run(['apply', '--hook-timeout', '1s']);
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /did not end within 1 s/);
});

test('two hooks of one container never run at the same time', async (t) => {
  const s = stage(t);
  const guarded = script(
    '[ ! -e /tmp/busy ] || echo overlap >> /out/log; touch /tmp/busy; sleep 0.2; rm /tmp/busy; echo ran >> /out/log',
  );
  s.compose({ web: { post_start: [guarded, guarded], pre_stop: [guarded, guarded] } });
  await s.ok(['apply']);
  await s.ok(['restart']);
  assert.deepEqual(s.log(), ['ran', 'ran', 'ran', 'ran', 'ran', 'ran']);
});
