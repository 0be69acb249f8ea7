/**
 * The attempts of hooks that run at this moment, by their records, so that a round may end while they go on.
 *
 * Where a round has something new to do, it need not wait for a hook of five minutes: the attempt is left to run, and the
 * next round, which finds its record open, stays with it instead of asking the engine. A hook is left only once its intent
 * is recorded; before, the next round could not know of it and would run it again.
 */

import type { HookOutcome } from '../model/hook.ts';
import { unlessAborted } from '../unless-aborted.ts';

export interface Attempt {
  readonly outcome: HookOutcome;
  /** What to tell a person: exit status, refusal, deadline, and the last lines of output. */
  readonly message: string;
  readonly exitCode?: number;
  /** Its process may still be there: nothing new may be started now. */
  readonly abandoned?: boolean;
}

/** An attempt that runs, and which one of its run it is, from 1. */
interface Flight {
  readonly number: number;
  readonly end: Promise<Attempt>;
}

/** Ends that are remembered: a plan may have been made just before one, and takes its attempt for one that runs. */
const MOST_ENDS = 100;

export class HooksInFlight {
  readonly #flights = new Map<number, Flight>();
  /** By record, the oldest first. */
  readonly #ended = new Map<number, Flight>();

  /** Stays with an announced attempt to its end, or until it is to be left: then it goes on by itself. */
  stay(recordId: number, flight: Flight, leave: AbortSignal): Promise<Attempt> {
    this.#flights.set(recordId, flight);
    const end = (): void => this.#land(recordId, flight);
    flight.end.then(end, end);
    return unlessAborted(flight.end, leave);
  }

  /** None runs. */
  get isEmpty(): boolean {
    return this.#flights.size === 0;
  }

  /** An attempt of this process, and it runs. */
  has(recordId: number): boolean {
    return this.#flights.has(recordId);
  }

  /** Stays with an attempt that was left; undefined: none of this process. */
  async rejoin(
    recordId: number | undefined,
    leave: AbortSignal,
  ): Promise<{ readonly last: Attempt; readonly number: number } | undefined> {
    const flight = recordId === undefined ? undefined : (this.#flights.get(recordId) ?? this.#ended.get(recordId));
    return flight && { last: await unlessAborted(flight.end, leave), number: flight.number };
  }

  /** Resolves when none is left; never rejects. */
  async landed(): Promise<void> {
    while (this.#flights.size > 0) await Promise.allSettled([...this.#flights.values()].map(({ end }) => end));
  }

  #land(recordId: number, flight: Flight): void {
    this.#flights.delete(recordId);
    this.#ended.set(recordId, flight);
    const [oldest = recordId] = this.#ended.keys();
    if (this.#ended.size > MOST_ENDS) this.#ended.delete(oldest);
  }
}
