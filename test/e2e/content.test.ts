/**
 * Other bytes behind a config or a secret reach the container, in the way that its top-level entry asks for, once; by a file,
 * a variable or inline.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { compose, composeOk, noCompose } from '../support/compose.ts';
import { container, readContainerFile } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { stage, writes, type Sketch, type Stage } from '../support/stage.ts';

/** Writes down each SIGHUP with what it reads then. */
const listening = {
  command: [
    'sh',
    '-c',
    'trap "exit 0" TERM; trap "cat /motd >> /out/log" HUP; echo ready >> /out/log; while :; do sleep 60 & wait $$!; done',
  ],
  configs: ['motd'],
};

function shop(s: Stage, motd: Sketch, web: Sketch = {}): void {
  s.compose({ web: { ...listening, ...web } }, { configs: { motd } });
}

test('a changed file of a config replaces the container, which Compose does not notice', async (t) => {
  const s = stage(t);
  const edit = (text: string): string => s.write('motd', text);
  edit('one\n');
  shop(s, { file: './motd' }, { pre_stop: [writes('stopping')] });
  await s.ok(['apply']);
  const before = await container(s.name, 'web');
  await s.ok(['plan', '--exit-code']);
  edit('two\n');
  if (noCompose() === undefined) {
    await composeOk(s, ['up', '-d']);
    assert.equal((await container(s.name, 'web')).Id, before.Id);
  }
  assert.match((await s.ok(['plan'])).stdout, /content of config motd changed/);
  await s.ok(['apply']);
  const after = await container(s.name, 'web');
  assert.notEqual(after.Id, before.Id);
  assert.equal(await readContainerFile(after.Id, '/motd'), 'two\n');
  assert.ok(s.log().includes('stopping'));
  await s.ok(['plan', '--exit-code']);
});

test('on_change restart keeps the container and gives it the new bytes, once', async (t) => {
  const s = stage(t);
  const motd = (content: string): Sketch => ({ content, 'x-reeve': { on_change: 'restart' } });
  shop(s, motd('one\n'), { pre_stop: [writes('stopping')] });
  await s.ok(['apply']);
  const before = await container(s.name, 'web');
  shop(s, motd('two\n'), { pre_stop: [writes('stopping')] });
  await s.ok(['apply']);
  const after = await container(s.name, 'web');
  assert.equal(after.Id, before.Id);
  assert.notEqual(after.State.StartedAt, before.State.StartedAt);
  assert.equal(await readContainerFile(after.Id, '/motd'), 'two\n');
  assert.deepEqual(
    s.log().filter((line) => line === 'stopping'),
    ['stopping'],
  );
  await s.ok(['plan', '--exit-code']);
});

test('on_change signal tells the running container, which then reads the new bytes, once', async (t) => {
  const s = stage(t);
  const motd = (content: string): Sketch => ({ content, 'x-reeve': { on_change: 'signal:HUP' } });
  const hook = { post_start: [{ command: ['sh', '-c', 'until grep -q ready /out/log; do sleep 0.1; done'] }] };
  shop(s, motd('one\n'), hook);
  await s.ok(['apply']);
  const before = await container(s.name, 'web');
  shop(s, motd('two\n'), hook);
  await s.ok(['apply', '--wait', '--wait-timeout', '30s']);
  const after = await container(s.name, 'web');
  assert.deepEqual([after.Id, after.State.StartedAt], [before.Id, before.State.StartedAt]);
  await eventually(() => assert.deepEqual(s.log(), ['ready', 'two']));
  await s.ok(['plan', '--exit-code']);
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['ready', 'two']);
});

test('watch hears of the change by itself', async (t) => {
  const s = stage(t);
  s.write('motd', 'one\n');
  shop(s, { file: './motd', 'x-reeve': { on_change: 'signal:HUP' } });
  const watch = s.start(['watch', '--debounce', '50ms']);
  await eventually(() => assert.deepEqual(s.log(), ['ready']));
  await watch.line(/converged|watching/i);
  s.write('motd', 'two\n');
  await eventually(() => assert.deepEqual(s.log(), ['ready', 'two']));
});

