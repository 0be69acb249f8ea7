/**
 * The bounded queue: every engine call of every project goes through one of its two lanes.
 *
 * Short calls (create, start, remove, connect) have one bound. What may last minutes without work for the engine, hooks
 * and stops with their grace periods, has its own and wider one: with one bound for both, a few slow hooks would keep
 * every other container waiting. Waits for events take no place at all.
 * In a lane the most urgent call goes first, and of equally urgent ones the one that came first.
 * p-queue's own `timeout` and `signal` are not used: they free a place while the work goes on.
 */

import PQueue from 'p-queue';

export interface Lanes {
  short<T>(run: () => Promise<T>): Promise<T>;
  long<T>(run: () => Promise<T>): Promise<T>;
  /** The same lanes, for calls of that urgency; default 0. */
  at(urgency: number): Lanes;
}

export interface LanesOptions {
  /** Engine calls in flight; default 8. */
  readonly parallel?: number | undefined;
}

const DEFAULT_PARALLEL = 8;
const LONG_FACTOR = 8;

/** With `parallel` 1 everything, hooks and stops included, runs one at a time. */
export function createLanes({ parallel = DEFAULT_PARALLEL }: LanesOptions = {}): Lanes {
  const shortLane = new PQueue({ concurrency: parallel });
  const longLane = parallel === 1 ? shortLane : new PQueue({ concurrency: parallel * LONG_FACTOR });
  const at = (priority: number): Lanes => ({
    short: (run) => shortLane.add(run, { priority }),
    long: (run) => longLane.add(run, { priority }),
    at,
  });
  return at(0);
}
