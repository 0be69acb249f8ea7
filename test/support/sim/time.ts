/**
 * The one time of a simulation: it stands still until the scheduler lets the next timer fire. The engine and every client
 * have clocks of their own on it, whose wall time may be off or jump; all wait by the same elapsed time.
 */
import type { CancelTimer, Clock } from '../../../src/clock.ts';
import { delayBy } from '../../../src/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

/** A client's own clock: same speed, maybe another hour. */
export interface SimClock extends Clock {
  /** How far its wall time is ahead; may be set at any moment, which is a jump. */
  aheadMs: number;
}

/** Where every simulation begins. */
const BEGIN_MS = Date.UTC(2026, 0, 1);

export class SimTime {
  /** How far the engine's wall time is ahead; may be set at any moment, which is a jump. */
  engineAheadMs = 0;
  #elapsedMs = 0;
  #order = 0;
  #stamps = 0;
  /** A heap by due time, then by order of setting. */
  readonly #heap: Timer[] = [];

  /** Milliseconds since the simulation began. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  after(ms: number, callback: () => void): CancelTimer {
    const timer = { dueMs: this.#elapsedMs + Math.max(0, ms), order: (this.#order += 1), callback, isCancelled: false };
    this.#push(timer);
    return () => {
      timer.isCancelled = true;
    };
  }

  /** When the next timer is due, in elapsed milliseconds; undefined where none is set. */
  nextDueMs(): number | undefined {
    while (this.#heap[0]?.isCancelled) this.#pop();
    return this.#heap[0]?.dueMs;
  }

  /** Goes on to the next timer and fires it; false where none is set. */
  fireNext(): boolean {
    if (this.nextDueMs() === undefined) return false;
    const timer = this.#pop();
    if (timer === undefined) return false;
    this.#elapsedMs = Math.max(this.#elapsedMs, timer.dueMs);
    timer.callback();
    return true;
  }

  /** Goes on to that moment, which no timer comes before. */
  skipTo(elapsedMs: number): void {
    this.#elapsedMs = Math.max(this.#elapsedMs, elapsedMs);
  }

  /** A moment of the engine's wall time in nanoseconds; no two are the same, later ones of one millisecond are greater. */
  stampNs(): bigint {
    this.#stamps += 1;
    return BigInt(Math.round(this.engineNowMs())) * 1_000_000n + BigInt(this.#stamps % 1_000_000);
  }

  engineNowMs(): number {
    return BEGIN_MS + this.#elapsedMs + this.engineAheadMs;
  }

  /** A clock for one client. */
  clock(): SimClock {
    const clock: SimClock = {
      aheadMs: 0,
      now: () => BEGIN_MS + this.#elapsedMs + clock.aheadMs,
      monotonic: () => this.#elapsedMs,
      delay: (ms, signal) => delayBy(clock, ms, signal),
      setTimer: (ms, callback) => this.after(ms, callback),
    };
    return clock;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(timer, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const [left, right] = [heap[below], heap[below + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) below += 1;
      const child = heap[below];
      if (child === undefined || !isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}

/** As the engine writes a moment: nanoseconds behind the point, in UTC. */
export function momentText(ns: bigint): string {
  const ms = Number(ns / 1_000_000n);
  return `${new Date(ms).toISOString().slice(0, -4)}${(ns % 1_000_000_000n).toString().padStart(9, '0')}Z`;
}

/** What the engine writes where there was no such moment yet. */
export const NEVER = '0001-01-01T00:00:00Z';
