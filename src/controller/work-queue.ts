/**
 * Which project key is worked on next, and when again. It bounds and orders runs of keys; engine calls have their
 * own bounded queue, in the executor.
 *
 * Invariants
 *  1. A key is waiting at most once; adding it again keeps the earliest time and the highest priority.
 *  2. A key is locked from `get` to `done`: it is with one worker at most. Added meanwhile, it waits and runs again.
 *  3. What was added is handed out, unless the signal of those who take is aborted: nothing is dropped.
 *  4. Of the keys that are ready the highest priority goes first, then the one that is ready the longest.
 */

import type { CancelTimer, Clock } from '../clock.ts';
import { TerminalError } from '../model/errors.ts';
import type { Backoff } from './backoff.ts';

/** A run that takes longer than this has no place among those that are begun at the same time. */
const LASTS_MS = 1000;

export interface AddOptions {
  /** Not before this much time has passed; default 0. */
  readonly delayMs?: number;
  /** Higher goes first; default 0. */
  readonly priority?: number;
}

/** What became of one run of a key. */
export type Outcome =
  /** As desired. */
  | { readonly kind: 'done' }
  /** Well so far, and to be looked at again without a notice. `yields`: it only waited, and somebody else has a turn meanwhile. */
  | {
      readonly kind: 'requeue';
      readonly afterMs: number;
      readonly messages?: readonly string[];
      readonly yields?: boolean;
    }
  /** Failed in a way that repeating may mend; `afterMs` where that delay is not the queue's. */
  | { readonly kind: 'retry'; readonly error: unknown; readonly afterMs?: number | undefined }
  /** Failed until desired state changes. */
  | { readonly kind: 'terminal'; readonly error: unknown };

export interface RunOptions<K> {
  /** Keys that are begun at the same time: one that lasts has given its place to another. */
  readonly concurrency: number;
  /** Aborted: no key is taken any more. */
  readonly signal: AbortSignal;
  /** Told of every outcome; `againInMs` is undefined when only a notice brings the key back. */
  readonly report?: (key: K, outcome: Outcome, againInMs: number | undefined) => void;
}

interface Wait {
  readonly readyAtMs: number;
  readonly priority: number;
}

export class WorkQueue<K extends string = string> {
  readonly #clock: Clock;
  readonly #backoff: Backoff<K>;
  readonly #waiting = new Map<K, Wait>();
  readonly #locked = new Set<K>();
  readonly #takers: ((key: K) => void)[] = [];
  #cancelTimer: CancelTimer = () => {};

  constructor(options: { readonly clock: Clock; readonly backoff: Backoff<K> }) {
    this.#clock = options.clock;
    this.#backoff = options.backoff;
  }

  /** Wakes a key. */
  add(key: K, { delayMs = 0, priority = 0 }: AddOptions = {}): void {
    const readyAtMs = this.#clock.monotonic() + delayMs;
    const waits = this.#waiting.get(key);
    this.#waiting.set(key, {
      readyAtMs: Math.min(readyAtMs, waits?.readyAtMs ?? readyAtMs),
      priority: Math.max(priority, waits?.priority ?? priority),
    });
    this.#handOut();
  }

  /** Wakes a key after its backoff delay, one failure longer each time until `forget`; returns that delay. */
  addRateLimited(key: K): number {
    const delayMs = this.#backoff.next(key);
    this.add(key, { delayMs });
    return delayMs;
  }

  /** The key's failures no longer count. */
  forget(key: K): void {
    this.#backoff.forget(key);
  }

  /** The next key, locked until `done`; undefined as soon as the signal is aborted. */
  get(signal: AbortSignal): Promise<K | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const leave = (): void => {
        this.#takers.splice(this.#takers.indexOf(take), 1);
        this.#handOut();
        resolve(undefined);
      };
      const take = (key: K): void => {
        signal.removeEventListener('abort', leave);
        resolve(key);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#takers.push(take);
      this.#handOut();
    });
  }

  /** Unlocks a key that `get` gave. */
  done(key: K): void {
    if (!this.#locked.delete(key)) throw new Error(`done(${key}): nobody works on it`);
    this.#handOut();
  }

  /** Works on keys until the signal is aborted; resolves when the last running worker has settled. */
  async run(worker: (key: K) => Promise<Outcome>, { concurrency, signal, report }: RunOptions<K>): Promise<void> {
    const lasting = new Set<Promise<void>>();
    const run = async (key: K): Promise<void> => {
      const outcome = await outcomeOf(worker, key, signal);
      if (outcome !== undefined) report?.(key, outcome, this.#settle(key, outcome));
      this.done(key);
    };
    const work = async (): Promise<void> => {
      for (let key = await this.get(signal); key !== undefined; key = await this.get(signal)) {
        const running = run(key).finally(() => lasting.delete(running));
        lasting.add(running);
        await this.#whileBrisk(running);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    await Promise.all(lasting);
  }

  /** Until it has settled, or has shown that it waits for hooks or dependencies rather than for a place. */
  async #whileBrisk(running: Promise<void>): Promise<void> {
    const lasts = Promise.withResolvers<void>();
    const cancel = this.#clock.setTimer(LASTS_MS, lasts.resolve);
    await Promise.race([running, lasts.promise]);
    cancel();
  }

  /** The whole retry policy. Returns in how long the key runs again by itself. */
  #settle(key: K, outcome: Outcome): number | undefined {
    switch (outcome.kind) {
      case 'done':
      case 'terminal':
        this.forget(key);
        return undefined;
      case 'requeue':
        this.forget(key);
        this.add(key, { delayMs: outcome.afterMs });
        return outcome.afterMs;
      case 'retry':
        if (outcome.afterMs === undefined) return this.addRateLimited(key);
        this.add(key, { delayMs: outcome.afterMs });
        return outcome.afterMs;
    }
  }

  #handOut(): void {
    this.#cancelTimer();
    while (this.#takers.length > 0) {
      const [key, wait] = this.#first() ?? [];
      if (key === undefined || wait === undefined) return;
      const earlyMs = wait.readyAtMs - this.#clock.monotonic();
      if (earlyMs > 0) {
        this.#cancelTimer = this.#clock.setTimer(earlyMs, () => this.#handOut());
        return;
      }
      this.#waiting.delete(key);
      this.#locked.add(key);
      this.#takers.shift()?.(key);
    }
  }

  /** The unlocked key to hand out next: by invariant 4 if any is ready, else the one that will be ready first. */
  #first(): readonly [K, Wait] | undefined {
    const nowMs = this.#clock.monotonic();
    const isReady = (wait: Wait): boolean => wait.readyAtMs <= nowMs;
    let first: readonly [K, Wait] | undefined;
    for (const entry of this.#waiting) {
      if (this.#locked.has(entry[0])) continue;
      const [a, b] = [entry[1], first?.[1]];
      const isBetter =
        b === undefined ||
        (isReady(a) && isReady(b) && a.priority !== b.priority ? a.priority > b.priority : a.readyAtMs < b.readyAtMs);
      if (isBetter) first = entry;
    }
    return first;
  }
}

/** undefined: it was cancelled, which is neither success nor failure. */
async function outcomeOf<K>(
  worker: (key: K) => Promise<Outcome>,
  key: K,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  try {
    return await worker(key);
  } catch (error) {
    if (signal.aborted) return undefined;
    return { kind: error instanceof TerminalError ? 'terminal' : 'retry', error };
  }
}
