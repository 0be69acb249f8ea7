/**
 * The loop for one project: observe, plan, execute, and again until there is nothing to do.
 *
 * It runs under the project's lease, so that two reeves never act on one project at once. A round that failed ends the
 * loop (the caller decides about another one, later); a round in which the world moved under the plan is repeated at once,
 * a few times. What a command asks for once (recreate, restart) is asked of the containers of the first round.
 * `apply` calls this until settled; `watch` calls it under the work queue; `down` and `stop` give it another planner.
 */

import { randomUUID } from 'node:crypto';
import type { ExecuteResult } from '../execute/executor.ts';
import type { ObservedProject } from '../model/observed.ts';
import { renderCause } from '../plan/cause.ts';
import { checkPlan } from '../plan/check.ts';
import type { Plan } from '../plan/plan.ts';
import { renderAction } from '../plan/render.ts';
import { isRunning } from '../plan/sequences.ts';
import { Attention } from './attention.ts';
import { Backoff } from './backoff.ts';
import { endOf, failed, interrupted, problemLines, settled, yielded } from './ending.ts';
import { look, observe } from './observe.ts';
import type { ReconcileRequest, ReconcileResult, ReconcilerPorts } from './reconcile-request.ts';
import { carryOut, crashDelays, dueStarts, leftDown, successes } from './round.ts';
import type { Carried } from './round.ts';
import type { Tenure } from './tenures.ts';
import { Tenures } from './tenures.ts';
import { lanesUnder, refuseWithout } from './under-lease.ts';

export type {
  ReconcileEvent,
  ReconcileRequest,
  ReconcileResult,
  ReconcilerPorts,
  Snapshot,
} from './reconcile-request.ts';

/** How old a memory may be that a further round acts on: a plan rests for as long on what was seen while it is carried out. */
const ACTABLE_MS = 5000;
/** Times that a plan is made anew at once because the world moved under it. */
const STALE_ROUNDS = 5;
/** Times that a plan is carried out again at once which had been carried out, and yet is the same as before. */
const REPEATED_ROUNDS = 5;

/** Rounds that fail before a run ends; the next one is for the work queue to begin. */
const BROKEN_ROUNDS = 5;

export async function reconcile(ports: ReconcilerPorts, request: ReconcileRequest): Promise<ReconcileResult> {
  const { state, emit } = ports;
  const { project, command } = request;
  const tenures = request.tenures ?? new Tenures(state);
  const tenure = await tenures.enter({
    project,
    command,
    signal: AbortSignal.any([request.signal, request.drain]),
    insists: request.failed === undefined,
    onWait: (holder) => emit({ type: 'lease-wait', project, ...holder }),
  });
  try {
    return await settle({ ...ports, lanes: lanesUnder(tenure.lease, project, ports.lanes) }, request, tenure);
  } finally {
    const left = tenures.leave(project, tenure);
    if (!request.leave?.aborted) await left;
  }
}

async function settle(
  ports: ReconcilerPorts,
  request: ReconcileRequest,
  { lease, inFlight }: Tenure,
): Promise<ReconcileResult> {
  const { state, clock } = ports;
  const reconcileId = randomUUID();
  let actions = 0;
  let [carriedOut, repeats] = ['', 0];
  const endedWaits = new Backoff({ clock, random: Math.random });
  for (let round = 1, stale = 0, broken = 0; ; round += 1) {
    refuseWithout(lease, request.project);
    const { observed, plan: whole, seen } = await lookAndPlan(ports, request, round);
    const { plan, failures, retryable } = request.failed?.without(whole) ?? {
      plan: whole,
      failures: [],
      retryable: true,
    };
    if (failures.length > 0) {
      const end = failed(clock, plan, { failures: [...failures, ...problemLines(plan)], retryable, actions });
      if (plan.actions.length === 0) return end;
      request.onResting?.(end);
    }
    if (round === 1 || plan.actions.length > 0) ports.emit({ type: 'plan', project: request.project, plan });
    state.hooks.supersedePreStop(plan.abandonedStops);
    if (plan.actions.length === 0) return { ...settled(clock, plan, actions), seen };
    const text = deeds(plan);
    repeats = text === carriedOut ? repeats + 1 : 0;
    if (repeats >= REPEATED_ROUNDS) return failed(clock, plan, { ...unsettled(request, plan), actions });
    state.inventory.expectStarts(request.project, stopped(plan));
    const attention = new Attention({
      ...ports,
      plan,
      replan: () => replan(ports, request, round),
      repeats: endedWaits,
      comesBack: request.failed !== undefined,
      onWanted: (listener) => lease.onWanted(listener),
    });
    const run = { plan, observed, reconcileId, attention, inFlight };
    const result = await carryOut(ports, request, run).finally(() => attention.close());
    actions += successes(result);
    const waitsEnded = attention.signal.aborted && !request.drain.aborted && !request.signal.aborted;
    carriedOut = result.stale || waitsEnded ? '' : text;
    if (result.interrupted && !waitsEnded) return interrupted(plan, result, actions);
    if (attention.yields && result.failures.length === 0) return yielded(plan, actions);
    if (result.stale && stale < STALE_ROUNDS) stale += 1;
    else if (result.failures.length > 0) {
      const back = await bringBack(ports, request, { plan, result, round, reconcileId, inFlight });
      actions += back ? successes(back) : 0;
      broken += 1;
      // What failed rests, and the others go on; a hook that runs is stayed with, or nobody would tell its end.
      const goesOn = request.failed?.record(plan, result, back !== undefined);
      if (goesOn && (broken < BROKEN_ROUNDS || !inFlight.isEmpty)) continue;
      return failed(clock, plan, { ...endOf(plan, result, back), actions });
    }
  }
}

