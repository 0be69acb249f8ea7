/** An engine that is killed and comes back under `watch`: nothing is lost, and every new start gets its hooks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { noOwnEngine, ownEngine } from '../support/own-engine.ts';
import { stage, writes } from '../support/stage.ts';

const skip = noOwnEngine() ?? false;

test(
  'an engine that is killed and started again under watch: its containers run again, with post_start',
  { skip, timeout: 170_000 },
  async (t) => {
    const engine = await ownEngine(t);
    const s = stage(t);
    const env = { DOCKER_HOST: engine.host };
    s.compose({
      // Not one that exits 0 when it is asked to: without a restart policy that one has finished.
      plain: { command: ['sleep', '1000'], post_start: [writes('plain')] },
      always: { restart: 'always', post_start: [writes('always')] },
    });
    const watch = s.start(['watch'], { env, deadlineMs: 160_000 });
    await eventually(() => assert.deepEqual(s.log().toSorted(), ['always', 'plain']));
    await engine.kill();
    await watch.line(/engine|connect|reach/i);
    await engine.up();
    await eventually(() => assert.deepEqual(s.log().toSorted(), ['always', 'always', 'plain', 'plain']), {
      deadlineMs: 90_000,
    });
    watch.kill('SIGINT');
    await watch.ended;
    await s.ok(['down'], { env });
  },
);

test('an engine that is down is exit code 4, with its address and what to do', async (t) => {
  const s = stage(t);
  s.compose({ web: {} });
  const ended = await s.run(['apply'], { env: { DOCKER_HOST: `unix://${s.out('nobody.sock')}` } });
  assert.equal(ended.exitCode, 4);
  assert.match(ended.stderr, /nobody\.sock/);
});
