/**
 * When to look, after touches: once nothing was touched for a while, and at the latest when a burst has lasted ten
 * times that long, so that an event storm cannot postpone for ever. It decides only when; a look that finds the world
 * half-changed says so and gets another one.
 */

import type { CancelTimer, Clock } from '../clock.ts';

/** What a look found. */
export interface Look {
  /** It is probably half of a change (a file emptied before it is written again): better look later. */
  readonly isDoubtful: boolean;
  /** Makes it known. Not called when things moved during the look and there is time to look again. */
  readonly commit: () => void;
}

export interface DebounceOptions {
  readonly clock: Clock;
  readonly quietMs: number;
  /** Never rejects. */
  readonly look: () => Promise<Look>;
}

/** A burst lasts at most this many quiet times. */
const LONGEST_BURST = 10;

export class Debounce {
  readonly #options: DebounceOptions;
  /** The first and the last touch since the last commit. */
  #burst: { readonly firstMs: number; readonly lastMs: number } | undefined;
  #touches = 0;
  #isLooking = false;
  #isEnded = false;
  #cancelTimer: CancelTimer = () => {};

  constructor(options: DebounceOptions) {
    this.#options = options;
  }

  /** An echo begins a burst but never prolongs one. */
  touch(echo = false): void {
    if (this.#isEnded || (echo && this.#burst !== undefined)) return;
    const nowMs = this.#options.clock.monotonic();
    this.#touches += 1;
    this.#burst = { firstMs: this.#burst?.firstMs ?? nowMs, lastMs: nowMs };
    if (!this.#isLooking) this.#lookAt(Math.min(nowMs + this.#options.quietMs, this.#latestMs()));
  }

  /** No look begins any more, and a running one is not committed. */
  end(): void {
    this.#isEnded = true;
    this.#cancelTimer();
  }

  #latestMs(): number {
    return (this.#burst?.firstMs ?? 0) + LONGEST_BURST * this.#options.quietMs;
  }

  #lookAt(atMs: number): void {
    const { clock } = this.#options;
    this.#cancelTimer();
    this.#cancelTimer = clock.setTimer(Math.max(0, atMs - clock.monotonic()), () => void this.#look());
  }

  async #look(): Promise<void> {
    const { clock, quietMs, look } = this.#options;
    const touches = this.#touches;
    this.#isLooking = true;
    const { isDoubtful, commit } = await look();
    this.#isLooking = false;
    if (this.#isEnded) return;
    const hasMoved = this.#touches !== touches;
    const quietAtMs = (this.#burst?.lastMs ?? 0) + quietMs;
    if ((hasMoved || isDoubtful) && clock.monotonic() < this.#latestMs()) {
      this.#lookAt(hasMoved ? Math.min(quietAtMs, this.#latestMs()) : this.#latestMs());
      return;
    }
    // What moved while we looked is a new burst.
    this.#burst =
      hasMoved && this.#burst !== undefined ? { firstMs: this.#burst.lastMs, lastMs: this.#burst.lastMs } : undefined;
    commit();
    if (hasMoved) this.#lookAt(quietAtMs);
  }
}
