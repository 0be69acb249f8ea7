/**
 * The loop for one project: observe, plan, execute, and again until there is nothing to do.
 *
 * It runs under the project's lease, so that two reeves never act on one project at once. A round that failed ends the
 * loop (the caller decides about another one, later); a round in which the world moved under the plan is repeated at once,
 * a few times. What a command asks for once (recreate, restart) is asked of the containers of the first round.
 * `apply` calls this until settled; `watch` calls it under the work queue; `down` and `stop` give it another planner.
 */

import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { RunEvent } from '../execute/events.ts';
import type { ExecuteResult } from '../execute/executor.ts';
import { executePlan } from '../execute/executor.ts';
import type { Lanes } from '../execute/lanes.ts';
import type { RunOptions } from '../execute/run-context.ts';
import type { LedgerView } from '../model/hook.ts';
import { StateError } from '../model/errors.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { Project } from '../model/project.ts';
import { checkPlan } from '../plan/check.ts';
import type { Plan } from '../plan/plan.ts';
import { renderPlan } from '../plan/render.ts';
import { isRunning } from '../plan/sequences.ts';
import type { Lease, State } from '../state/state.ts';
import { Attention } from './attention.ts';
import { Backoff } from './backoff.ts';
import { historyWriter } from './history.ts';
import { look, observe } from './observe.ts';

export interface ReconcilerPorts {
  readonly engine: Engine;
  readonly state: State;
  readonly lanes: Lanes;
  readonly clock: Clock;
  /** Starts, by `project/service/number`: one that does not stay up is started again after a growing delay. */
  readonly crashes: Backoff;
  readonly emit: (event: ReconcileEvent) => void;
}

export type ReconcileEvent =
  | RunEvent
  | { readonly type: 'lease-wait'; readonly project: string; readonly pid: number; readonly command: string }
  /** What reeve remembers was removed or damaged, and was made anew. */
  | { readonly type: 'state-renewed'; readonly project: string; readonly message: string };

/** What a planner is given: the world as it was just seen. */
export interface Snapshot {
  readonly observed: ObservedProject;
  readonly ledger: LedgerView;
  /** 1 in the first round; images are pulled in that round only. */
  readonly round: number;
  /** By container id: not to be started again before that moment, milliseconds since the epoch. */
  readonly notBefore: ReadonlyMap<string, number>;
  /** Containers that reeve stopped and that are wanted again. */
  readonly pendingStarts: ReadonlySet<string>;
  readonly nowMs: number;
}

export interface ReconcileRequest {
  readonly project: string;
  /** undefined: there are no files (`down --project-name`). */
  readonly desired: Project | undefined;
  /** Called in each round, and by a run that waits for a look at what else there is to do; in the first round it may write. */
  readonly makePlan: (snapshot: Snapshot) => Plan;
  /** For the lease and the history: `apply`, `watch`, `down`. */
  readonly command: string;
  readonly options: RunOptions;
  /** A run that fails is made again after a while: it does not wait for slow dependencies then. Default false. */
  readonly comesBack?: boolean;
  /** Aborted: no new action begins, running ones settle. */
  readonly drain: AbortSignal;
  /** Aborted: everything is left where it is. */
  readonly signal: AbortSignal;
}

export interface ReconcileResult {
  readonly kind: 'converged' | 'failed' | 'deferred' | 'interrupted';
  /** Actions that succeeded, over all rounds. */
  readonly actions: number;
  readonly failures: readonly string[];
  /** False: repeating cannot mend it. */
  readonly retryable: boolean;
  readonly notes: readonly string[];
  /** Milliseconds until something deferred is due. */
  readonly afterMs: number | undefined;
}

/** How old a memory may be that is acted on: a plan rests for as long on what was seen while it is carried out. */
const ACTABLE_MS = 5000;
/** Times that a plan is made anew at once because the world moved under it. */
const STALE_ROUNDS = 5;
/** Times that a plan is carried out again at once which had been carried out, and yet is the same as before. */
const REPEATED_ROUNDS = 5;

