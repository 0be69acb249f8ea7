/**
 * The sequences that every path to a stop or a start goes through:
 * `pre_stop[0] … -> stop` and `pre_start[0] … -> start -> post_start[0] …`, `pre_start` before a first start only.
 *
 * Nothing else in plan/ adds a stop or a start action, so no path can forget its hooks.
 */

import type { ObservedContainer } from '../model/observed.ts';
import type { HookSet } from '../model/carried-hook.ts';
import type { Cause } from './cause.ts';
import { LABEL } from '../model/owner.ts';
import type { HookHistory, OwedHook, OwedPreStart } from './owed.ts';
import { openRecordOf } from './hook-containers.ts';
import { owedHooks } from './owed.ts';
import type { ActionId, ActionOf, ContainerRef } from './plan.ts';
import type { Edges, PlanBuilder } from './builder.ts';

export interface StopSequence {
  readonly container: ObservedContainer;
  readonly ref: ContainerRef;
  readonly hooks: HookSet;
  readonly cause: Cause;
  /** A failing pre_stop does not hold the stop (`--force`). */
  readonly force: boolean;
  readonly edges: Edges;
}

/** Adds pre_stop hooks and stop of a running container; the id of the last action, undefined when it is not running. */
export function addStop(plan: PlanBuilder, history: HookHistory, stop: StopSequence): ActionId | undefined {
  const { container, ref, cause } = stop;
  if (!isRunning(container)) return undefined;
  let edges = stop.edges;
  if (container.state.status === 'paused') {
    edges = {
      dependsOn: [plan.add({ id: `${ref.key}:unpause`, kind: 'unpause-container', cause, container: ref }, edges)],
    };
  }
  // One that its restart policy is about to bring back may run by then; one that does not run needs none.
  for (const { index, hook, earlier, others } of owedHooks(container, 'pre_stop', stop.hooks, history)) {
    const forced = stop.force && hook.policy.onFailure === 'fail' ? ({ isForced: true } as const) : {};
    const id = `${ref.key}:pre_stop[${index}]`;
    const run = { phase: 'pre_stop', index, hook, earlier, others, ...forced } as const;
    edges = { dependsOn: [plan.add({ id, kind: 'run-hook', cause, container: ref, ...run }, edges)] };
  }
  const kill = container.hookContainer ? { kill: { recordId: openRecordOf(container, history) } } : {};
  return plan.add({ id: `${ref.key}:stop`, kind: 'stop-container', cause, container: ref, ...kill }, edges);
}

/** A process of the container runs, or may do so at any moment. */
export function isRunning(container: ObservedContainer): boolean {
  return ['running', 'paused', 'restarting'].includes(container.state.status);
}

export interface FirstStart {
  readonly ref: ContainerRef;
  /** In order; a text is the action of another replica that runs this one for all. */
  readonly owed: readonly (OwedPreStart | ActionId)[];
  readonly cause: Cause;
  readonly edges: Edges;
  /** Starts of others that this one comes after. */
  readonly turn: readonly ActionId[];
}

/** Adds the `pre_start` hooks of a container that has never run, and its start. */
function addPreStart(plan: PlanBuilder, { ref, owed, cause, edges }: FirstStart): Edges {
  let last = edges;
  for (const one of owed) {
    if (typeof one === 'string') {
      last = { ...last, dependsOn: [...(last.dependsOn ?? []), one] };
      continue;
    }
    const { index, name, hook, earlier, needs, borrows } = one;
    const id = `${ref.key}:pre_start[${index}]`;
    const run = { phase: 'pre_start', index, name, hook, earlier, borrows } as const;
    const action = { id, kind: 'run-hook', cause, container: ref, ...run } as const;
    last = { dependsOn: [plan.add(action, { ...last, dependsOn: [...(last.dependsOn ?? []), ...needs] })] };
  }
  return last;
}

/** Adds the start of a container, `pre_start` hooks before it where it is the first one; the id of the start. */
export function addStart(plan: PlanBuilder, start: FirstStart): ActionId {
  const { ref, cause, turn } = start;
  const edges = addPreStart(plan, start);
  return plan.add(
    { id: `${ref.key}:start`, kind: 'start-container', cause, container: ref },
    { ...edges, after: [...(edges.after ?? []), ...turn] },
  );
}

export interface StartSequence {
  readonly ref: ContainerRef;
  /** In order; a text is the action of another replica that runs this one for all. */
  readonly owed: readonly (OwedHook | ActionId)[];
  readonly cause: Cause;
  /** The start, or what else must come first. */
  readonly started: readonly ActionId[];
  readonly isHealthy: boolean;
}

/** Adds hooks after a start (or after nothing, for a container that runs already); ids of the last actions. */
export function addPostStart(plan: PlanBuilder, sequence: StartSequence): readonly ActionId[] {
  const { ref, owed, cause, started } = sequence;
  let { isHealthy } = sequence;
  let last = started;
  for (const one of owed) {
    if (typeof one === 'string') {
      last = [...last, one];
      continue;
    }
    const { index, hook, earlier, others } = one;
    if (hook.policy.after === 'healthy' && !isHealthy) {
      last = [addAwait(plan, { ref, until: 'healthy', cause }, last)];
      isHealthy = true;
    }
    const id = `${ref.key}:post_start[${index}]`;
    const run = { phase: 'post_start', index, hook, earlier, others } as const;
    last = [plan.add({ id, kind: 'run-hook', cause, container: ref, ...run }, { dependsOn: last })];
  }
  return last;
}

export interface Await {
  readonly ref: ContainerRef;
  readonly until: ActionOf<'await-container'>['until'];
  readonly cause: Cause;
  /** False: nobody's start depends on how it ends. Default true. */
  readonly required?: boolean;
}

/** Adds a wait on one container, or finds the one that is there. */
export function addAwait(
  plan: PlanBuilder,
  { ref, until, cause, required = true }: Await,
  dependsOn: readonly (ActionId | undefined)[],
): ActionId {
  const id = `${ref.key}:await-${until}${required ? '' : '?'}`;
  return plan.add({ id, kind: 'await-container', cause, container: ref, until, required }, { dependsOn });
}

/** `web/1`: the container that is there to stay. */
export function stayingRef(container: ObservedContainer): ContainerRef {
  return {
    key: `${container.service}/${placeOf(container)}`,
    service: container.service,
    number: container.number,
    id: container.id,
    name: container.name,
  };
}

/** `web/1@4f2a91`: the container that goes away. */
export function leavingRef(container: ObservedContainer): ContainerRef {
  return { ...stayingRef(container), key: `${container.service}/${placeOf(container)}@${container.id.slice(0, 6)}` };
}

/** The replica's number; of a hook's own container the hook. */
function placeOf({ number, hookContainer, labels }: ObservedContainer): string {
  return hookContainer ? (labels[LABEL.hookContainer] ?? 'hook') : String(number);
}
