/**
 * How long to wait after failures, per key: 1 s, 2 s, 4 s, … up to 60 s, each up to a quarter longer by chance.
 * It decides delays only; who waits, and for what, is the caller's: the work queue for failed runs of a project,
 * the reconciler for one container that will not stay up.
 *
 * A key is stable again when `forget` says so, or when 60 s passed after its last delay ended without a new failure.
 * Measured from the end of that delay, not from the failure: else the longest delay would reset itself.
 */

import type { Clock } from '../clock.ts';

export interface BackoffOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** In [0, 1). */
  readonly random: () => number;
  /** Shortest delay; default 1 s. */
  readonly minMs?: number;
  /** Longest delay, chance included; default 60 s. */
  readonly maxMs?: number;
  /** Without a failure for so long after its delay, a key starts again at the shortest; default 60 s. */
  readonly stableMs?: number;
}

/** Share of a delay that chance may add, so that keys which failed together do not retry together. */
const JITTER = 0.25;
const FACTOR = 2;

interface Failures {
  readonly count: number;
  /** When the delay of the last failure ends, on the monotonic clock. */
  readonly retryAtMs: number;
}

export class Backoff<K extends string = string> {
  readonly #options: Required<BackoffOptions>;
  readonly #failures = new Map<K, Failures>();

  constructor(options: BackoffOptions) {
    this.#options = { minMs: 1_000, maxMs: 60_000, stableMs: 60_000, ...options };
  }

  /** Records one more failure of the key and returns how long to wait after it. */
  next(key: K): number {
    const { clock, random, minMs, maxMs, stableMs } = this.#options;
    const nowMs = clock.monotonic();
    const last = this.#failures.get(key);
    const count = last === undefined || nowMs - last.retryAtMs >= stableMs ? 0 : last.count;
    const plainMs = Math.min(minMs * FACTOR ** count, maxMs / (1 + JITTER));
    const delayMs = plainMs * (1 + JITTER * random());
    this.#failures.set(key, { count: count + 1, retryAtMs: nowMs + delayMs });
    return delayMs;
  }

  /** How much of the key's current delay is left; 0 when it may be tried now. */
  remainingMs(key: K): number {
    const last = this.#failures.get(key);
    return last === undefined ? 0 : Math.max(0, last.retryAtMs - this.#options.clock.monotonic());
  }

  /** Failures in a row so far, for people. */
  failures(key: K): number {
    return this.#failures.get(key)?.count ?? 0;
  }

  /** The key is well, or nobody asks for it any more. */
  forget(key: K): void {
    this.#failures.delete(key);
  }
}
