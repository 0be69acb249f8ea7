/**
 * The end of `watch --down-on-exit`: a project that was kept is taken down, hooks and all. Nobody asked for this project by
 * its name, so what is suspended of it stays. A failure is said and is no other project's.
 */

import type { Project } from '../model/project.ts';
import { down } from './operations.ts';
import type { Standing } from './outcome.ts';
import { outcomeOf, standingAfter } from './outcome.ts';
import type { ReconcilerPorts } from './reconciler.ts';
import type { WatchRequest } from './watch-request.ts';

const DOWN = { command: 'down', services: undefined, volumes: false, removeOrphans: true } as const;

export interface Ended extends Standing {
  /** Actions that succeeded. */
  readonly actions: number;
}

/** Where the project stands then; undefined: the watch was made to leave at once. */
export async function downOnExit(
  ports: ReconcilerPorts,
  { options, signal, policy: { force = false } }: Pick<WatchRequest, 'options' | 'signal' | 'policy'>,
  desired: Project,
): Promise<Ended | undefined> {
  const project = desired.name;
  const asked = { project, desired, policy: { ...DOWN, force }, sparesSuspended: true, options, drain: signal, signal };
  try {
    const result = await down(ports, asked);
    const { kind, actions, notes } = result;
    if (kind === 'interrupted') return undefined;
    if (kind !== 'converged') return { ...standingAfter(outcomeOf(result)), actions };
    const isSpared = ports.state.inventory.get(project) !== undefined;
    return { reason: isSpared && actions === 0 ? 'Suspended' : 'Down', messages: notes, actions };
  } catch (error) {
    if (signal.aborted) return undefined;
    return { ...standingAfter({ kind: 'retry', error }), actions: 0 };
  }
}
