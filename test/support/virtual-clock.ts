/**
 * A clock that stands still until a test advances it. Timers fire in order of their due time, and what they wake
 * runs to rest before the next one fires; so a test reads as a timeline. Real I/O takes no virtual time: wait for what
 * it brings about with `until`.
 */

import type { CancelTimer, Clock } from '../../src/clock.ts';
import { delayBy } from '../../src/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  readonly #startMs: number;
  #elapsedMs = 0;
  /** In order of setting; the sort by due time is stable, so equals fire first come, first served. */
  #timers: Timer[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  delay(ms: number, signal: AbortSignal): Promise<void> {
    return delayBy(this, ms, signal);
  }

  setTimer(ms: number, callback: () => void): CancelTimer {
    const timer = { dueMs: this.#elapsedMs + Math.max(0, ms), callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers set and not yet fired or cancelled. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Lets `ms` pass; 0 fires what is already due. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await rest();
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#elapsedMs = next.dueMs;
      next.callback();
      await rest();
    }
    this.#elapsedMs = endMs;
  }

  #next(endMs: number): Timer | undefined {
    return this.#timers.toSorted((a, b) => a.dueMs - b.dueMs).find((timer) => timer.dueMs <= endMs);
  }
}

/** Waits, in real time, for what real I/O brings about. */
export async function until(holds: () => boolean, deadlineMs = 10_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not so within ${deadlineMs} ms: ${holds.toString()}`);
    await rest();
  }
}

/** Resolves when every promise that can settle without time or I/O has settled. */
export function rest(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
