/**
 * The bounded queue: every engine call of every project goes through one of its two lanes.
 *
 * Short calls (create, start, remove, connect) have one bound. What may last minutes without work for the engine, hooks
 * and stops with their grace periods, has a wider one as well: with one bound for both, a few slow hooks would keep every
 * other container waiting. But most of them are over at once and are work like any other (64 stops at the same time took
 * an engine a third longer than eight), so each takes a place among the short ones until it ends or has shown that it is slow.
 * Waits for events take no place at all.
 * In a lane the most urgent call goes first, and of equally urgent ones the one that came first.
 * p-queue's own `timeout` and `signal` are not used: they free a place while the work goes on.
 */

import PQueue from 'p-queue';
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';

export interface Lanes {
  short<T>(run: () => Promise<T>): Promise<T>;
  long<T>(run: () => Promise<T>): Promise<T>;
  /** The same lanes, for calls of that urgency; default 0. */
  at(urgency: number): Lanes;
}

export interface LanesOptions {
  /** Engine calls in flight; default 8. */
  readonly parallel?: number | undefined;
  /** Default: the machine's. */
  readonly clock?: Pick<Clock, 'setTimer'>;
}

const DEFAULT_PARALLEL = 8;
const LONG_FACTOR = 8;
/** From then on a hook or a stop is one that waits for something else than the engine. */
const SLOW_MS = 250;

/** With `parallel` 1 everything, hooks and stops included, runs one at a time. */
export function createLanes({ parallel = DEFAULT_PARALLEL, clock = systemClock }: LanesOptions = {}): Lanes {
  const shortLane = new PQueue({ concurrency: parallel });
  const longLane = parallel === 1 ? shortLane : new PQueue({ concurrency: parallel * LONG_FACTOR });
  const at = (priority: number): Lanes => ({
    short: (run) => shortLane.add(run, { priority }),
    long: (run) =>
      longLane === shortLane
        ? shortLane.add(run, { priority })
        : longLane.add(() => briskly(run, clock, (call) => shortLane.add(call, { priority })), { priority }),
    at,
  });
  return at(0);
}

/** Begins it in a place of its own, which is given back when it ends or proves to be slow. Settles as it does. */
function briskly<T>(
  run: () => Promise<T>,
  clock: Pick<Clock, 'setTimer'>,
  place: (call: () => Promise<void>) => Promise<void>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    void place(async () => {
      const slow = Promise.withResolvers<void>();
      const cancel = clock.setTimer(SLOW_MS, slow.resolve);
      const ended = settleWith(run, resolve, reject).finally(cancel);
      await Promise.race([ended, slow.promise]);
    });
  });
}

/** Hands on how it ends; never rejects. */
async function settleWith<T>(
  run: () => Promise<T>,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): Promise<void> {
  try {
    resolve(await run());
  } catch (error) {
    reject(error);
  }
}
