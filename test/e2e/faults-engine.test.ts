/**
 * An engine that is killed and comes back under `watch`, with containers that end with it or outlive it, and one that takes
 * calls and answers nothing for a while: after its return everything is as the file says, and every new start has its hooks.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { containers } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { report } from '../support/faults.ts';
import { assertOneAtATime, assertUp, writeCast } from '../support/incarnations.ts';
import { noOwnEngine, ownEngine } from '../support/own-engine.ts';
import { stage, type Stage } from '../support/stage.ts';

const skip = noOwnEngine() ?? false;
const frozenMs = 10_000;

async function assertAtRest(s: Stage, env: Readonly<Record<string, string>>): Promise<void> {
  assertOneAtATime(s);
  const plan = await s.run(['plan', '--exit-code'], { env });
  assert.equal(plan.exitCode, 0, plan.stdout);
}

for (const liveRestore of [false, true]) {
  test(
    `dockerd killed and started again under watch, ${liveRestore ? 'with' : 'without'} live-restore; a container died meanwhile`,
    { skip, timeout: 170_000 },
    async (t) => {
      const startedAtMs = performance.now();
      const s = stage(t);
      const engine = await ownEngine(t, { liveRestore });
      const env = { DOCKER_HOST: engine.host };
      // An engine without live-restore asks its containers to end when it comes back.
      const shape = { version: 1, replicas: 2, exitCode: 143 };
      writeCast(s, shape);
      const watch = s.start(['watch'], { env, deadlineMs: 160_000 });
      await watch.line(/converged/);
      const before = await containers(s.name, undefined, engine.host);
      await engine.kill();
      await watch.line(/the engine cannot be reached/);
      const [dead] = before;
      assert.ok(dead);
      process.kill(dead.State.Pid, 'SIGKILL');
      await engine.up();
      await eventually(() => assertUp(s, shape, engine.host), { deadlineMs: 90_000 });
      const after = await containers(s.name, undefined, engine.host);
      const stayed = after.filter(({ State }) => before.some((one) => one.State.StartedAt === State.StartedAt));
      assert.equal(stayed.length, liveRestore ? before.length - 1 : 0);
      const { postStart } = await assertUp(s, shape, engine.host);
      assert.equal(postStart, 0, 'a container that went on was given no hook twice');
      watch.kill('SIGINT');
      const { stderr } = await watch.ended;
      assert.doesNotMatch(stderr, /\n\s+at |bug in reeve/);
      await assertAtRest(s, env);
      await s.ok(['down'], { env });
      report(t, startedAtMs, `dockerd was away; ${stayed.length} of ${before.length} containers outlived it`);
    },
  );
}

test(
  'an engine that answers nothing for 10 s during apply and watch: it is said, nothing is lost, nothing is done twice',
  { skip, timeout: 170_000 },
  async (t) => {
    const startedAtMs = performance.now();
    const [applied, watched] = [stage(t), stage(t)];
    const engine = await ownEngine(t);
    const env = { DOCKER_HOST: engine.host };
    const shape = { version: 1, replicas: 2 };
    writeCast(watched, shape);
    const watch = watched.start(['watch'], { env, deadlineMs: 160_000 });
    await watch.line(/converged/);
    writeCast(applied, shape);
    const apply = applied.start(['apply'], { env });
    await apply.line(/db\/1 +start container/);
    engine.freeze();
    const next = { version: 2, replicas: 1 };
    writeCast(watched, next);
    await delay(frozenMs);
    engine.thaw();
    const { exitCode, stderr } = await apply.ended;
    assert.equal(exitCode, 0, stderr);
    for (const text of [stderr, watch.stderr]) {
      assert.match(text, /warning: the engine at .* has not answered for \d+ s \(.*\); waiting/);
      assert.equal(text.split('has not answered').length - 1, 1, text);
    }
    await watch.line(/answers again, after \d+ s/);
    await eventually(
      async () => {
        assert.deepEqual(await assertUp(applied, shape, engine.host), { postStart: 0 });
        assert.deepEqual(await assertUp(watched, next, engine.host), { postStart: 0 });
      },
      { deadlineMs: 60_000 },
    );
    watch.kill('SIGINT');
    await watch.ended;
    for (const s of [applied, watched]) {
      await assertAtRest(s, env);
      await s.ok(['down'], { env });
    }
    report(t, startedAtMs, `dockerd was frozen for ${frozenMs / 1000} s`);
  },
);
