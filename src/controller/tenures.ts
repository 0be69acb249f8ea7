/**
 * Leases with the hooks that go on under them. A hook that runs is an act, so its project's lease is kept until it has
 * ended, though the run that began it is over; a next run of the same holder takes up the lease and the hooks, and another
 * reeve has its turn once no run and no hook is left.
 */

import { HooksInFlight } from '../execute/hooks-in-flight.ts';
import type { Lease, LeaseHolder, State } from '../state/state.ts';

export interface Tenure {
  readonly lease: Lease;
  readonly inFlight: HooksInFlight;
}

/** A tenure that a run uses, or that only hooks keep. */
interface Kept extends Tenure {
  isUsed: boolean;
  /** Its hooks are in no record that a next run could find. */
  isLast: boolean;
}

export interface TenureRequest {
  readonly project: string;
  readonly command: string;
  readonly signal: AbortSignal;
  readonly insists: boolean;
  readonly onWait: (holder: LeaseHolder) => void;
}

export class Tenures {
  readonly #state: Pick<State, 'leases'>;
  readonly #kept = new Map<string, Kept>();

  constructor(state: Pick<State, 'leases'>) {
    this.#state = state;
  }

  /** Rejects with the signal's reason when that is aborted while another one holds the project. */
  async enter(request: TenureRequest): Promise<Tenure> {
    request.signal.throwIfAborted();
    const kept = this.#kept.get(request.project);
    if (kept && !kept.isUsed && !kept.isLast && kept.lease.isHeld()) {
      kept.isUsed = true;
      return kept;
    }
    const lease = await this.#state.leases.acquire(request);
    const tenure: Kept = { lease, inFlight: new HooksInFlight(), isUsed: true, isLast: false };
    this.#kept.set(request.project, tenure);
    return tenure;
  }

  /** A run is over. Resolves when the lease is given away, or a next run has taken it up. */
  async leave(project: string, tenure: Tenure): Promise<void> {
    const kept = this.#kept.get(project);
    if (kept === tenure) kept.isUsed = false;
    await tenure.inFlight.landed();
    if (kept === tenure && kept.isUsed) return;
    if (this.#kept.get(project) === tenure) this.#kept.delete(project);
    tenure.lease.release();
  }

  /** What is remembered was made anew: a next run waits until the hooks that go on have ended. */
  close(): void {
    for (const kept of this.#kept.values()) kept.isLast = true;
  }

  /** Resolves when no hook goes on. */
  async landed(): Promise<void> {
    await Promise.all([...this.#kept.values()].map(({ inFlight }) => inFlight.landed()));
  }
}
