import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Backoff } from '../../../src/controller/backoff.ts';
import type { Outcome } from '../../../src/controller/work-queue.ts';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { TerminalError } from '../../../src/model/errors.ts';
import { VirtualClock, rest } from '../../support/virtual-clock.ts';

/** A queue with virtual time, and workers whose runs are written down as `time key`. */
function setUp(work: (key: string) => Promise<Outcome> = () => Promise.resolve({ kind: 'done' }), concurrency = 1) {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock, backoff: new Backoff({ clock, random: () => 0 }) });
  const stop = new AbortController();
  const runs: string[] = [];
  const outcomes: string[] = [];
  const start = (): Promise<void> =>
    queue.run(
      (key) => {
        runs.push(`${clock.monotonic()} ${key}`);
        return work(key);
      },
      {
        concurrency,
        signal: stop.signal,
        report: (key, outcome, againInMs) => outcomes.push(`${key} ${outcome.kind} ${againInMs ?? '-'}`),
      },
    );
  return { clock, queue, stop, runs, outcomes, start };
}

/** Work that ends when the test says so. */
function gate() {
  const open: (() => void)[] = [];
  const pass = (): Promise<Outcome> =>
    new Promise((resolve) => {
      open.push(() => resolve({ kind: 'done' }));
    });
  return { pass, open: (): void => open.shift()?.() };
}

