/**
 * Walks a plan: an action begins when all it waits for has settled, and is skipped when one that it depends on did not
 * succeed. Decided by recorded outcomes only, never by timing. Independent branches go on; the walk ends when every
 * action has settled. Carries no decisions.
 *
 * Three ways to end early. `drain`: no new action begins, waits, pulls and builds end, running ones settle. `leave`: hooks
 * that run go on by themselves. `signal`: whatever runs is left where it is.
 */

import { isEngineError, messageOf, TerminalError } from '../model/errors.ts';
import { renderAction } from '../plan/render.ts';
import type { Action, ActionId, Plan } from '../plan/plan.ts';
import type { TimeLimit } from '../plan/stop-budget.ts';
import { timeLimit } from '../plan/stop-budget.ts';
import { urgencies } from '../plan/urgency.ts';
import type { ActionOutcome, RunEvent } from './events.ts';
import { runAction } from './actions.ts';
import { HooksInFlight } from './hooks-in-flight.ts';
import { Incarnations } from './incarnations.ts';
import type { RunContext } from './run-context.ts';

export interface ExecuteRequest extends Omit<RunContext, 'created' | 'images' | 'incarnations' | 'leave' | 'inFlight'> {
  readonly plan: Plan;
  /** Default: hooks are never left. */
  readonly leave?: AbortSignal;
  /** Hooks that an earlier round left, and those that this one leaves. */
  readonly inFlight?: HooksInFlight;
}

export interface ExecuteResult {
  readonly outcomes: ReadonlyMap<ActionId, ActionOutcome>;
  readonly failures: readonly ActionFailure[];
  readonly stale: boolean;
  readonly interrupted: boolean;
}

export interface ActionFailure {
  readonly action: Action;
  readonly message: string;
  /** undefined: no error, such as a hook that exited with another code than 0. */
  readonly error: unknown;
  readonly retryable: boolean;
}

export async function executePlan(request: ExecuteRequest): Promise<ExecuteResult> {
  const { plan, observed } = request;
  const context: RunContext = {
    ...request,
    leave: request.leave ?? new AbortController().signal,
    inFlight: request.inFlight ?? new HooksInFlight(),
    created: new Map(),
    images: new Map([...observed.images].map(([ref, image]) => [ref, image.id])),
    incarnations: new Incarnations(observed),
  };
  const settled = new Map<ActionId, Promise<ActionOutcome>>();
  const urgent = urgencies(plan);
  for (const action of plan.actions) {
    const lanes = request.lanes.at(urgent.get(action.id) ?? 0);
    settled.set(action.id, settle({ ...context, lanes }, action, settled));
  }
  // All of them are waited for, also when a listener throws: nothing of this run may go on after it.
  await Promise.allSettled(settled.values());
  const outcomes = new Map<ActionId, ActionOutcome>();
  for (const [id, outcome] of settled) outcomes.set(id, await outcome);
  return summarise(plan, outcomes);
}

/** What goes wrong is the outcome; only a listener's error rejects, and ends all that depends on it. */
async function settle(
  context: RunContext,
  action: Action,
  settled: ReadonlyMap<ActionId, Promise<ActionOutcome>>,
): Promise<ActionOutcome> {
  for (const id of action.dependsOn) {
    const outcome = await settled.get(id);
    if (outcome === undefined || outcome.kind === 'succeeded') continue;
    const skipped: ActionOutcome = outcome.kind === 'interrupted' ? outcome : { kind: 'skipped', because: id };
    return report(context, action, { outcome: skipped, durationMs: 0 });
  }
  for (const id of action.after) await settled.get(id);
  if (context.drain.aborted || context.signal.aborted)
    return report(context, action, { outcome: { kind: 'interrupted' }, durationMs: 0 });
  const { clock } = context;
  let beganMs = clock.monotonic();
  const emit = (event: RunEvent): void => {
    if (event.type === 'hook-rejoined') beganMs = clock.monotonic() - Math.max(0, clock.now() - event.beganAtMs);
    context.emit(event);
  };
  context.emit({ type: 'action-started', project: context.observed.name, action, ...limitOf(context, action) });
  const { outcome, detail = '' } = await carryOut({ ...context, emit }, action);
  return report(context, action, { outcome, detail, durationMs: clock.monotonic() - beganMs });
}

async function carryOut(context: RunContext, action: Action): Promise<{ outcome: ActionOutcome; detail?: string }> {
  try {
    const result = await runAction(context, action);
    if (!result.ok) return { outcome: failure(result.message, undefined, true) };
    return { outcome: { kind: 'succeeded' }, ...(result.detail ? { detail: result.detail } : {}) };
  } catch (error) {
    return { outcome: outcomeOf(context, action, error) };
  }
}

function outcomeOf(context: RunContext, action: Action, error: unknown): ActionOutcome {
  const { signal, drain, leave } = context;
  if (signal.aborted || (error !== undefined && [drain.reason, leave.reason].includes(error)))
    return { kind: 'interrupted' };
  const deed = deedOf(action);
  const message = `${subjectOf(action)}: cannot ${deed}: ${withoutDeed(messageOf(error), deed)}`;
  if (isEngineError(error, 'not-found') || isEngineError(error, 'conflict')) return { kind: 'stale', message };
  return failure(message, error, !(error instanceof TerminalError));
}

/** A hook goes by its number: its command may be a script of many lines. */
function deedOf(action: Action): string {
  return action.kind === 'run-hook' ? `run ${action.phase} hook ${action.index}` : renderAction(action);
}

/** The engine's errors begin with the deed, too, and mostly with an id or a name after its verb and noun. */
function withoutDeed(text: string, deed: string): string {
  const [verb, noun] = deed.split(' ');
  const begin = [deed, `${verb} ${noun}`].find((words) => text.startsWith(words));
  return begin === undefined ? text : text.slice(begin.length).replace(/^(?: \S+)?: /, '');
}

/** `web/1`, `network/front`, `image/registry:5000/app:1`; an image's name may hold colons of its own. */
function subjectOf({ id, kind }: Action): string {
  return kind === 'pull-image' || kind === 'build-image' ? id.replace(/:\w+$/, '') : id.replace(/@.*:.*|:.*/, '');
}

function failure(message: string, error: unknown, retryable: boolean): ActionOutcome {
  return { kind: 'failed', message, error, retryable };
}

function report(
  context: RunContext,
  action: Action,
  settled: { readonly outcome: ActionOutcome; readonly durationMs: number; readonly detail?: string },
): ActionOutcome {
  const limit = limitOf(context, action);
  context.emit({ type: 'action-settled', project: context.observed.name, action, ...settled, ...limit });
  return settled.outcome;
}

function limitOf({ observed, options }: RunContext, action: Action): { readonly limit?: TimeLimit } {
  const limit = timeLimit(action, observed, options);
  return limit ? { limit } : {};
}

function summarise(plan: Plan, outcomes: ReadonlyMap<ActionId, ActionOutcome>): ExecuteResult {
  const failures = plan.actions.flatMap((action): ActionFailure[] => {
    const outcome = outcomes.get(action.id);
    if (outcome?.kind === 'failed') return [{ ...outcome, action }];
    return outcome?.kind === 'stale' ? [{ ...outcome, action, error: undefined, retryable: true }] : [];
  });
  const kinds = new Set([...outcomes.values()].map((outcome) => outcome.kind));
  return {
    outcomes,
    failures,
    stale: kinds.has('stale') && !kinds.has('failed'),
    interrupted: kinds.has('interrupted'),
  };
}
