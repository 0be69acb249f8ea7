/**
 * SIGKILL of `apply`, `down` and `watch` at random moments: at the n-th call to the engine, before or after the engine got it.
 * After each the next run settles. `npm run test:faults` does it 200 times each, `npm test` a few.
 */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { recordEvents, type EventRecording } from '../support/engine.ts';
import { chance, report, times, type Chance } from '../support/faults.ts';
import { assertGone, assertPast, assertUp, writeCast, type Shape } from '../support/incarnations.ts';
import { recordingProxy } from '../support/recording-proxy.ts';
import type { Running } from '../support/reeve.ts';
import { stage, type Stage } from '../support/stage.ts';

const moments = times(5);
const timeout = 60_000 + moments * 20_000;
/** Longest time between a call and the kill that it brings. */
const LATEST_MS = 40;

/** One test's world. */
interface Play {
  readonly s: Stage;
  readonly luck: Chance;
  readonly recording: EventRecording;
  /** Calls of a run that came to its end: moments lie among them. */
  calls: number;
  killed: number;
  repeats: number;
}

describe('SIGKILL at random moments', { concurrency: true }, () => {
  test('of apply: the next run settles, with every hook', { timeout }, async (t) => {
    await play(t, 'apply', async (p, round) => {
      const shape = { version: round, replicas: 1 + p.luck.below(3) };
      writeCast(p.s, shape);
      await killed(p, ['apply']);
      await settleUp(p, shape);
    });
  });

  test('of down: the next down finishes it, the next apply takes it back', { timeout }, async (t) => {
    await play(t, 'down', async (p, round) => {
      const shape = { version: round, replicas: 1 + p.luck.below(3) };
      writeCast(p.s, shape);
      await p.s.ok(['apply']);
      await killed(p, ['down']);
      if (p.luck.below(2) === 0) return settleUp(p, shape);
      await p.s.ok(['down']);
      await assertGone(p.s);
      await assertPast(p.s, p.recording);
    });
  });

  test('of watch: the next run settles, with every hook', { timeout }, async (t) => {
    await play(t, 'watch', async (p, round) => {
      const shape = { version: round, replicas: 1 + p.luck.below(3) };
      const isAtRest = p.luck.below(2) === 0;
      if (!isAtRest) writeCast(p.s, shape);
      await killed(p, ['watch', '--json', '--debounce', '10ms'], async (watch) => {
        if (!isAtRest) return;
        await watch.line(/"reason":"Converged"/);
        writeCast(p.s, shape);
      });
      await settleUp(p, shape);
    });
  });
});

async function play(t: TestContext, command: string, round: (p: Play, round: number) => Promise<void>): Promise<void> {
  const startedAtMs = performance.now();
  const s = stage(t);
  const luck = chance();
  await using recording = await recordEvents();
  const p: Play = { s, luck, recording, calls: 60, killed: 0, repeats: 0 };
  writeCast(s, { version: 0, replicas: 2 });
  await s.ok(['apply']);
  try {
    for (let n = 1; n <= moments; n += 1) await round(p, n);
  } finally {
    const said = `${command}: ${moments} moments (REEVE_SEED=${luck.seed}), ${p.killed} of them before its end`;
    report(t, startedAtMs, `${said}; ${p.repeats} hooks ran once more than they had to`);
  }
}

/** Runs a command and kills it at a moment of its own, counted from when `ready` says that there is something to do. */
async function killed(
  p: Play,
  args: readonly string[],
  ready: (running: Running) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { s, luck } = p;
  const moment = 1 + luck.below(p.calls);
  const passes = luck.below(2) === 0;
  const afterMs = luck.pick(0, luck.below(LATEST_MS));
  const come = Promise.withResolvers<void>();
  let first = args[0] === 'watch' ? Infinity : 1;
  await using proxy = await recordingProxy(s.out('engine.sock'), {
    onRequest: (n) => {
      if (n - first + 1 >= moment) come.resolve();
      return n - first + 1 < moment || passes;
    },
  });
  const running = s.start(args, { env: { DOCKER_HOST: proxy.host } });
  await ready(running);
  first = Math.min(first, proxy.requests.length + 1);
  // A watch that has nothing to do makes no calls.
  const idle = args[0] === 'watch' ? delay(3000, undefined, { ref: false }) : new Promise(() => {});
  await Promise.race([come.promise, running.ended, idle]);
  await delay(afterMs);
  running.kill('SIGKILL');
  const { signal, exitCode, stderr } = await running.ended;
  if (proxy.requests.length - first + 1 < moment) p.calls = Math.max(1, proxy.requests.length - first + 1);
  if (signal === 'SIGKILL') p.killed += 1;
  else assert.equal(exitCode, 0, stderr);
}

async function settleUp(p: Play, shape: Shape): Promise<void> {
  const { s, luck, recording } = p;
  if (luck.below(3) === 0) {
    const watch = s.start(['watch', '--json']);
    await watch.line(/"reason":"Converged"/);
    watch.kill('SIGINT');
    await watch.ended;
  } else await s.ok(['apply']);
  const { postStart } = await assertUp(s, shape);
  p.repeats += postStart;
  await assertPast(s, recording);
  assert.equal((await s.run(['plan', '--exit-code'])).exitCode, 0);
}
