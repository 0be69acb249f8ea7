/**
 * The two sequences that every path to a stop or a start goes through:
 * `pre_stop[0] … -> stop` and `start -> post_start[0] …`.
 *
 * Nothing else in plan/ adds a stop or a start action, so no path can forget its hooks.
 */

import type { ObservedContainer } from '../model/observed.ts';
import type { HookSet } from '../model/owner.ts';
import type { Cause } from './cause.ts';
import type { HookHistory, OwedHook } from './owed.ts';
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
  if (container.state.status !== 'restarting') {
    for (const { index, hook, earlier } of owedHooks(container, 'pre_stop', stop.hooks, history)) {
      const policy = stop.force ? { ...hook.policy, onFailure: 'continue' as const } : hook.policy;
      const id = plan.add(
        {
          id: `${ref.key}:pre_stop[${index}]`,
          kind: 'run-hook',
          cause,
          container: ref,
          phase: 'pre_stop',
          index,
          hook: { ...hook, policy },
          earlier,
        },
        edges,
      );
      edges = { dependsOn: [id] };
    }
  }
  return plan.add({ id: `${ref.key}:stop`, kind: 'stop-container', cause, container: ref }, edges);
}

/** A process of the container runs, or may do so at any moment. */
export function isRunning(container: ObservedContainer): boolean {
  return ['running', 'paused', 'restarting'].includes(container.state.status);
}

export interface StartSequence {
  readonly ref: ContainerRef;
  readonly owed: readonly OwedHook[];
  readonly cause: Cause;
  /** The start, or what else must come first. */
  readonly started: ActionId | undefined;
}

/** Adds hooks after a start (or after nothing, for a container that runs already); the id of the last action. */
export function addPostStart(plan: PlanBuilder, { ref, owed, cause, started }: StartSequence): ActionId | undefined {
  let last = started;
  for (const { index, hook, earlier } of owed) {
    if (hook.policy.after === 'healthy') last = addAwait(plan, { ref, until: 'healthy', cause }, [last]);
    last = plan.add(
      {
        id: `${ref.key}:post_start[${index}]`,
        kind: 'run-hook',
        cause,
        container: ref,
        phase: 'post_start',
        index,
        hook,
        earlier,
      },
      { dependsOn: [last] },
    );
  }
  return last;
}

export type Awaited = ActionOf<'await-container'>['until'];

/** Adds a wait on one container, or finds the one that is there. */
export function addAwait(
  plan: PlanBuilder,
  { ref, until, cause }: { readonly ref: ContainerRef; readonly until: Awaited; readonly cause: Cause },
  dependsOn: readonly (ActionId | undefined)[],
): ActionId {
  return plan.add(
    { id: `${ref.key}:await-${until}`, kind: 'await-container', cause, container: ref, until },
    { dependsOn },
  );
}

/** `web/1`: the container that is there to stay. */
export function stayingRef(container: ObservedContainer): ContainerRef {
  return {
    key: `${container.service}/${container.number}`,
    service: container.service,
    number: container.number,
    id: container.id,
    name: container.name,
  };
}

/** `web/1@4f2a91`: the container that goes away. */
export function leavingRef(container: ObservedContainer): ContainerRef {
  return { ...stayingRef(container), key: `${container.service}/${container.number}@${container.id.slice(0, 6)}` };
}