export async function reconcile(ports: ReconcilerPorts, request: ReconcileRequest): Promise<ReconcileResult> {
  const { state, emit } = ports;
  const { project, command } = request;
  const lease = await state.leases.acquire({
    project,
    command,
    signal: AbortSignal.any([request.signal, request.drain]),
    onWait: (holder) => emit({ type: 'lease-wait', project, pid: holder.pid, command: holder.command }),
  });
  try {
    return await settle(ports, request, lease);
  } finally {
    lease.release();
  }
}

async function settle(ports: ReconcilerPorts, request: ReconcileRequest, lease: Lease): Promise<ReconcileResult> {
  const { state } = ports;
  const reconcileId = randomUUID();
  let actions = 0;
  let [carriedOut, repeats] = ['', 0];
  const endedWaits = new Backoff({ clock: ports.clock, random: Math.random });
  for (let round = 1, stale = 0; ; round += 1) {
    if (!lease.isHeld())
      throw new StateError('lost', `the lease of ${request.project} was lost, its file was removed; run reeve again`);
    const { observed, plan } = await lookAndPlan(ports, request, round);
    if (round === 1 || plan.actions.length > 0) ports.emit({ type: 'plan', project: request.project, plan });
    state.hooks.supersedePreStop(plan.abandonedStops);
    if (plan.actions.length === 0) return settled(ports, plan, actions);
    const text = renderPlan(plan);
    repeats = text === carriedOut ? repeats + 1 : 0;
    if (repeats >= REPEATED_ROUNDS) return outcome('failed', plan, actions, unsettled(plan));
    state.inventory.expectStarts(request.project, stopped(plan));
    const writer = historyWriter(state.history, ports.clock, reconcileId);
    const attention = new Attention({
      ...ports,
      plan,
      replan: () => replan(ports, request, round),
      repeats: endedWaits,
      comesBack: request.comesBack ?? false,
    });
    const result = await executePlan({
      ...ports,
      ...request,
      drain: AbortSignal.any([request.drain, attention.signal]),
      plan,
      observed,
      ledger: state.hooks,
      contents: state.contents,
      emit: (event) => {
        writer.record(event);
        noteStart(ports, event);
        attention.follow(event);
        ports.emit(event);
      },
    }).finally(() => attention.close());
    writer.flush();
    actions += [...result.outcomes.values()].filter(({ kind }) => kind === 'succeeded').length;
    const waitsEnded = attention.signal.aborted && !request.drain.aborted && !request.signal.aborted;
    carriedOut = result.stale || waitsEnded ? '' : text;
    if (result.interrupted && !waitsEnded) return outcome('interrupted', plan, actions, messages(result, plan));
    if (result.stale && stale < STALE_ROUNDS) stale += 1;
    else if (result.failures.length > 0) {
      const retryable = result.failures.some((failure) => failure.retryable);
      return { ...outcome('failed', plan, actions, messages(result, plan)), retryable };
    }
  }
}

/** Nothing is done on the strength of a memory: a plan that does something is made again of what the engine says now. */
async function lookAndPlan(
  ports: ReconcilerPorts,
  request: ReconcileRequest,
  round: number,
): Promise<{ readonly observed: ObservedProject; readonly plan: Plan }> {
  for (let maxAge = {}; ; maxAge = { maxAgeMs: ACTABLE_MS }) {
    const { observed, ledger } = await observe(ports, { ...request, ...maxAge });
    const pendingStarts = dueStarts(ports.state, request.project, observed);
    const plan = request.makePlan({ observed, ledger, round, pendingStarts, ...crashDelays(ports, observed) });
    refuseUnsound(plan);
    const isFresh = (observed.ageMs ?? 0) <= ACTABLE_MS || 'maxAgeMs' in maxAge;
    if (isFresh || plan.actions.length === 0) return { observed, plan };
  }
}

