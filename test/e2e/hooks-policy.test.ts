/** CONTRACT §1, rules 7 and 8: runs are seen; when a hook is due can be narrowed; containers of others are adopted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callText } from '../support/engine-client.ts';
import { container, exec, outside, type Container } from '../support/engine.ts';
import { script, stage, writes } from '../support/stage.ts';

test('each run is recorded with its output, on success too, and can be shown', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [script('echo hello from the hook', { environment: { TOKEN: 'not-for-logs' } })] } });
  await s.ok(['apply']);
  const listed = await s.ok(['hooks', '--json']);
  assert.match(listed.stdout, /"succeeded"/);
  assert.doesNotMatch(listed.stdout, /not-for-logs/);
  assert.match((await s.ok(['hooks', 'logs', 'web'])).stdout, /hello from the hook/);
});

test('live output lines carry replica, phase and index', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [script('echo hello')] } });
  const ended = await s.ok(['apply']);
  assert.match(ended.stderr, /web-1 post_start\[0\] \| hello/);
});

test('run: once-per-container is run after the first start only', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('once', { 'x-reeve': { run: 'once-per-container' } }), writes('always')] } });
  await s.ok(['apply']);
  await s.ok(['restart']);
  assert.deepEqual(s.log(), ['once', 'always', 'always']);
  await s.ok(['apply', '--force-recreate']);
  assert.deepEqual(s.log(), ['once', 'always', 'always', 'once', 'always']);
});

test('run: once-per-definition is not run again for a new container', async (t) => {
  const s = stage(t);
  const once = writes('once', { 'x-reeve': { run: 'once-per-definition' } });
  s.compose({ web: { post_start: [once] } });
  await s.ok(['apply']);
  await s.ok(['apply', '--force-recreate']);
  assert.deepEqual(s.log(), ['once']);
});

test('after: healthy waits for the healthcheck', async (t) => {
  const s = stage(t);
  s.compose({
    web: {
      command: [
        'sh',
        '-c',
        'trap "exit 0" TERM; sleep 1; echo warm >> /out/log; touch /tmp/warm; while :; do sleep 60 & wait $$!; done',
      ],
      healthcheck: { test: ['CMD', 'test', '-e', '/tmp/warm'], interval: '200ms', retries: 50 },
      post_start: [writes('registered', { 'x-reeve': { after: 'healthy' } })],
    },
  });
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['warm', 'registered']);
});

test('post_start of a container that another tool made is assumed, and ours from its next start on', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('started')], pre_stop: [writes('stopping')] } });
  await s.ok(['apply', '--no-start']);
  const id = await remakeWithoutOurLabels(await container(s.name, 'web'));
  await s.ok(['apply']);
  assert.equal((await container(s.name, 'web')).Id, id, 'adopted, not recreated');
  assert.deepEqual(s.log(), []);
  assert.match((await s.ok(['ps'])).stdout, /assumed/);
  await outside.restart(id);
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['started']);
  await s.ok(['down']);
  assert.deepEqual(s.log(), ['started', 'stopping']);
});

test('hooks retry runs an assumed post_start', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('started')] } });
  await s.ok(['apply', '--no-start']);
  await remakeWithoutOurLabels(await container(s.name, 'web'));
  await s.ok(['apply']);
  assert.deepEqual(s.log(), []);
  await s.ok(['hooks', 'retry', 'web']);
  assert.deepEqual(s.log(), ['started']);
});

test('hooks retry runs what failed and what comes after it, and not what has succeeded', async (t) => {
  const s = stage(t);
  const once = writes('once', { 'x-reeve': { run: 'once-per-definition' } });
  s.compose({ web: { post_start: [once, writes('first'), script('test -e /tmp/mended'), writes('last')] } });
  assert.equal((await s.run(['apply'])).exitCode, 1);
  await exec((await container(s.name, 'web')).Id, ['touch', '/tmp/mended']);
  await s.ok(['hooks', 'retry', 'web']);
  assert.deepEqual(s.log(), ['once', 'first', 'last']);
});

/** The same container as another tool would have left it: Compose's labels, none of reeve's; running. */
async function remakeWithoutOurLabels(made: Container): Promise<string> {
  const Labels = Object.fromEntries(Object.entries(made.Config.Labels).filter(([key]) => !key.startsWith('io.reeve.')));
  const name = made.Name.slice(1);
  const EndpointsConfig = Object.fromEntries(
    Object.entries(made.NetworkSettings.Networks).map(([network, { Aliases }]) => [network, { Aliases }]),
  );
  await callText(`/containers/${made.Id}`, { method: 'DELETE', query: { force: 'true' } });
  return outside.run(name, {
    ...made.Config,
    Labels,
    HostConfig: made.HostConfig,
    NetworkingConfig: { EndpointsConfig },
  });
}
