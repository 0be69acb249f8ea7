/**
 * Wakes every key from time to time although nothing is known to have happened: what a lost notice would have said is
 * found out then. Each key is woken at its own random moment of the period's first tenth, so that many projects do
 * not observe the engine all at once.
 */

import type { Clock } from '../clock.ts';
import { every } from './every.ts';
import type { Source } from './source.ts';
import { PRIORITY } from './source.ts';

export interface ResyncOptions {
  /** Default 5 min; 0 switches it off. */
  readonly everyMs?: number;
  /** The keys there are at that moment. */
  readonly keys: () => Iterable<string>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Share of the period over which the keys are spread. */
const SPREAD = 0.1;

export function resyncSource({ everyMs = 300_000, keys, clock, random }: ResyncOptions): Source {
  return {
    start(emit, signal) {
      every(everyMs, clock, signal, () => {
        for (const key of keys()) emit(key, { priority: PRIORITY.resync, delayMs: random() * SPREAD * everyMs });
      });
      return Promise.resolve();
    },
  };
}