/**
 * What a failed round stopped for the sake of something that then failed is started again, where that can be: the failure
 * holds its own container only. Nothing else is done; the failure stays one, and its retry is for later.
 */
async function bringBack(
  ports: ReconcilerPorts,
  request: ReconcileRequest,
  past: Pick<Carried, 'plan' | 'reconcileId' | 'inFlight'> & { readonly result: ExecuteResult; readonly round: number },
): Promise<ExecuteResult | undefined> {
  const services = leftDown(past.plan, past.result);
  if (services.size === 0 || !request.planBack) return undefined;
  const { observed, ledger } = await observe(ports, { ...request, maxAgeMs: 0 });
  const pendingStarts = dueStarts(ports.state, request.project, observed);
  const delays = crashDelays(ports, observed);
  const plan = request.planBack({ observed, ledger, round: past.round + 1, pendingStarts, ...delays }, services);
  refuseUnsound(plan);
  if (plan.actions.length === 0) return undefined;
  ports.emit({ type: 'plan', project: request.project, plan });
  return await carryOut(ports, request, { ...past, plan, observed });
}

/**
 * Nothing is done on the strength of a memory: a plan that does something is made again of what the engine says now. What
 * another reeve did until it gave the lease away may not have been heard of yet, so a first round takes no memory at all.
 */
async function lookAndPlan(
  ports: ReconcilerPorts,
  request: ReconcileRequest,
  round: number,
): Promise<{ readonly observed: ObservedProject; readonly plan: Plan; readonly seen: string | undefined }> {
  const actableMs = round === 1 ? 0 : ACTABLE_MS;
  for (let maxAge = {}; ; maxAge = { maxAgeMs: actableMs }) {
    const { observed, ledger, seen } = await observe(ports, { ...request, ...maxAge });
    const pendingStarts = dueStarts(ports.state, request.project, observed);
    const plan = request.makePlan({ observed, ledger, round, pendingStarts, ...crashDelays(ports, observed) });
    refuseUnsound(plan);
    const isFresh = (observed.ageMs ?? 0) <= actableMs || 'maxAgeMs' in maxAge;
    if (isFresh || plan.actions.length === 0) return { observed, plan, seen };
  }
}

/** The plan as it would be made now, for a run that waits; writes nothing. */
async function replan(ports: ReconcilerPorts, request: ReconcileRequest, round: number): Promise<Plan> {
  const { observed, ledger } = await look(ports, request);
  const expected = ports.state.inventory.expectedStarts(request.project);
  const down = observed.containers.filter((one) => !isRunning(one) && expected.has(one.id));
  const pendingStarts = new Set(down.map(({ id }) => id));
  const plan = request.makePlan({ observed, ledger, round: round + 1, pendingStarts, ...crashDelays(ports, observed) });
  return request.failed?.without(plan).plan ?? plan;
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

/** What a plan does and why. Containers go by their replicas: one that was replaced has another id each time. */
function deeds(plan: Plan): string {
  const lines = plan.actions.map((action) => {
    const why = renderCause(action.cause);
    if (!('container' in action)) return `${action.id} (${why})`;
    const { service, number, id } = action.container;
    const what = action.kind === 'run-hook' ? renderAction(action) : action.kind;
    return `${service}/${number} ${id === undefined ? 'new' : 'there'} ${what} (${why})`;
  });
  return lines.join('\n');
}

/** What was done is undone each time, by somebody or by itself. */
function unsettled(request: ReconcileRequest, plan: Plan): Pick<ReconcileResult, 'failures' | 'retryable'> {
  const message = (id: string): string => `${id} was done ${REPEATED_ROUNDS} times over, and is to be done again`;
  request.failed?.recordVain(plan, message);
  return { failures: plan.actions.map(({ id }) => message(id)), retryable: true };
}
