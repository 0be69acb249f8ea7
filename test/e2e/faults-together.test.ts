/** Two `watch` and an `apply` at once on one project: never two act at the same time, all settle, each says what it waits for. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { actingProxy, overlaps, type Deed } from '../support/acting-proxy.ts';
import { containers, outside, recordEvents } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { chance, report, times } from '../support/faults.ts';
import { assertOneAtATime, assertUp, writeCast } from '../support/incarnations.ts';
import { script, stage } from '../support/stage.ts';

const rounds = Math.min(times(2), 60);

test(
  'two watches and applies, while files change and containers are killed: one at a time, and all settle',
  { timeout: 120_000 + rounds * 30_000 },
  async (t) => {
    const startedAtMs = performance.now();
    const luck = chance();
    const s = stage(t);
    const deeds: Deed[] = [];
    await using first = await actingProxy(s.out('1.sock'), 'watch 1', deeds);
    await using second = await actingProxy(s.out('2.sock'), 'watch 2', deeds);
    await using third = await actingProxy(s.out('3.sock'), 'apply', deeds);
    writeCast(s, { version: 0, replicas: 1 });
    const deadlineMs = 120_000 + rounds * 30_000;
    const watches = [first, second].map(({ host }) => s.start(['watch'], { env: { DOCKER_HOST: host }, deadlineMs }));
    for (let version = 1; version <= rounds; version += 1) {
      const shape = { version, replicas: 1 + luck.below(3) };
      writeCast(s, shape);
      await s.ok(['apply'], { env: { DOCKER_HOST: third.host } });
      if (luck.below(2) === 0) await killOne(s.name, luck.next());
      await eventually(() => assertUp(s, shape), { deadlineMs: 60_000 });
    }
    for (const watch of watches) watch.kill('SIGINT');
    for (const { ended } of watches) assert.doesNotMatch((await ended).stderr, /\n\s+at |bug in reeve/);
    assert.deepEqual(overlaps(deeds), []);
    assertOneAtATime(s);
    assert.equal((await s.run(['plan', '--exit-code'])).exitCode, 0);
    const by = (name: string): number => deeds.filter((deed) => deed.by === name).length;
    const shares = `${by('watch 1')}, ${by('watch 2')} and ${by('apply')} calls that changed something`;
    report(t, startedAtMs, `${rounds} rounds (REEVE_SEED=${luck.seed}): ${shares}`);
  },
);

test('who waits for another says for whom, by its command and process, and then finds the work done', async (t) => {
  const s = stage(t);
  s.compose({
    web: {
      post_start: [
        script('echo begun >> /out/log; while ! [ -e /out/go ]; do sleep 0.05; done; echo ended >> /out/log'),
      ],
    },
  });
  const holder = s.start(['watch']);
  await eventually(() => assert.deepEqual(s.log(), ['begun']));
  const [watch, apply] = [s.start(['watch']), s.start(['apply'])];
  const said = new RegExp(`waiting for reeve watch \\(process ${holder.pid}\\), which works on this project`);
  for (const other of [watch, apply]) await other.line(said);
  await using recording = await recordEvents();
  writeFileSync(s.out('go'), '');
  const { exitCode, stdout, stderr } = await apply.ended;
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /converged, nothing to do/);
  await watch.line(/converged/);
  assert.deepEqual(s.log(), ['begun', 'ended']);
  const changes = recording.of(s.name).filter((line) => /create|start|stop|destroy/.test(line));
  assert.deepEqual(changes, []);
});

test('a holder that is killed while others wait is succeeded by one of them', async (t) => {
  const s = stage(t);
  s.compose({
    web: {
      post_start: [
        script('echo begun >> /out/log; while ! [ -e /out/go ]; do sleep 0.05; done; echo ended >> /out/log'),
        script('echo second >> /out/log'),
      ],
    },
  });
  const holder = s.start(['watch']);
  await eventually(() => assert.deepEqual(s.log(), ['begun']));
  const watch = s.start(['watch']);
  const apply = s.start(['apply']);
  for (const one of [watch, apply]) await one.line(/waiting for reeve watch/);
  holder.kill('SIGKILL');
  await holder.ended;
  writeFileSync(s.out('go'), '');
  assert.equal((await apply.ended).exitCode, 0);
  await watch.line(/converged/);
  assert.deepEqual(s.log(), ['begun', 'ended', 'second']);
});

async function killOne(project: string, chosen: number): Promise<void> {
  const running = (await containers(project)).filter(({ State }) => State.Running);
  const one = running[Math.floor(chosen * running.length)];
  // It may be gone by now.
  if (one) await outside.kill(one.Id).catch(() => {});
}
