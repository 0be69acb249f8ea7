/** Sentences of CONTRACT §1 that no other end-to-end test is about; each title says the sentence. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { compose, noCompose } from '../support/compose.ts';
import { container, containers } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { reeve } from '../support/reeve.ts';
import { script, stage, writes } from '../support/stage.ts';

test('hooks of the containers of one service run at the same time', async (t) => {
  const s = stage(t);
  // Each hook ends once it sees that the other one runs.
  const meet = 'touch /out/met-$HOSTNAME; until [ "$(ls /out/met-* | wc -l)" = 2 ]; do sleep 0.1; done';
  s.compose({ web: { deploy: { replicas: 2 }, post_start: [script(meet, { 'x-reeve': { timeout: '30s' } })] } });
  await s.ok(['apply']);
});

test('a command that is one text is split as a shell splits words; its environment lies over that of the service', async (t) => {
  const s = stage(t);
  s.compose({
    web: {
      environment: { KEPT: 'service', OVER: 'service' },
      post_start: [
        { command: `sh -c 'echo "$$KEPT $$OVER" >> /out/log'`, environment: { OVER: 'hook' } },
        { command: `sh -c 'echo "$$KEPT $$OVER" >> /out/log'`, environment: ['OVER=list'] },
      ],
    },
  });
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['service hook', 'service list']);
});

test('a variable that a hook names without a value is taken from it', async (t) => {
  const s = stage(t);
  const web = { environment: { KEPT: 'service', OVER: 'service' } };
  s.compose({ web: { ...web, post_start: [script('echo "$KEPT <$OVER>" >> /out/log', { environment: ['OVER'] })] } });
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['service <>']);
});

test('a failure names service, replica, phase and index, with the last 10 lines of output, stderr first', async (t) => {
  const s = stage(t);
  // Of two replicas the second one to come fails.
  const fails = 'mkdir /out/first 2>/dev/null || { seq 1 20; echo bad >&2; exit 9; }';
  s.compose({ web: { deploy: { replicas: 2 }, post_start: [script('true'), script(fails)] } });
  const { exitCode, stderr } = await s.run(['apply']);
  assert.equal(exitCode, 1);
  const told = stderr.slice(stderr.lastIndexOf('one thing failed'));
  assert.match(told, /web\/[12]: post_start hook 1 exited 9:\s+bad\s+12\s+13\s+14\s+15\s+16\s+17\s+18\s+19\s+20\s*$/);
});

test('a pre_stop that fails under watch stalls the project, visibly, and is retried until it succeeds', async (t) => {
  const s = stage(t);
  const web = { pre_stop: [script('echo tried >> /out/log; [ -e /out/go ]')] };
  s.compose({ web });
  const watch = s.start(['watch', '--json']);
  const { Id } = await eventually(() => container(s.name, 'web'));
  await watch.line(/"state":"ready"/);
  s.compose({ web: { ...web, environment: { EDITION: '2' } } });
  await watch.line(/"state":"stalled".*pre_stop hook 0 exited 1.*"againInMs":\d/);
  await eventually(() => assert.ok(s.log().length >= 2));
  const old = (await containers(s.name, 'web')).find((one) => one.Id === Id);
  assert.equal(old?.State.Running, true);
  writeFileSync(s.out('go'), '');
  await eventually(async () => assert.notEqual((await container(s.name, 'web')).Id, Id));
});

test('a project whose folder went away runs its pre_stop before it is taken down', async (t) => {
  const s = stage(t);
  const image = 'reeve-test/busybox:1';
  const web = {
    image,
    command: ['sleep', '1000'],
    stop_signal: 'SIGKILL',
    volumes: ['../out:/out'],
    pre_stop: [writes('left')],
  };
  const name = `${s.name}-gone`;
  s.write(`${name}/compose.yaml`, JSON.stringify({ name, services: { web } }));
  assert.equal((await reeve(s, ['apply', '.'])).exitCode, 0);
  rmSync(s.path(name), { recursive: true });
  assert.equal((await reeve(s, ['apply', '.', '--prune'])).exitCode, 0);
  assert.deepEqual(s.log(), ['left']);
  assert.deepEqual(await containers(name), []);
});

test('an unhealthy container is restarted under watch, hooks and all, where x-reeve asks for it', async (t) => {
  const s = stage(t);
  s.compose({
    web: {
      'x-reeve': { on_unhealthy: 'restart' },
      healthcheck: { test: ['CMD-SHELL', 'test ! -e /out/sick'], interval: '200ms', retries: 1 },
      post_start: [writes('up')],
      pre_stop: [script('echo down >> /out/log; rm -f /out/sick')],
    },
    other: { healthcheck: { test: ['CMD-SHELL', 'test ! -e /out/sick'], interval: '200ms', retries: 1 } },
  });
  s.start(['watch']);
  await eventually(async () => assert.equal((await container(s.name, 'web')).State.Health?.Status, 'healthy'));
  const { Id } = await container(s.name, 'web');
  const other = await container(s.name, 'other');
  writeFileSync(s.out('sick'), '');
  await eventually(() => assert.deepEqual(s.log(), ['up', 'down', 'up']));
  assert.equal((await container(s.name, 'web')).Id, Id);
  assert.equal((await container(s.name, 'other')).State.StartedAt, other.State.StartedAt);
});

test('hooks logs shows the output of every run that is kept with --all, and of the newest by default', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [script('echo run $(ls /out | wc -l); mktemp -p /out')] } });
  await s.ok(['apply']);
  await s.ok(['restart']);
  await s.ok(['restart']);
  const runs = (text: string): number => text.split('\n').filter((line) => / run \d/.test(line)).length;
  assert.equal(runs((await s.ok(['hooks', 'logs', 'web'])).stdout), 1);
  assert.equal(runs((await s.ok(['hooks', 'logs', 'web', '-n', '2'])).stdout), 2);
  assert.equal(runs((await s.ok(['hooks', 'logs', 'web', '--all'])).stdout), 3);
});

test('Docker Compose passes over every x-reeve key', { skip: noCompose() ?? false }, async (t) => {
  const s = stage(t);
  const policy = {
    timeout: '30s',
    on_failure: 'continue',
    retries: 1,
    backoff: '1s',
    run: 'every-start',
    allow: ['long-stop'],
  };
  s.compose({
    web: {
      'x-reeve': { on_unhealthy: 'restart', allow: ['long-stop'] },
      post_start: [{ command: ['true'], 'x-reeve': { ...policy, after: 'started' } }],
      pre_stop: [{ command: ['true'], 'x-reeve': policy }],
    },
  });
  assert.equal((await compose(s, ['config', '--quiet'])).exitCode, 0);
  const [hash] = (await s.ok(['config', '--hash', '*'])).stdout.split('\n');
  assert.equal((await compose(s, ['config', '--hash', '*'])).stdout.split('\n')[0], hash);
});
