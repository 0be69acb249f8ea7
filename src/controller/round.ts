/**
 * One round of a run: a plan carried out, with its history, and what the next round has to know of the containers, which
 * ones do not stay up and which ones reeve stopped. Whether there is a next round is the reconciler's.
 */

import type { RunEvent } from '../execute/events.ts';
import type { ExecuteResult } from '../execute/executor.ts';
import { executePlan } from '../execute/executor.ts';
import type { HooksInFlight } from '../execute/hooks-in-flight.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { ServiceName } from '../model/project.ts';
import type { ActionId, Plan } from '../plan/plan.ts';
import { replicaOf } from '../plan/plan.ts';
import { isRunning } from '../plan/sequences.ts';
import type { State } from '../state/state.ts';
import type { Attention } from './attention.ts';
import { historyWriter } from './history.ts';
import type { ReconcileRequest, ReconcilerPorts, Snapshot } from './reconcile-request.ts';
import { noteRenewal } from './renewal.ts';

export interface Carried {
  readonly plan: Plan;
  readonly observed: ObservedProject;
  readonly reconcileId: string;
  readonly attention?: Attention;
  /** Hooks that earlier rounds left, and those that this one leaves. */
  readonly inFlight: HooksInFlight;
}

export async function carryOut(
  ports: ReconcilerPorts,
  request: ReconcileRequest,
  { plan, observed, reconcileId, attention, inFlight }: Carried,
): Promise<ExecuteResult> {
  const { state, clock } = ports;
  const writer = historyWriter(state.history, clock, reconcileId);
  const result = await executePlan({
    ...ports,
    ...request,
    drain: attention ? AbortSignal.any([request.drain, attention.signal]) : request.drain,
    leave: AbortSignal.any([request.leave, attention?.leave].filter((signal) => signal !== undefined)),
    inFlight,
    plan,
    observed,
    ledger: state.hooks,
    contents: state.contents,
    emit: (event) => {
      writer.record(event);
      noteStart(ports, event);
      if (request.renewal) noteRenewal(request.renewal, event);
      attention?.follow(event);
      ports.emit(event);
    },
  });
  writer.flush();
  return result;
}

export function successes({ outcomes }: ExecuteResult): number {
  return [...outcomes.values()].filter(({ kind }) => kind === 'succeeded').length;
}

/**
 * Services of containers that were stopped in this round, and of which the start that was to follow was skipped. Not those
 * that wait for a hook, their own pre_start or the post_start of a dependency which was replaced: that one is not ready, and
 * a hook that failed is for the next run.
 */
export function leftDown(plan: Plan, { outcomes }: ExecuteResult): Set<ServiceName> {
  const down = new Set<string>();
  for (const action of plan.actions) {
    if (action.kind === 'stop-container' && outcomes.get(action.id)?.kind === 'succeeded')
      down.add(replicaOf(action.container));
  }
  const starts = plan.actions.filter((action) => action.kind === 'start-container');
  const actions = new Map(plan.actions.map((action) => [action.id, action]));
  const skipped = starts.filter(({ id, container }) => {
    const culprit = actions.get(culpritOf(id, outcomes) ?? '');
    const isUnready = culprit?.kind === 'run-hook' && culprit.phase !== 'pre_stop';
    return culprit !== undefined && !isUnready && down.has(replicaOf(container));
  });
  return new Set(skipped.map(({ container }) => container.service));
}

/** The action for which one was skipped in the end; undefined: it was not skipped. */
function culpritOf(id: ActionId, outcomes: ExecuteResult['outcomes']): ActionId | undefined {
  const outcome = outcomes.get(id);
  return outcome?.kind === 'skipped' ? (culpritOf(outcome.because, outcomes) ?? outcome.because) : undefined;
}

/** Every start counts; a container that stays up for a minute is forgotten (backoff.ts). */
function noteStart(ports: ReconcilerPorts, event: RunEvent): void {
  if (event.type !== 'action-settled' || event.action.kind !== 'start-container') return;
  if (event.outcome.kind !== 'succeeded') return;
  const { key, id } = event.action.container;
  ports.crashes.next(`${event.project}/${key}`);
  if (id !== undefined) ports.state.inventory.forgetStarts([id]);
}

export function crashDelays(ports: ReconcilerPorts, observed: ObservedProject): Pick<Snapshot, 'notBefore' | 'nowMs'> {
  const nowMs = ports.clock.now();
  const notBefore = new Map<string, number>();
  for (const { id, service, number } of observed.containers) {
    const leftMs = ports.crashes.remainingMs(`${observed.name}/${service}/${number}`);
    if (leftMs > 0) notBefore.set(id, nowMs + leftMs);
  }
  return { notBefore, nowMs };
}

/** Containers that reeve stopped and that are still stopped; those that run again or are gone are forgotten. */
export function dueStarts(state: State, project: string, observed: ObservedProject): ReadonlySet<string> {
  const expected = state.inventory.expectedStarts(project);
  const down = new Set(observed.containers.filter((one) => !isRunning(one)).map(({ id }) => id));
  state.inventory.forgetStarts([...expected].filter((id) => !down.has(id)));
  return new Set([...expected].filter((id) => down.has(id)));
}
