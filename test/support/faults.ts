/**
 * What the tests of faults share: how much of them is asked for, chance that a seed repeats, and a word on what was done.
 * `REEVE_FAULTS=N` makes the long version (`npm run test:faults`), `REEVE_SEED=N` repeats a choice of moments.
 */
import type { TestContext } from 'node:test';

/** `short` in `npm test`, else what `REEVE_FAULTS` says. */
export function times(short: number): number {
  return Number(process.env['REEVE_FAULTS'] ?? short);
}

export interface Chance {
  readonly seed: number;
  /** In [0, 1). */
  next(): number;
  /** A whole number from 0 to below `bound`. */
  below(bound: number): number;
  pick<T>(first: T, ...others: readonly T[]): T;
}

/** A small generator (mulberry32): the same seed, the same choices. What an engine makes of them may still differ. */
export function chance(seed = Number(process.env['REEVE_SEED'] ?? Math.floor(Math.random() * 2 ** 32))): Chance {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return {
    seed,
    next,
    below,
    pick: (first, ...others) => {
      const index = below(others.length + 1);
      return index === 0 ? first : (others[index - 1] ?? first);
    },
  };
}

/** Says in the test's report what it did. */
export function report(t: TestContext, startedAtMs: number, text: string): void {
  t.diagnostic(`${text}, in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
}