/** The plan as it would be made now, for a run that waits; writes nothing. */
async function replan(ports: ReconcilerPorts, request: ReconcileRequest, round: number): Promise<Plan> {
  const { observed, ledger } = await look(ports, request);
  const expected = ports.state.inventory.expectedStarts(request.project);
  const down = observed.containers.filter((one) => !isRunning(one) && expected.has(one.id));
  const pendingStarts = new Set(down.map(({ id }) => id));
  return request.makePlan({ observed, ledger, round: round + 1, pendingStarts, ...crashDelays(ports, observed) });
}

function settled(ports: ReconcilerPorts, plan: Plan, actions: number): ReconcileResult {
  if (plan.problems.length > 0) return outcome('failed', plan, actions, problemLines(plan));
  if (plan.deferrals.length === 0) return outcome('converged', plan, actions, []);
  const dueMs = Math.min(...plan.deferrals.map((deferral) => deferral.untilMs));
  const lines = plan.deferrals.map(({ subject, message }) => `${subject}: ${message}`);
  return { ...outcome('deferred', plan, actions, lines), afterMs: Math.max(0, dueMs - ports.clock.now()) };
}

function outcome(
  kind: ReconcileResult['kind'],
  plan: Plan,
  actions: number,
  failures: readonly string[],
): ReconcileResult {
  return { kind, actions, failures, retryable: true, notes: plan.notes, afterMs: undefined };
}

function messages(result: ExecuteResult, plan: Plan): string[] {
  return [...result.failures.map((failure) => failure.message), ...problemLines(plan)];
}

function problemLines(plan: Plan): string[] {
  return plan.problems.map(({ subject, message }) => `${subject}: ${message}`);
}

function refuseUnsound(plan: Plan): void {
  const faults = checkPlan(plan);
  if (faults.length > 0) throw new Error(`this plan is unsound, please report it: ${faults.join('; ')}`);
}

/**
 * Containers that the plan stops: by a restart, which starts them again at once, by `stop`, until they are wanted again, or
 * for a replacement, which a crash and another edit may call off. Noted before it happens, for nobody can tell afterwards
 * a stop from a job that finished.
 */
function stopped(plan: Plan): string[] {
  return plan.actions.flatMap((action) => (action.kind === 'stop-container' ? (action.container.id ?? []) : []));
}

/** Containers that reeve stopped and that are still stopped; those that run again or are gone are forgotten. */
function dueStarts(state: State, project: string, observed: ObservedProject): ReadonlySet<string> {
  const expected = state.inventory.expectedStarts(project);
  const down = new Set(observed.containers.filter((one) => !isRunning(one)).map(({ id }) => id));
  state.inventory.forgetStarts([...expected].filter((id) => !down.has(id)));
  return new Set([...expected].filter((id) => down.has(id)));
}

function unsettled(plan: Plan): string[] {
  return plan.actions.map(({ id }) => `${id} was done ${REPEATED_ROUNDS} times over, and is to be done again`);
}

/** Every start counts; a container that stays up for a minute is forgotten (backoff.ts). */
function noteStart(ports: ReconcilerPorts, event: RunEvent): void {
  if (event.type !== 'action-settled' || event.action.kind !== 'start-container') return;
  if (event.outcome.kind !== 'succeeded') return;
  const { key, id } = event.action.container;
  ports.crashes.next(`${event.project}/${key}`);
  if (id !== undefined) ports.state.inventory.forgetStarts([id]);
}

function crashDelays(ports: ReconcilerPorts, observed: ObservedProject): Pick<Snapshot, 'notBefore' | 'nowMs'> {
  const nowMs = ports.clock.now();
  const notBefore = new Map<string, number>();
  for (const { id, service, number } of observed.containers) {
    const leftMs = ports.crashes.remainingMs(`${observed.name}/${service}/${number}`);
    if (leftMs > 0) notBefore.set(id, nowMs + leftMs);
  }
  return { notBefore, nowMs };
}
