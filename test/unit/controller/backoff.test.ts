import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Backoff } from '../../../src/controller/backoff.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const shortest = (): number => 0;
const longest = (): number => 1 - Number.EPSILON;

suite('backoff', () => {
  test('delays double from 1 s and never exceed 60 s, however chance falls', async () => {
    for (const [random, expected] of [
      [shortest, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 48_000, 48_000]],
      [longest, [1_250, 2_500, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000]],
    ] as const) {
      const clock = new VirtualClock();
      const backoff = new Backoff({ clock, random });
      const delays: number[] = [];
      for (const _ of expected) {
        const delayMs = backoff.next('shop');
        delays.push(Math.round(delayMs));
        await clock.advance(delayMs);
      }
      assert.deepEqual(delays, expected);
    }
  });

  test('a forgotten key starts again at the shortest delay; other keys keep theirs', () => {
    const backoff = new Backoff({ clock: new VirtualClock(), random: shortest });
    backoff.next('shop');
    backoff.next('blog');
    backoff.forget('shop');
    assert.equal(backoff.next('shop'), 1_000);
    assert.equal(backoff.next('blog'), 2_000);
    assert.equal(backoff.failures('blog'), 2);
  });

  test('60 s without a failure after the delay has ended count as stable', async () => {
    const clock = new VirtualClock();
    const backoff = new Backoff({ clock, random: shortest });
    backoff.next('shop');
    await clock.advance(backoff.next('shop') + 59_999);
    assert.equal(backoff.next('shop'), 4_000);
    await clock.advance(4_000 + 60_000);
    assert.equal(backoff.next('shop'), 1_000);
  });

  test('a key at the longest delay that fails at once stays there', async () => {
    const clock = new VirtualClock();
    const backoff = new Backoff({ clock, random: longest });
    for (let i = 0; i < 10; i++) await clock.advance(backoff.next('shop') + 1);
    assert.equal(Math.round(backoff.next('shop')), 60_000);
  });

  test('what is left of a delay can be asked for', async () => {
    const clock = new VirtualClock();
    const backoff = new Backoff({ clock, random: shortest });
    assert.equal(backoff.remainingMs('shop'), 0);
    backoff.next('shop');
    await clock.advance(400);
    assert.equal(backoff.remainingMs('shop'), 600);
    await clock.advance(700);
    assert.equal(backoff.remainingMs('shop'), 0);
  });
});
