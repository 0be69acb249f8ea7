/** Ctrl-C, SIGTERM, a second Ctrl-C, SIGKILL, at any moment: the next run repairs what is left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containers } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { script, stage, writes, type Stage } from '../support/stage.ts';

/** Two tiers with hooks, replaced as a whole by each version. */
function twoTiers(s: Stage, version: number): void {
  const hooks = { post_start: [script('sleep 0.1; hostname >> /out/log')], pre_stop: [script('sleep 0.1')] };
  const environment = { VERSION: String(version) };
  s.compose({ db: { ...hooks, environment }, web: { ...hooks, environment, scale: 2, depends_on: ['db'] } });
}

async function assertConverged(s: Stage, version: number): Promise<void> {
  await s.ok(['apply']);
  const all = await containers(s.name);
  assert.deepEqual(
    all.map(({ Name }) => Name),
    [`/${s.name}-db-1`, `/${s.name}-web-1`, `/${s.name}-web-2`],
  );
  for (const { Id, State, Config } of all) {
    assert.equal(State.Running, true);
    assert.ok(Config.Env.includes(`VERSION=${version}`));
    assert.ok(s.log().includes(Id.slice(0, 12)), 'its post_start ran');
  }
  assert.equal((await s.run(['plan', '--exit-code'])).exitCode, 0);
}

/** An event of the engine's after which the program is hit. */
const moments = [/create container/, /start/, /post_start/, /pre_stop/, /stop container/, /remove container/, /rename/];

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  test(
    `${signal} at different moments of a replacement leaves what the next apply repairs`,
    { timeout: 170_000 },
    async (t) => {
      const s = stage(t);
      twoTiers(s, 0);
      await s.ok(['apply']);
      for (const [index, moment] of moments.entries()) {
        twoTiers(s, index + 1);
        const run = s.start(['apply', '--json']);
        await Promise.race([run.line(moment), run.ended]).catch(() => {});
        run.kill(signal);
        const { exitCode } = await run.ended;
        if (signal !== 'SIGKILL') assert.ok(exitCode === 130 || exitCode === 0, `exit code ${exitCode}`);
        await assertConverged(s, index + 1);
      }
    },
  );
}

test('the first Ctrl-C lets a running hook end and starts nothing new; the next run takes up the rest', async (t) => {
  const s = stage(t);
  s.compose({
    web: { post_start: [script('echo begun >> /out/log; sleep 1; echo ended >> /out/log'), writes('next')] },
  });
  const run = s.start(['apply']);
  await eventually(() => assert.deepEqual(s.log(), ['begun']));
  run.kill('SIGINT');
  assert.equal((await run.ended).exitCode, 130);
  assert.deepEqual(s.log(), ['begun', 'ended']);
  await s.ok(['apply']);
  assert.deepEqual(s.log(), ['begun', 'ended', 'next']);
});

test('the second Ctrl-C leaves at once', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [script('echo begun >> /out/log; sleep 60')] } });
  const run = s.start(['apply']);
  await eventually(() => assert.deepEqual(s.log(), ['begun']));
  run.kill('SIGINT');
  await run.line(/again|second|once more/i);
  run.kill('SIGINT');
  assert.equal((await run.ended).exitCode, 130);
});
