/**
 * Invariants that every plan must satisfy, whatever it was made from. Cheap enough to run before every execution:
 * a plan that breaks one is a bug of ours, and is refused rather than carried out.
 */

import type { HookPhase } from '../model/hook.ts';
import type { Action, ActionId, ContainerRef, Plan } from './plan.ts';
import { containerOf } from './plan.ts';

/** Sentences about what is wrong; none for a sound plan. */
export function checkPlan(plan: Plan): string[] {
  const byId = new Map(plan.actions.map((action) => [action.id, action]));
  const hooksBefore = (phase: HookPhase): ReadonlyMap<string | undefined, readonly Action[]> =>
    Map.groupBy(
      plan.actions.filter((action) => action.kind === 'run-hook' && action.phase === phase),
      (action) => containerOf(action)?.key,
    );
  const before = { pre_start: hooksBefore('pre_start'), pre_stop: hooksBefore('pre_stop') };
  return [
    ...checkOrder(plan.actions),
    ...plan.actions.flatMap((action) => checkSequence(action, byId, before)),
    ...checkContainers(plan.actions),
  ];
}

function checkOrder(actions: readonly Action[]): string[] {
  const seen = new Set<ActionId>();
  return actions.flatMap((action) => {
    const early = [...action.dependsOn, ...action.after].filter((id) => !seen.has(id));
    const twice = seen.has(action.id) ? [`${action.id} stands in the plan twice`] : [];
    seen.add(action.id);
    return [...twice, ...early.map((id) => `${action.id} stands before ${id}, which it waits for`)];
  });
}

/**
 * Hooks come where they belong: a pre_start after the creation, a start after every pre_start, a post_start after its start,
 * a stop after every pre_stop, a removal after its stop.
 */
function checkSequence(
  action: Action,
  byId: ReadonlyMap<ActionId, Action>,
  before: Readonly<Record<'pre_start' | 'pre_stop', ReadonlyMap<string | undefined, readonly Action[]>>>,
): string[] {
  const ref = containerOf(action);
  if (!ref) return [];
  const needs = (id: ActionId): string[] =>
    byId.has(id) && !reaches(action, id, byId) ? [`${action.id} does not wait for ${id}`] : [];
  switch (action.kind) {
    case 'stop-container':
      return (before.pre_stop.get(ref.key) ?? []).flatMap(({ id }) => needs(id));
    case 'remove-container':
      return needs(`${ref.key}:stop`);
    case 'start-container':
      return [`${ref.key}:stop`, ...(before.pre_start.get(ref.key) ?? []).map(({ id }) => id)].flatMap(needs);
    case 'rename-container':
      return needs(`${ref.key}:create`);
    case 'run-hook':
      if (action.phase === 'pre_stop') return [];
      return needs(action.phase === 'post_start' ? `${ref.key}:start` : `${ref.key}:create`);
    default:
      return [];
  }
}

function reaches(action: Action, wanted: ActionId, byId: ReadonlyMap<ActionId, Action>): boolean {
  const open = [...action.dependsOn];
  const seen = new Set<ActionId>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === wanted) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(byId.get(id)?.dependsOn ?? []));
  }
  return false;
}

function checkContainers(actions: readonly Action[]): string[] {
  const created = new Set(actions.filter((action) => action.kind === 'create-container').map((action) => action.id));
  return actions.flatMap((action) => {
    const ref: ContainerRef | undefined = containerOf(action);
    if (!ref || ref.id !== undefined || action.kind === 'create-container') return [];
    return created.has(`${ref.key}:create`) ? [] : [`${action.id} is about a container that nothing creates`];
  });
}
