/**
 * What the actions of one run share: the ports, the run's options, and what earlier actions of the same run found out
 * (ids of new containers, ids of pulled images). Made anew for each run; nothing in it outlives the run.
 */

import type { Clock } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import { EngineError } from '../model/errors.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { Project } from '../model/project.ts';
import type { Action, Borrows, ContainerRef } from '../plan/plan.ts';
import { DEFAULT_HOOK_TIMEOUT_MS } from '../plan/stop-budget.ts';
import type { DeliveredContents, HookLedger } from '../state/state.ts';
import type { RunEvent } from './events.ts';
import type { HooksInFlight } from './hooks-in-flight.ts';
import type { Incarnations } from './incarnations.ts';
import type { Lanes } from './lanes.ts';

export interface RunOptions {
  /** Deadline of a hook that has none of its own, in milliseconds. */
  readonly hookTimeoutMs: number;
  /** Grace for every stop, in milliseconds; undefined: each container's own. */
  readonly stopTimeoutMs: number | undefined;
  /** Longest wait for a dependency, in milliseconds. */
  readonly waitTimeoutMs: number;
}

export const DEFAULT_RUN_OPTIONS: RunOptions = {
  hookTimeoutMs: DEFAULT_HOOK_TIMEOUT_MS,
  stopTimeoutMs: undefined,
  waitTimeoutMs: 60 * 60_000,
};

export interface RunContext {
  readonly engine: Engine;
  readonly ledger: HookLedger;
  readonly contents: DeliveredContents;
  readonly lanes: Lanes;
  readonly clock: Clock;
  /** undefined for a project whose files are gone (`down --project-name`). */
  readonly desired: Project | undefined;
  readonly observed: ObservedProject;
  readonly options: RunOptions;
  /** Aborted: nothing new begins, and nobody waits for anything any more, pulls and builds included; what else runs settles. */
  readonly drain: AbortSignal;
  /** Aborted: whatever runs is left where it is. */
  readonly signal: AbortSignal;
  /** Aborted: nobody stays with a post_start or pre_stop that runs; it goes on in flight, for the next round to stay with. */
  readonly leave: AbortSignal;
  readonly inFlight: HooksInFlight;
  readonly emit: (event: RunEvent) => void;
  /** Ids of containers that this run created, by key. */
  readonly created: Map<string, string>;
  /** Image id by reference, as observed and as pulled since. */
  readonly images: Map<string, string>;
  readonly incarnations: Incarnations;
}

/** Id of a container that exists, or that an earlier action of this run created. */
export function containerId(context: RunContext, ref: ContainerRef): string {
  const id = ref.id ?? context.created.get(ref.key);
  if (id === undefined) throw new EngineError('not-found', `${ref.key} has not been created`);
  return id;
}

/** The files' project; its absence is a bug in the plan, since only `down` and `stop` are made without one. */
export function desiredProject(context: RunContext, action: Action): Project {
  if (!context.desired) throw new Error(`${action.id} needs the project's files`);
  return context.desired;
}

/** Id of the container of a service that another one borrows from. */
export function borrowedId(context: RunContext, borrows: Borrows, service: string): string {
  const lender = borrows.find((one) => one.service === service);
  if (!lender) throw new Error(`service ${service} has no container to borrow from`);
  return containerId(context, lender.container);
}
