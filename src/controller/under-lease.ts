/**
 * Nothing is done to a project without its lease. Its file may be removed at any time (a state directory that is deleted), and
 * then another reeve may take a new one: so it is asked for before each call to the engine, not once a round.
 */

import type { Lanes } from '../execute/lanes.ts';
import { StateError } from '../model/errors.ts';
import type { Lease } from '../state/state.ts';

/** Throws when the lease is lost. */
export function refuseWithout(lease: Lease, project: string): void {
  if (lease.isHeld()) return;
  throw new StateError('lost', `the lease of ${project} was lost, its file was removed; run reeve again`);
}

/** The lanes, closed as soon as the lease is lost. */
export function lanesUnder(lease: Lease, project: string, lanes: Lanes): Lanes {
  const underLease = async <T>(run: () => Promise<T>): Promise<T> => {
    refuseWithout(lease, project);
    return await run();
  };
  return {
    short: (run) => lanes.short(() => underLease(run)),
    long: (run) => lanes.long(() => underLease(run)),
    at: (urgency) => lanesUnder(lease, project, lanes.at(urgency)),
  };
}
