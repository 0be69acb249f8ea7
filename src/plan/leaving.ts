/** A container that goes away: pre_stop, stop, removal; or the wait for a removal that is under way. */

import type { ObservedContainer } from '../model/observed.ts';
import type { Edges } from './builder.ts';
import type { Cause } from './cause.ts';
import type { RemovalContext } from './emission.ts';
import { endedWell, openRecordOf } from './hook-containers.ts';
import { hooksOf } from './owed.ts';
import type { ActionId } from './plan.ts';
import { addAwait, addStop, leavingRef } from './sequences.ts';

/** Adds what makes a container go; the id of the last action. */
export function addLeaving(
  context: RemovalContext,
  container: ObservedContainer,
  cause: Cause,
  edges: Edges,
): ActionId {
  const { plan, desired, history, force, volumes, reconnections } = context;
  const ref = leavingRef(container);
  if (container.state.status === 'removing')
    return addAwait(plan, { ref, until: 'gone', cause }, edges.dependsOn ?? []);
  const hooks = hooksOf(container, desired);
  const after = [...(edges.after ?? []), ...reconnections(container.id)];
  const stopped = addStop(plan, history, { container, ref, hooks, cause, force, edges: { ...edges, after } });
  const record = endedWell(container) ? openRecordOf(container, history) : undefined;
  const succeeded = record === undefined ? {} : { succeeded: record };
  return plan.add(
    { id: `${ref.key}:remove`, kind: 'remove-container', cause, container: ref, volumes, ...succeeded },
    stopped ? { dependsOn: [stopped] } : { ...edges, after },
  );
}