suite('work queue', () => {
  test('many notices of one key are one run', async () => {
    const { clock, queue, runs, start } = setUp();
    for (let i = 0; i < 100; i++) queue.add('shop');
    void start();
    await clock.advance(0);
    assert.deepEqual(runs, ['0 shop']);
  });

  test('a key that is worked on is given to nobody else, and runs once more when it was added meanwhile', async () => {
    const { pass, open } = gate();
    const { clock, queue, runs, start } = setUp(pass, 4);
    void start();
    queue.add('shop');
    await clock.advance(10);
    queue.add('shop');
    queue.add('shop', { delayMs: 5 });
    await clock.advance(10);
    assert.deepEqual(runs, ['0 shop']);
    open();
    await clock.advance(10);
    assert.deepEqual(runs, ['0 shop', '20 shop']);
    open();
    await clock.advance(1_000);
    assert.equal(runs.length, 2);
  });

  test('one key that is worked on holds up no other', async () => {
    const { pass, open } = gate();
    const { clock, queue, runs, start } = setUp(
      (key) => (key === 'slow' ? pass() : Promise.resolve({ kind: 'done' })),
      2,
    );
    void start();
    queue.add('slow');
    queue.add('a');
    queue.add('slow');
    queue.add('b');
    await clock.advance(0);
    assert.deepEqual(runs, ['0 slow', '0 a', '0 b']);
    open();
  });

  test('no more keys are worked on at once than there are workers', async () => {
    const { pass, open } = gate();
    const { clock, queue, runs, start } = setUp(pass, 2);
    void start();
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await clock.advance(0);
    assert.deepEqual(runs, ['0 a', '0 b']);
    open();
    await clock.advance(0);
    assert.deepEqual(runs, ['0 a', '0 b', '0 c']);
  });

  test('a run that lasts gives its place to another key, and is waited for in the end', async () => {
    const { pass, open } = gate();
    const { clock, queue, runs, outcomes, stop, start } = setUp(pass, 1);
    const ended = start();
    for (const key of ['hangs', 'shop', 'blog']) queue.add(key);
    await clock.advance(2500);
    assert.deepEqual(runs, ['0 hangs', '1000 shop', '2000 blog']);
    stop.abort();
    for (let left = 3; left > 0; left -= 1) open();
    await ended;
    assert.equal(outcomes.length, 3);
  });

  test('adding again keeps the earliest time', async () => {
    const { clock, queue, runs, start } = setUp();
    void start();
    queue.add('shop', { delayMs: 50 });
    queue.add('shop', { delayMs: 20 });
    queue.add('shop', { delayMs: 90 });
    await clock.advance(100);
    assert.deepEqual(runs, ['20 shop']);
  });

  test('adding again keeps the highest priority', async () => {
    const { clock, queue, runs, start } = setUp();
    queue.add('blog', { priority: 5 });
    queue.add('shop', { priority: 10 });
    queue.add('shop', { priority: -10 });
    void start();
    await clock.advance(0);
    assert.deepEqual(runs, ['0 shop', '0 blog']);
  });

  test('of ready keys the highest priority goes first, then the longest ready; priority hastens nothing', async () => {
    const { clock, queue, runs, start } = setUp();
    queue.add('resync', { priority: -10 });
    queue.add('second');
    queue.add('third');
    queue.add('first', { priority: 10 });
    queue.add('later', { priority: 99, delayMs: 30 });
    void start();
    await clock.advance(30);
    assert.deepEqual(runs, ['0 first', '0 second', '0 third', '0 resync', '30 later']);
  });

  test('a failing key is retried after growing delays, and from the shortest again after a success', async () => {
    const script: Outcome['kind'][] = ['retry', 'retry', 'retry', 'done', 'retry', 'done'];
    const { clock, queue, runs, outcomes, start } = setUp(() => {
      const kind = script.shift();
      return kind === 'retry' ? Promise.reject(new Error('refused')) : Promise.resolve({ kind: 'done' });
    });
    void start();
    queue.add('shop');
    await clock.advance(10_000);
    queue.add('shop');
    await clock.advance(10_000);
    assert.deepEqual(runs, ['0 shop', '1000 shop', '3000 shop', '7000 shop', '10000 shop', '11000 shop']);
    assert.deepEqual(outcomes.slice(2, 5), ['shop retry 4000', 'shop done -', 'shop retry 1000']);
  });

  test('a notice does not wait for the backoff of its key', async () => {
    const script: Outcome[] = [{ kind: 'retry', error: new Error('refused') }, { kind: 'done' }];
    const { clock, queue, runs, start } = setUp(() => Promise.resolve(script.shift() ?? { kind: 'done' }));
    void start();
    queue.add('shop');
    await clock.advance(100);
    queue.add('shop');
    await clock.advance(60_000);
    assert.deepEqual(runs, ['0 shop', '100 shop']);
  });

  test('a terminal failure waits for the next notice, and its backoff is forgotten', async () => {
    const script = [new Error('refused'), new TerminalError('invalid'), new Error('refused')];
    const { clock, queue, runs, outcomes, start } = setUp(() => {
      const error = script.shift();
      return error === undefined ? Promise.resolve({ kind: 'done' }) : Promise.reject(error);
    });
    void start();
    queue.add('shop');
    await clock.advance(3_600_000);
    assert.deepEqual(runs, ['0 shop', '1000 shop']);
    queue.add('shop');
    await clock.advance(3_600_000);
    assert.deepEqual(outcomes, ['shop retry 1000', 'shop terminal -', 'shop retry 1000', 'shop done -']);
  });

  test('a requeue runs again after its own time, backoff forgotten', async () => {
    const script: Outcome[] = [
      { kind: 'retry', error: new Error('refused') },
      { kind: 'requeue', afterMs: 5_000 },
      { kind: 'retry', error: new Error('refused') },
    ];
    const { clock, queue, runs, start } = setUp(() => Promise.resolve(script.shift() ?? { kind: 'done' }));
    void start();
    queue.add('shop');
    await clock.advance(60_000);
    assert.deepEqual(runs, ['0 shop', '1000 shop', '6000 shop', '7000 shop']);
  });

  test('a worker that throws synchronously is a failure of its key and leaves the queue working', async () => {
    const { clock, queue, outcomes, start } = setUp((key) => {
      if (key === 'broken') throw new Error('bug');
      return Promise.resolve({ kind: 'done' });
    });
    void start();
    queue.add('broken');
    queue.add('shop');
    await clock.advance(0);
    assert.deepEqual(outcomes, ['broken retry 1000', 'shop done -']);
  });

  test('an abort ends idle workers at once, lets running ones settle and hands out nothing more', async () => {
    const { pass, open } = gate();
    const { clock, queue, stop, runs, start } = setUp(pass, 3);
    const running = start();
    let ended = false;
    void running.then(() => (ended = true));
    queue.add('shop');
    queue.add('later', { delayMs: 3_600_000 });
    await clock.advance(0);
    queue.add('shop');
    stop.abort();
    queue.add('blog');
    await rest();
    assert.equal(ended, false);
    open();
    await running;
    assert.deepEqual(runs, ['0 shop']);
    assert.equal(clock.pendingTimers, 0);
  });

  test('a run that ends by the abort is neither a success nor a failure', async () => {
    const { clock, queue, stop, outcomes, start } = setUp(
      () => new Promise((_, reject) => stop.signal.addEventListener('abort', () => reject(stop.signal.reason))),
    );
    const running = start();
    queue.add('shop');
    await clock.advance(0);
    stop.abort();
    await running;
    assert.deepEqual(outcomes, []);
  });

  test('taking with an aborted signal takes nothing, and the key stays for others', async () => {
    const { queue } = setUp();
    queue.add('shop');
    assert.equal(await queue.get(AbortSignal.abort()), undefined);
    assert.equal(await queue.get(new AbortController().signal), 'shop');
  });

  test('one taker that gives up leaves the others waiting', async () => {
    const { clock, queue } = setUp();
    const [first, second] = [new AbortController(), new AbortController()];
    const gaveUp = queue.get(first.signal);
    const waits = queue.get(second.signal);
    queue.add('shop', { delayMs: 10 });
    first.abort();
    assert.equal(await gaveUp, undefined);
    await clock.advance(10);
    assert.equal(await waits, 'shop');
  });

  test('unlocking a key that nobody works on is a mistake and says so', () => {
    const { queue } = setUp();
    assert.throws(() => queue.done('shop'), /nobody works on it/);
  });
});
