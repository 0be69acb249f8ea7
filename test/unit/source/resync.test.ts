import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { resyncSource } from '../../../src/source/resync.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

async function setUp(everyMs?: number) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const keys = ['a', 'b'];
  const chances = [0, 0.5, 0.999];
  const emitted: string[] = [];
  const source = resyncSource({
    ...(everyMs === undefined ? {} : { everyMs }),
    keys: () => keys,
    clock,
    random: () => chances.shift() ?? 0,
  });
  await source.start((key, { delayMs = 0, priority = 0 } = {}) => {
    emitted.push(`${clock.monotonic()}+${Math.round(delayMs)} ${key} ${priority}`);
  }, stop.signal);
  return { clock, stop, keys, emitted };
}

suite('resync source', () => {
  test('every key is woken each period, at low priority and each at its own moment', async () => {
    const { clock, keys, emitted } = await setUp(100_000);
    await clock.advance(100_000);
    keys.push('c');
    await clock.advance(100_000);
    assert.deepEqual(emitted, [
      '100000+0 a -10',
      '100000+5000 b -10',
      '200000+9990 a -10',
      '200000+0 b -10',
      '200000+0 c -10',
    ]);
  });

  test('the period is five minutes where none is given', async () => {
    const { clock, emitted } = await setUp();
    await clock.advance(299_999);
    assert.equal(emitted.length, 0);
    await clock.advance(1);
    assert.equal(emitted.length, 2);
  });

  test('a period of 0 switches it off', async () => {
    const { clock } = await setUp(0);
    assert.equal(clock.pendingTimers, 0);
  });

  test('it ends with the abort, in whichever period', async () => {
    const { clock, stop } = await setUp(1_000);
    await clock.advance(2_500);
    stop.abort();
    assert.equal(clock.pendingTimers, 0);
  });
});
