/**
 * Notices an engine that takes calls and does not answer (paused, starved, its disk hung) and says so, once, and once more
 * when it answers again. A call that takes long says nothing about the engine (a stop waits for its grace, a pull for the
 * network): so when one does, the engine is asked for a sign of life. Ends no call; deadlines are the calls' own.
 */

import type { CancelTimer, Clock } from '../clock.ts';
import { isEngineError } from '../model/errors.ts';

export interface PulseOptions {
  /** The sign of life; rejects with a timeout where none comes. Not itself a call that is followed. */
  readonly ping: (deadlineMs: number) => Promise<unknown>;
  /** The engine's address, for people. */
  readonly host: string;
  readonly clock: Pick<Clock, 'monotonic' | 'setTimer'>;
  readonly say: (text: string) => void;
  /** How long a call may take before the engine is asked; default 3 s. */
  readonly patienceMs?: number;
  /** How long it has for the sign of life; default 2 s. */
  readonly pingMs?: number;
}

export class Pulse {
  readonly #options: Required<PulseOptions>;
  #silentSinceMs: number | undefined;
  #isAsking = false;
  #answers = 0;

  constructor(options: PulseOptions) {
    this.#options = { patienceMs: 3_000, pingMs: 2_000, ...options };
  }

  /** Follows a call from its sending to the head of its answer. */
  async follow<T>(what: string, answer: Promise<T>): Promise<T> {
    const { clock, patienceMs } = this.#options;
    const sentAtMs = clock.monotonic();
    let cancel: CancelTimer = () => {};
    const wait = (): void => {
      cancel = clock.setTimer(patienceMs, () => {
        void this.#ask(what, sentAtMs);
        wait();
      });
    };
    wait();
    try {
      const answered = await answer;
      this.#hear();
      return answered;
    } finally {
      cancel();
    }
  }

  async #ask(what: string, sentAtMs: number): Promise<void> {
    if (this.#isAsking || this.#silentSinceMs !== undefined) return;
    this.#isAsking = true;
    const answers = this.#answers;
    const { ping, host, say, pingMs } = this.#options;
    try {
      await ping(pingMs);
    } catch (error) {
      // One that refuses is no silent one: the call itself will tell.
      if (!isEngineError(error, 'timeout') || answers !== this.#answers) return;
      this.#silentSinceMs = sentAtMs;
      say(`the engine at ${host} has not answered for ${this.#secondsSince(sentAtMs)} s (${what}); waiting`);
    } finally {
      this.#isAsking = false;
    }
  }

  #hear(): void {
    this.#answers += 1;
    if (this.#silentSinceMs === undefined) return;
    const { host, say } = this.#options;
    say(`the engine at ${host} answers again, after ${this.#secondsSince(this.#silentSinceMs)} s`);
    this.#silentSinceMs = undefined;
  }

  #secondsSince(ms: number): number {
    return Math.round((this.#options.clock.monotonic() - ms) / 1000);
  }
}
