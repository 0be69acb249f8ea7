import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Debounce } from '../../../src/source/debounce.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** Looks that take `takesMs`; `log` has when each began, and when it was committed as `time!`. */
function setUp({ takesMs = 0, doubtful = 0 } = {}) {
  const clock = new VirtualClock();
  const log: string[] = [];
  let doubts = doubtful;
  const debounce = new Debounce({
    clock,
    quietMs: 50,
    async look() {
      log.push(`${clock.monotonic()}`);
      if (takesMs > 0) await clock.delay(takesMs, new AbortController().signal);
      return { isDoubtful: doubts-- > 0, commit: () => log.push(`${clock.monotonic()}!`) };
    },
  });
  return { clock, debounce, log };
}

suite('debounce', () => {
  test('looks once it has been quiet for a while, and not again', async () => {
    const { clock, debounce, log } = setUp();
    debounce.touch();
    await clock.advance(30);
    debounce.touch();
    await clock.advance(10_000);
    assert.deepEqual(log, ['80', '80!']);
  });

  test('a burst that never ends is looked at when it has lasted ten times as long', async () => {
    const { clock, debounce, log } = setUp();
    for (let at = 0; at < 1_200; at += 10) {
      debounce.touch();
      await clock.advance(10);
    }
    assert.deepEqual(log, ['500', '500!', '1000', '1000!']);
  });

  test('an echo begins a burst and never prolongs one', async () => {
    const { clock, debounce, log } = setUp();
    debounce.touch(true);
    await clock.advance(30);
    debounce.touch(true);
    await clock.advance(100);
    assert.deepEqual(log, ['50', '50!']);
  });

  test('what moves during a look is looked at again before it is made known', async () => {
    const { clock, debounce, log } = setUp({ takesMs: 20 });
    debounce.touch();
    await clock.advance(60);
    debounce.touch();
    await clock.advance(1_000);
    assert.deepEqual(log, ['50', '110', '130!']);
  });

  test('what moves during the last look of a burst is looked at after that was made known', async () => {
    const { clock, debounce, log } = setUp({ takesMs: 20 });
    for (let at = 0; at <= 510; at += 10) {
      debounce.touch();
      await clock.advance(10);
    }
    await clock.advance(1_000);
    assert.deepEqual(log, ['500', '520!', '560', '580!']);
  });

  test('a doubtful find is made known only when the burst has had its longest time', async () => {
    const { clock, debounce, log } = setUp({ doubtful: 2 });
    debounce.touch();
    await clock.advance(1_000);
    assert.deepEqual(log, ['50', '500', '500!']);
  });

  test('a touch after a doubtful find brings the next look forward', async () => {
    const { clock, debounce, log } = setUp({ doubtful: 1 });
    debounce.touch();
    await clock.advance(100);
    debounce.touch();
    await clock.advance(1_000);
    assert.deepEqual(log, ['50', '150', '150!']);
  });

  test('once ended it neither looks nor makes known', async () => {
    const { clock, debounce, log } = setUp({ takesMs: 20 });
    debounce.touch();
    await clock.advance(60);
    debounce.end();
    debounce.touch();
    await clock.advance(1_000);
    assert.deepEqual(log, ['50']);
    assert.equal(clock.pendingTimers, 0);
  });
});
