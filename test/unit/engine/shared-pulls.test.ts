import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PullRequest } from '../../../src/engine/engine.ts';
import { SharedPulls } from '../../../src/engine/shared-pulls.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** Pulls that last until the test ends them. */
class Bench {
  readonly clock = new VirtualClock();
  readonly begun: { readonly request: PullRequest; readonly signal: AbortSignal; readonly end: () => void }[] = [];
  readonly pulls = new SharedPulls(this.clock, (request, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => reject(signal.reason));
    this.begun.push({ request, signal, end: resolve });
    return promise;
  });

  join(
    ref: string,
    more: { readonly platform?: string; readonly onProgress?: PullRequest['onProgress'] } = {},
  ): Caller {
    const leave = new AbortController();
    const { onProgress } = more;
    const request = { ref, platform: more.platform, ...(onProgress ? { onProgress } : {}) };
    const ended = this.pulls.join(request, leave.signal);
    ended.catch(() => {});
    return { ended, leave: () => leave.abort(new Error('left')) };
  }
}

interface Caller {
  readonly ended: Promise<void>;
  readonly leave: () => void;
}

suite('a pull', () => {
  test('is one for all who want the image, and each is told how far it is', async () => {
    const bench = new Bench();
    const told: string[] = [];
    const tell = (who: string) => (progress: { readonly done: number }) => void told.push(`${who} ${progress.done}`);
    const callers = [bench.join('app', { onProgress: tell('a') }), bench.join('app', { onProgress: tell('b') })];
    bench.join('app', { platform: 'linux/arm64' });
    bench.join('db');
    assert.deepEqual(
      bench.begun.map(({ request: { ref, platform } }) => [ref, platform]),
      [
        ['app', undefined],
        ['app', 'linux/arm64'],
        ['db', undefined],
      ],
    );
    bench.begun[0]?.request.onProgress?.({ done: 7, total: 9 });
    assert.deepEqual(told, ['a 7', 'b 7']);
    bench.begun[0]?.end();
    await Promise.all(callers.map(({ ended }) => ended));
  });

  test('is asked for as its first caller asks', async () => {
    const bench = new Bench();
    const ended = bench.pulls.join({ ref: 'app', platform: undefined, once: true }, new AbortController().signal);
    assert.equal(bench.begun[0]?.request.once, true);
    bench.begun[0]?.end();
    await ended;
  });

  test('that is left goes on for whoever comes back within 10 s', async () => {
    const bench = new Bench();
    const first = bench.join('app');
    first.leave();
    await assert.rejects(first.ended, /^Error: left$/);
    await bench.clock.advance(9999);
    const second = bench.join('app');
    await bench.clock.advance(60_000);
    bench.begun[0]?.end();
    await second.ended;
    assert.equal(bench.begun.length, 1);
  });

  test('that nobody comes back for ends, and the next caller begins another one', async () => {
    const bench = new Bench();
    const first = bench.join('app');
    first.leave();
    await assert.rejects(first.ended);
    await bench.clock.advance(10_000);
    assert.equal(bench.begun[0]?.signal.aborted, true);
    bench.join('app');
    assert.equal(bench.begun.length, 2);
  });

  test('that somebody else still waits for does not end', async () => {
    const bench = new Bench();
    const [first, second] = [bench.join('app'), bench.join('app')];
    first.leave();
    await bench.clock.advance(60_000);
    bench.begun[0]?.end();
    await second.ended;
  });

  test('that fails does so for all, and is not remembered', async () => {
    const bench = new Bench();
    const callers = [bench.join('app'), bench.join('app')];
    const fails = new SharedPulls(bench.clock, () => Promise.reject(new Error('no registry has app')));
    await assert.rejects(fails.join({ ref: 'app', platform: undefined }, new AbortController().signal), /no registry/);
    bench.begun[0]?.end();
    await Promise.all(callers.map(({ ended }) => ended));
    bench.join('app');
    assert.equal(bench.begun.length, 2);
  });

  test('that was left ends when the program does', async () => {
    const bench = new Bench();
    const first = bench.join('app');
    first.leave();
    await assert.rejects(first.ended);
    bench.pulls.close();
    assert.equal(bench.begun[0]?.signal.aborted, true);
  });
});
