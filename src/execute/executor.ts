/**
 * Walks a plan: an action begins when all it waits for has settled, and is skipped when one that it depends on did not
 * succeed. Decided by recorded outcomes only, never by timing. Independent branches go on; the walk ends when every
 * action has settled. Carries no decisions.
 *
 * Two ways to end early. `drain`: no new action begins, waits end, running ones settle. `signal`: those are left as well.
 */

import { isEngineError, messageOf, TerminalError } from '../model/errors.ts';
import { renderAction } from '../plan/render.ts';
import type { Action, ActionId, Plan } from '../plan/plan.ts';
import type { ActionOutcome, RunEvent } from './events.ts';
import { runAction } from './actions.ts';
import type { RunContext } from './run-context.ts';

export interface ExecuteRequest extends Omit<RunContext, 'created' | 'images'> {
  readonly plan: Plan;
}

export interface ExecuteResult {
  readonly outcomes: ReadonlyMap<ActionId, ActionOutcome>;
  readonly failures: readonly { readonly action: Action; readonly message: string; readonly retryable: boolean }[];
  readonly stale: boolean;
  readonly interrupted: boolean;
}

export async function executePlan(request: ExecuteRequest): Promise<ExecuteResult> {
  const { plan, observed } = request;
  const context: RunContext = {
    ...request,
    created: new Map(),
    images: new Map([...observed.images].map(([ref, image]) => [ref, image.id])),
  };
  const settled = new Map<ActionId, Promise<ActionOutcome>>();
  for (const action of plan.actions) settled.set(action.id, settle(context, action, settled));
  const outcomes = new Map<ActionId, ActionOutcome>();
  for (const [id, outcome] of settled) outcomes.set(id, await outcome);
  return summarise(plan, outcomes);
}

/** Never rejects: what goes wrong is the outcome. */
async function settle(
  context: RunContext,
  action: Action,
  settled: ReadonlyMap<ActionId, Promise<ActionOutcome>>,
): Promise<ActionOutcome> {
  for (const id of action.dependsOn) {
    const outcome = await settled.get(id);
    if (outcome === undefined || outcome.kind === 'succeeded') continue;
    const skipped: ActionOutcome = outcome.kind === 'interrupted' ? outcome : { kind: 'skipped', because: id };
    return report(context, action, skipped, 0);
  }
  for (const id of action.after) await settled.get(id);
  if (context.drain.aborted || context.signal.aborted) return report(context, action, { kind: 'interrupted' }, 0);
  const began = context.clock.monotonic();
  emit(context, { type: 'action-started', project: context.observed.name, action });
  try {
    const result = await runAction(context, action);
    const durationMs = context.clock.monotonic() - began;
    if (!result.ok) return report(context, action, failure(result.message, undefined, true), durationMs);
    return report(context, action, { kind: 'succeeded' }, durationMs, result.detail);
  } catch (error) {
    return report(context, action, outcomeOf(context, action, error), context.clock.monotonic() - began);
  }
}

function outcomeOf(context: RunContext, action: Action, error: unknown): ActionOutcome {
  if (context.signal.aborted || error === context.drain.reason) return { kind: 'interrupted' };
  const message = `${action.id.replace(/@.*:.*|:.*/, '')}: cannot ${renderAction(action)}: ${messageOf(error)}`;
  if (isEngineError(error, 'not-found') || isEngineError(error, 'conflict')) return { kind: 'stale', message };
  return failure(message, error, !(error instanceof TerminalError));
}

function failure(message: string, error: unknown, retryable: boolean): ActionOutcome {
  return { kind: 'failed', message, error, retryable };
}

function report(
  context: RunContext,
  action: Action,
  outcome: ActionOutcome,
  durationMs: number,
  detail?: string,
): ActionOutcome {
  const project = context.observed.name;
  emit(context, { type: 'action-settled', project, action, outcome, durationMs, ...(detail ? { detail } : {}) });
  return outcome;
}

function emit(context: RunContext, event: RunEvent): void {
  context.emit(event);
}

function summarise(plan: Plan, outcomes: ReadonlyMap<ActionId, ActionOutcome>): ExecuteResult {
  const failures = plan.actions.flatMap((action) => {
    const outcome = outcomes.get(action.id);
    if (outcome?.kind === 'failed') return [{ action, message: outcome.message, retryable: outcome.retryable }];
    return outcome?.kind === 'stale' ? [{ action, message: outcome.message, retryable: true }] : [];
  });
  const kinds = new Set([...outcomes.values()].map((outcome) => outcome.kind));
  return {
    outcomes,
    failures,
    stale: kinds.has('stale') && !kinds.has('failed'),
    interrupted: kinds.has('interrupted'),
  };
}
