/** The time of a stop: the hook's deadline and the stop's grace are two things, told apart wherever they are shown. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { container, containers } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { script, stage } from '../support/stage.ts';

/** Takes no notice of SIGTERM. */
const stubborn = ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'];

test('a pre_stop that runs out of time says that the grace was not touched, and the container stays', async (t) => {
  const s = stage(t);
  s.compose({ web: { pre_stop: [script('sleep 60')] } });
  await s.ok(['apply']);
  const ended = await s.run(['down', '--hook-timeout', '500ms', '--timeout', '120s']);
  assert.equal(ended.exitCode, 1);
  assert.match(
    ended.stderr,
    /web\/1: pre_stop hook 0 did not end within 0\.5 s \(.*the stop and its grace have not begun\)/,
  );
  assert.equal((await container(s.name, 'web')).State.Running, true);
});

test('down --timeout is the stop grace alone: a pre_stop may take longer, and a stop that used it up says so', async (t) => {
  const s = stage(t);
  s.compose({
    web: { command: stubborn, stop_grace_period: '1h', pre_stop: [script('sleep 2; echo done >> /out/log')] },
  });
  await s.ok(['apply']);
  const ended = await s.ok(['down', '--timeout', '1s']);
  assert.deepEqual(s.log(), ['done']);
  assert.match(ended.stderr, /stop container.* killed: its stop grace of 1 s was used up/);
  assert.deepEqual(await containers(s.name), []);
  const { stdout } = await s.ok(['history']);
  assert.match(stdout, /pre_stop\[0\] .*\(at most 5 min\)/);
  assert.match(stdout, /:stop .*its stop grace of 1 s was used up \(stop grace 1 s\)/);
});

test('plan shows how long a stop may take at the worst, hooks and grace apart', async (t) => {
  const s = stage(t);
  const web = { stop_grace_period: '20s', pre_stop: [script('true', { 'x-reeve': { timeout: '40s' } })] };
  s.compose({ web });
  await s.ok(['apply']);
  s.compose({ web: { ...web, environment: { EDITION: '2' } } });
  const { stdout } = await s.ok(['plan']);
  assert.match(stdout, /run pre_stop\[0\] .*, at most 40 s/);
  assert.match(stdout, /stop container .*, stop grace 20 s/);
  assert.match(stdout, /its stops may take 1 min at the worst/);
  const json = JSON.parse((await s.ok(['plan', '--timeout', '5', '--json'])).stdout) as { longestStopMs: number };
  assert.equal(json.longestStopMs, 45_000);
});

test('ps and hooks show a pre_stop that runs with its time and its limit', async (t) => {
  const s = stage(t);
  s.compose({ web: { pre_stop: [script('echo began >> /out/log; while [ ! -e /out/go ]; do sleep 0.1; done')] } });
  await s.ok(['apply']);
  const down = s.start(['down', '--hook-timeout', '2m']);
  await eventually(() => assert.deepEqual(s.log(), ['began']));
  assert.match((await s.ok(['ps'])).stdout, /pre_stop\[0\] \d+ s of at most 2 min, then the stop/);
  assert.match((await s.ok(['hooks'])).stdout, /pre_stop\[0\] +running .* of at most 2 min/);
  writeFileSync(s.out('go'), '');
  assert.equal((await down.ended).exitCode, 0);
});
