import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { renderAge, renderAgo, renderDuration } from '../../../../src/cli/render/time.ts';

suite('times for people', () => {
  const durations: readonly (readonly [number, string])[] = [
    [0, '0 ms'],
    [85.4, '85 ms'],
    [340, '0.3 s'],
    [9940, '9.9 s'],
    [12_400, '12 s'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
    [3_720_000, '1 h 2 min'],
    [90_000_000, '1 d 1 h'],
  ];
  for (const [ms, text] of durations) test(`${ms} ms is ${text}`, () => assert.equal(renderDuration(ms), text));

  const now = Date.UTC(2026, 5, 1);
  const moments: readonly (readonly [number, string])[] = [
    [-5000, 'just now'],
    [999, 'just now'],
    [12_000, '12 s ago'],
    [3_599_000, '59 min ago'],
    [7_200_000, '2 h ago'],
    [5 * 86_400_000, '5 d ago'],
    [60 * 86_400_000, '2026-04-02'],
  ];
  for (const [ago, text] of moments)
    test(`${ago} ms back is ${text}`, () => assert.equal(renderAgo(now - ago, now), text));

  test('an age has whole seconds', () => assert.equal(renderAge(2900), '2 s'));
});