test('a container whose file vanished stays as it is until the file is back', async (t) => {
  const s = stage(t);
  s.write('motd', 'one\n');
  shop(s, { file: './motd', 'x-reeve': { on_change: 'restart' } });
  await s.ok(['apply']);
  const before = await container(s.name, 'web');
  rmSync(s.path('motd'));
  const { exitCode, stderr } = await s.run(['apply']);
  assert.equal(exitCode, 1);
  assert.match(stderr, /web: config motd: .*\/motd is not there any more/);
  const after = await container(s.name, 'web');
  assert.deepEqual([after.Id, after.State.StartedAt], [before.Id, before.State.StartedAt]);
  s.write('motd', 'one\n');
  await s.ok(['plan', '--exit-code']);
});

test('on_change ignore leaves the container as it is', async (t) => {
  const s = stage(t);
  const motd = (content: string): Sketch => ({ content, 'x-reeve': { on_change: 'ignore' } });
  shop(s, motd('one\n'));
  await s.ok(['apply']);
  shop(s, motd('two\n'));
  await s.ok(['plan', '--exit-code']);
});

test(
  'of a container that Compose made the bytes count from its adoption on',
  { skip: noCompose() ?? false },
  async (t) => {
    const s = stage(t);
    s.write('motd', 'one\n');
    shop(s, { file: './motd' });
    await composeOk(s, ['up', '-d']);
    const before = await container(s.name, 'web');
    await s.ok(['apply']);
    assert.equal((await container(s.name, 'web')).Id, before.Id);
    s.write('motd', 'two\n');
    await s.ok(['apply']);
    const after = await container(s.name, 'web');
    assert.notEqual(after.Id, before.Id);
    assert.equal(await readContainerFile(after.Id, '/motd'), 'two\n');
  },
);

test('a secret from the environment is in no label, and another value replaces the container', async (t) => {
  const s = stage(t);
  s.compose({ web: { secrets: ['token'] } }, { secrets: { token: { environment: 'TOKEN' } } });
  await s.ok(['apply'], { env: { TOKEN: 'correct-horse' } });
  const before = await container(s.name, 'web');
  assert.doesNotMatch(JSON.stringify(before), /correct-horse/);
  assert.equal(await readContainerFile(before.Id, '/run/secrets/token'), 'correct-horse');
  await s.ok(['plan', '--exit-code'], { env: { TOKEN: 'correct-horse' } });
  const planned = await s.ok(['plan'], { env: { TOKEN: 'battery-staple' } });
  assert.match(planned.stdout, /content of secret token changed/);
  assert.doesNotMatch(planned.stdout, /battery|horse/);
  await s.ok(['apply'], { env: { TOKEN: 'battery-staple' } });
  assert.equal(await readContainerFile((await container(s.name, 'web')).Id, '/run/secrets/token'), 'battery-staple');
});

test('an edited env file replaces the container', async (t) => {
  const s = stage(t);
  s.write('web.env', 'EDITION=1\n');
  s.compose({ web: { env_file: ['web.env'] } });
  await s.ok(['apply']);
  s.write('web.env', 'EDITION=2\n');
  await s.ok(['apply']);
  assert.ok((await container(s.name, 'web')).Config.Env.includes('EDITION=2'));
});

test('inline content under read_only is refused while everything still stands, where Compose has lost it', async (t) => {
  const s = stage(t);
  const secrets = { secrets: { token: { environment: 'TOKEN' } } };
  const changed = { secrets: ['token'], read_only: true, pre_stop: [writes('stopping')] };
  s.compose({ web: {} });
  await s.ok(['apply']);
  const before = await container(s.name, 'web');
  s.compose({ web: changed, db: {} }, secrets);
  const ended = await s.run(['apply'], { env: { TOKEN: 'value' } });
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /web: secret token: its environment cannot be written .*read_only/);
  const after = await container(s.name, 'web');
  assert.deepEqual([after.Id, after.State.StartedAt], [before.Id, before.State.StartedAt]);
  assert.equal((await container(s.name, 'db')).State.Running, true);
  if (noCompose() !== undefined) return;
  const theirs = await compose(s, ['up', '-d'], { env: { TOKEN: 'value' } });
  assert.notEqual(theirs.exitCode, 0);
  assert.equal((await container(s.name, 'web')).State.Running, false);
});
