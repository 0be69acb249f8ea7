import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseDeadlineMs, parseDurationMs } from '../../../src/cli/durations.ts';

suite('durations', () => {
  const valid: readonly (readonly [string, number])[] = [
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1m30.5s', 90_500],
    ['250ms', 250],
    ['0', 0],
    ['10', 10_000],
    ['1.5', 1500],
  ];
  for (const [text, ms] of valid) test(`${text} is ${ms} ms`, () => assert.equal(parseDurationMs(text), ms));

  for (const text of ['', 's', '-1', '5 m', '5x', 'm5', '1e3', '5m3', 'infinity', '१s']) {
    test(`"${text}" is refused with what may stand there`, () => {
      assert.throws(() => parseDurationMs(text), { name: 'UsageError', message: /write 30s, 5m, 1h30m/ });
    });
  }

  test('a deadline of nothing is refused', () => {
    assert.equal(parseDeadlineMs('90'), 90_000);
    assert.throws(() => parseDeadlineMs('0s'), { name: 'UsageError', message: /0s ends a hook as it begins/ });
  });
});
