/** A registry that takes connections and never answers: a pull from it keeps nobody from anything. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { container, outside } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { testImage } from '../support/project.ts';
import { stage, writes } from '../support/stage.ts';

/** `127.0.0.1:41234/app:1` of a registry that hangs, and how often it was connected to. */
async function hangingRegistry(t: TestContext): Promise<{ readonly image: string; readonly asked: () => number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => {})));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { image: `127.0.0.1:${address.port}/app:1`, asked: () => sockets.size };
}

test('one Ctrl-C ends it at once', async (t) => {
  const [s, { image, asked }] = [stage(t), await hangingRegistry(t)];
  s.compose({ web: { image } });
  const run = s.start(['apply']);
  await eventually(() => assert.ok(asked() > 0));
  run.kill('SIGINT');
  const { exitCode, stderr } = await run.ended;
  assert.equal(exitCode, 130, stderr);
  assert.doesNotMatch(stderr, /the grace is over|failed|bug in reeve/);
});

test('under watch the rest of the project goes on, and a saved file that wants another image counts at once', async (t) => {
  const [s, { image, asked }] = [stage(t), await hangingRegistry(t)];
  const db = { post_start: [writes('db')] };
  s.compose({ web: { image }, db });
  const watch = s.start(['watch']);
  await eventually(() => assert.deepEqual([asked() > 0, s.log()], [true, ['db']]));
  await outside.kill((await container(s.name, 'db')).Id);
  await eventually(() => assert.deepEqual(s.log(), ['db', 'db']));
  s.compose({ web: { image: testImage }, db });
  await watch.line(/converged/);
  assert.equal((await container(s.name, 'web')).State.Running, true);
  watch.kill('SIGINT');
  assert.equal((await watch.ended).exitCode, 130);
});
