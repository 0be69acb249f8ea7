/**
 * A plan without some of its work: what is not to be tried yet, and all that would be in vain without it.
 *
 * Work goes by its subject, a replica or a resource, and is left out whole: half of a replacement would stop a container
 * and not bring it back. What depends on it is left out as well, and so the rest of that subject.
 */

import type { Action, ActionId, Plan } from './plan.ts';
import { containerOf, replicaOf } from './plan.ts';

/** A replica (`web/1`) or a resource (`network/front`). */
export type Subject = string;

export function subjectOf(action: Action): Subject {
  const container = containerOf(action);
  return container ? replicaOf(container) : action.id.replace(/:[\w-]+$/, '');
}

/** The work of a plan by its subject. Clearing away what a failed hook left behind is no work of its own. */
export function workBySubject({ actions }: Pick<Plan, 'actions'>): ReadonlyMap<Subject, readonly ActionId[]> {
  const work = actions.filter((action) => !isClearing(action));
  const bySubject = Map.groupBy(work, subjectOf);
  return new Map([...bySubject].map(([subject, ofIt]) => [subject, ofIt.map(({ id }) => id)]));
}

/** The plan without the work of these subjects. */
export function postpone(plan: Plan, subjects: ReadonlySet<Subject>): Plan {
  if (subjects.size === 0) return plan;
  const out = leftOut(plan.actions, new Set(subjects));
  const actions = plan.actions
    .filter(({ id }) => !out.has(id))
    .map((action): Action => ({ ...action, after: action.after.filter((id) => !out.has(id)) }));
  return { ...plan, actions };
}

function leftOut(actions: readonly Action[], subjects: Set<Subject>): ReadonlySet<ActionId> {
  const out = new Set<ActionId>();
  for (let size = -1; size < out.size + subjects.size;) {
    size = out.size + subjects.size;
    for (const action of actions) {
      const isVain = action.dependsOn.some((id) => out.has(id));
      if (isVain) subjects.add(subjectOf(action));
      if (isVain || (subjects.has(subjectOf(action)) && !isClearing(action))) out.add(action.id);
    }
  }
  // What is cleared away for nothing but work that is left out stays, too.
  for (const clearing of actions.filter(isClearing)) {
    const waiting = actions.filter(({ dependsOn, after }) => [...dependsOn, ...after].includes(clearing.id));
    if (waiting.length > 0 && waiting.every(({ id }) => out.has(id))) out.add(clearing.id);
  }
  return out;
}

function isClearing({ cause }: Action): boolean {
  return cause.kind === 'hook-container';
}
