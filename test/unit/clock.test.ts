import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';

suite('system clock', () => {
  test('a delay ends with its time', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const delay = systemClock.delay(1_000, new AbortController().signal);
    t.mock.timers.tick(1_000);
    await delay;
  });

  test("an aborted delay rejects at once with the signal's reason, and leaves no timer", async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const stop = new AbortController();
    const reason = new Error('stop');
    const delay = systemClock.delay(1_000, stop.signal);
    stop.abort(reason);
    await assert.rejects(delay, reason);
    await assert.rejects(systemClock.delay(1_000, stop.signal), reason);
  });

  test('a timer longer than setTimeout can wait fires at its time, and can be cancelled until then', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const longMs = 2 ** 32;
    let fired = 0;
    systemClock.setTimer(longMs, () => fired++);
    const cancel = systemClock.setTimer(longMs, () => assert.fail('cancelled'));
    for (const ms of [2 ** 31 - 1, 2 ** 31 - 1, 1]) t.mock.timers.tick(ms);
    assert.equal(fired, 0);
    cancel();
    t.mock.timers.tick(1);
    assert.equal(fired, 1);
  });
});
