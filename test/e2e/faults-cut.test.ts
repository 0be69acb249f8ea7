/**
 * A proxy that cuts every connection to the engine after so many bytes of answers: it is said in words, nothing is lost,
 * nothing is asked in a hot loop, and once the connections last everything settles.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordEvents } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { chance, report, times } from '../support/faults.ts';
import { assertGone, assertPast, assertUp, writeCast } from '../support/incarnations.ts';
import { recordingProxy } from '../support/recording-proxy.ts';
import type { Ended } from '../support/reeve.ts';
import { stage } from '../support/stage.ts';

/** In the head of an answer, in its body, in a list, and in what only long answers and streams come to. */
const lengths = [150, 900, 2_500, 5_000, 9_000];
const rounds = times(2);

/** Said in words: which engine or call it was, and nothing that only its authors understand. */
function assertSaid({ exitCode, stderr }: Ended): void {
  if (exitCode === 0) return;
  assert.ok(exitCode === 1 || exitCode === 4, `exit code ${exitCode}\n${stderr}`);
  assert.match(stderr, /engine/);
  assert.doesNotMatch(stderr, /\n\s+at |bug in reeve|socket hang up|aborted|undefined|\[object/);
}

test(
  'apply and down through connections that are cut: each says so, and the next one settles',
  { timeout: 120_000 + rounds * 30_000 },
  async (t) => {
    const startedAtMs = performance.now();
    const luck = chance();
    const s = stage(t);
    await using recording = await recordEvents();
    await using proxy = await recordingProxy(s.out('engine.sock'));
    const options = { env: { DOCKER_HOST: proxy.host } };
    let failed = 0;
    for (let round = 1; round <= rounds; round += 1) {
      const shape = { version: round, replicas: 1 + luck.below(2) };
      writeCast(s, shape);
      proxy.cutAfter(luck.pick(luck.pick(0, ...lengths), luck.below(25_000)));
      for (const command of ['apply', 'down']) {
        const ended = await s.run([command], options);
        assertSaid(ended);
        if (ended.exitCode !== 0) failed += 1;
      }
      proxy.cutAfter(Infinity);
      await s.ok(['apply'], options);
      await assertUp(s, shape);
      await assertPast(s, recording);
      assert.equal((await s.run(['plan', '--exit-code'], options)).exitCode, 0);
    }
    await s.ok(['down'], options);
    await assertGone(s);
    await assertPast(s, recording);
    report(t, startedAtMs, `${2 * rounds} runs (REEVE_SEED=${luck.seed}), ${failed} of them were cut and said so`);
  },
);

test('a hook whose output is cut is awaited, not run again', async (t) => {
  const s = stage(t);
  const lines = 'i=0; while [ $i -lt 400 ]; do echo "line $i of many lines"; i=$((i+1)); done';
  s.compose({
    web: {
      post_start: [
        {
          command: [
            'sh',
            '-c',
            `echo begun >> /out/log; ${lines}; sleep 1; echo ended >> /out/log`.replaceAll('$', '$$$$'),
          ],
        },
      ],
    },
  });
  await using proxy = await recordingProxy(s.out('engine.sock'));
  // More than any other answer has, less than the hook prints.
  proxy.cutAfter(9_000);
  const ended = await s.run(['apply'], { env: { DOCKER_HOST: proxy.host } });
  assertSaid(ended);
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['begun', 'ended']);
});

for (const cutAfter of [100, 700]) {
  test(`watch through connections that are cut after ${cutAfter} bytes: said once, asked seldom, settled when they last`, async (t) => {
    const s = stage(t);
    await using recording = await recordEvents();
    await using proxy = await recordingProxy(s.out('engine.sock'));
    writeCast(s, { version: 1, replicas: 1 });
    const watch = s.start(['watch'], { env: { DOCKER_HOST: proxy.host } });
    await watch.line(/converged/);
    const [sinceMs, calls] = [performance.now(), proxy.requests.length];
    proxy.cutAfter(cutAfter);
    const [fifth, sixth] = await eventually(() => {
      const opened = proxy.requests.filter(({ atMs, line }) => atMs >= sinceMs && line.includes('/events'));
      assert.ok(opened.length >= 6);
      return opened.slice(4).map(({ atMs }) => atMs);
    });
    const [made, seconds] = [proxy.requests.length - calls, (performance.now() - sinceMs) / 1000];
    assert.ok((sixth ?? 0) - (fifth ?? 0) > 700, 'the stream is opened after growing delays');
    assert.ok(made < 300, `${made} calls in ${seconds} s`);
    assert.equal(watch.stderr.split('cannot be reached;').length - 1, 1, watch.stderr);
    writeCast(s, { version: 2, replicas: 2 });
    proxy.cutAfter(Infinity);
    await eventually(() => assertUp(s, { version: 2, replicas: 2 }), { deadlineMs: 60_000 });
    await assertPast(s, recording);
    watch.kill('SIGINT');
    assertSaid({ ...(await watch.ended), exitCode: 0 });
    report(t, sinceMs, `${made} calls in ${seconds.toFixed(1)} s of cutting`);
  });
}
