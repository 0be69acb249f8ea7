/** CONTRACT §1, rules 6 and 9: a failure is never silent, holds only its own container, and has a way out. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { container, containers } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { script, stage, writes } from '../support/stage.ts';

test('a failed post_start leaves its container up, its dependents unstarted, and says everything', async (t) => {
  const s = stage(t);
  s.compose({
    db: { post_start: [script('echo to stdout; echo to stderr >&2; exit 3')] },
    web: { depends_on: ['db'] },
    other: {},
  });
  const ended = await s.run(['apply']);
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /db\/1: post_start hook 0 exited 3/);
  assert.match(ended.stderr, /to stderr[^]*to stdout/);
  assert.equal((await container(s.name, 'db')).State.Running, true);
  assert.equal((await container(s.name, 'web')).State.Status, 'created');
  assert.equal((await container(s.name, 'other')).State.Running, true);
});

test('a failed post_start is run again by the next apply, and what it held up then starts', async (t) => {
  const s = stage(t);
  s.compose({
    db: { post_start: [script('echo tried >> /out/log; [ -e /out/go ]')] },
    web: { depends_on: ['db'] },
  });
  assert.equal((await s.run(['apply'])).exitCode, 1);
  writeFileSync(s.out('go'), '');
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['tried', 'tried']);
  assert.equal((await container(s.name, 'web')).State.Running, true);
});

test('watch retries a failed post_start until it succeeds', async (t) => {
  const s = stage(t);
  s.compose({ db: { post_start: [script('echo tried >> /out/log; [ -e /out/go ] && echo passed >> /out/log')] } });
  s.start(['watch']);
  await eventually(() => assert.ok(s.log().length >= 1));
  writeFileSync(s.out('go'), '');
  await eventually(() => assert.ok(s.log().includes('passed')));
});

test('a failing pre_stop keeps its container and lets the others go', async (t) => {
  const s = stage(t);
  s.compose({ held: { pre_stop: [script('echo not yet >&2; [ -e /out/go ]')] }, free: { pre_stop: [writes('free')] } });
  await s.ok(['apply']);
  const ended = await s.run(['down']);
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /held\/1: pre_stop hook 0 exited 1[^]*not yet/);
  assert.deepEqual(
    (await containers(s.name)).map(({ Name }) => Name),
    [`/${s.name}-held-1`],
  );
  assert.equal((await container(s.name, 'held')).State.Running, true);
  assert.deepEqual(s.log(), ['free']);
  writeFileSync(s.out('go'), '');
  await s.ok(['down']);
  assert.deepEqual(await containers(s.name), []);
});

test('a failing pre_stop keeps the container that was to be replaced, and the next apply takes it up', async (t) => {
  const s = stage(t);
  s.compose({ web: { pre_stop: [script('[ -e /out/go ]')] } });
  await s.ok(['apply']);
  const { Id } = await container(s.name, 'web');
  s.compose({ web: { pre_stop: [script('[ -e /out/go ]')], environment: { A: '1' } } });
  assert.equal((await s.run(['apply'])).exitCode, 1);
  const kept = (await containers(s.name, 'web')).find((one) => one.Id === Id);
  assert.equal(kept?.State.Running, true);
  assert.equal(kept?.Name, `/${s.name}-web-1`);
  writeFileSync(s.out('go'), '');
  await s.ok(['apply']);
  const replaced = await container(s.name, 'web');
  assert.notEqual(replaced.Id, Id);
  assert.equal(replaced.Name, `/${s.name}-web-1`);
  assert.equal(replaced.State.Running, true);
});

test('the way out of a failing pre_stop: --force', async (t) => {
  const s = stage(t);
  s.compose({ web: { pre_stop: [script('echo ran >> /out/log; exit 1')] } });
  await s.ok(['apply']);
  assert.equal((await s.run(['down'])).exitCode, 1);
  await s.ok(['down', '--force']);
  assert.deepEqual(s.log(), ['ran', 'ran']);
  assert.deepEqual(await containers(s.name), []);
});

test('the way out of a failing pre_stop: on_failure continue, written into the file afterwards', async (t) => {
  const s = stage(t);
  const failing = script('exit 1');
  s.compose({ web: { pre_stop: [failing, writes('next')] } });
  await s.ok(['apply']);
  assert.equal((await s.run(['down'])).exitCode, 1);
  s.compose({ web: { pre_stop: [{ ...failing, 'x-reeve': { on_failure: 'continue' } }, writes('next')] } });
  const ended = await s.ok(['down']);
  assert.match(ended.stdout + ended.stderr, /on_failure: continue/);
  assert.deepEqual(s.log(), ['next']);
});

test('the first failure ends the sequence', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('one'), script('exit 1'), writes('three')] } });
  assert.equal((await s.run(['apply'])).exitCode, 1);
  assert.deepEqual(s.log(), ['one']);
});

test('retries run inside one apply', async (t) => {
  const s = stage(t);
  const flaky = script('echo tried >> /out/log; [ "$(wc -l < /out/log)" -ge 3 ]', {
    'x-reeve': { retries: 3, backoff: '10ms' },
  });
  s.compose({ web: { post_start: [flaky] } });
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['tried', 'tried', 'tried']);
});

test('a command that does not exist is a failure that names it', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [{ command: ['no-such-program'] }] } });
  const ended = await s.run(['apply']);
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /web\/1: post_start hook 0[^]*no-such-program/);
});

test('a privilege that the engine denies is a refusal that says so', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [{ ...writes('privileged'), privileged: true }] } });
  const ended = await s.run(['apply']);
  if (ended.exitCode === 0) {
    assert.deepEqual(s.log(), ['privileged'], 'an engine that allows it runs it');
    return;
  }
  assert.match(ended.stderr, /web\/1: post_start hook 0/);
  assert.match((await s.ok(['hooks', '--json'])).stdout, /refused|failed/);
});

test('an unknown x-reeve key is an error of the file', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [{ ...writes('x'), 'x-reeve': { time_out: '1s' } }] } });
  const ended = await s.run(['apply']);
  assert.equal(ended.exitCode, 3);
  assert.match(ended.stderr, /time_out[^]*timeout/);
  assert.deepEqual(await containers(s.name), []);
});

test('a container that ends during its own pre_stop has done what was asked', async (t) => {
  const s = stage(t);
  s.compose({ web: { pre_stop: [script('echo asked >> /out/log; kill -TERM 1; sleep 30')] } });
  await s.ok(['apply']);
  await s.ok(['down']);
  assert.deepEqual(s.log(), ['asked']);
  assert.deepEqual(await containers(s.name), []);
});

test('a container that is not running needs no pre_stop', async (t) => {
  const s = stage(t);
  s.compose({ job: { command: ['true'], pre_stop: [writes('never')] } });
  await s.ok(['apply']);
  await eventually(async () => assert.equal((await container(s.name, 'job')).State.Status, 'exited'));
  await s.ok(['down']);
  assert.deepEqual(s.log(), []);
});

test('hooks get user, working directory and environment as declared', async (t) => {
  const s = stage(t);
  s.compose({
    web: {
      volumes: [],
      environment: { A: 'service', B: 'service' },
      post_start: [
        { ...script('id -u; pwd; echo $A $B; exit 9'), user: '65534', working_dir: '/usr', environment: { A: 'hook' } },
      ],
    },
  });
  const ended = await s.run(['apply']);
  assert.match(ended.stderr, /65534\n.*\/usr\n.*hook service/);
});
