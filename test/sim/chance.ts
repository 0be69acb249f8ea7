/** More ways to choose by a seed. */
import type { Random } from '../support/sim/random.ts';

/** Each item with that probability, in order. */
export function someOf<T>(random: Random, items: readonly T[], probability: number): T[] {
  return items.filter(() => random.chance(probability));
}

/** One of several, by weight. */
export function weighted<T>(random: Random, weights: readonly (readonly [number, T])[]): T {
  let left = random.next() * weights.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, item] of weights) {
    left -= weight;
    if (left < 0) return item;
  }
  const last = weights.at(-1);
  if (!last) throw new Error('nothing to choose from');
  return last[1];
}

/** A whole number in [from, to]. */
export function between(random: Random, from: number, to: number): number {
  return from + random.below(to - from + 1);
}
