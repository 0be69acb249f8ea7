/** How a run ended, as the result that its caller gets: what failed in words, and when it is to be tried again. */

import type { Clock } from '../clock.ts';
import type { ExecuteResult } from '../execute/executor.ts';
import type { Plan } from '../plan/plan.ts';
import type { ReconcileResult } from './reconcile-request.ts';

/** Nothing is left to do now. */
export function settled(clock: Clock, plan: Plan, actions: number): ReconcileResult {
  if (plan.problems.length > 0)
    return failed(clock, plan, { failures: problemLines(plan), retryable: true, afterMs: undefined, actions });
  if (plan.deferrals.length === 0) return outcome('converged', plan, actions, []);
  const lines = plan.deferrals.map(({ subject, message }) => `${subject}: ${message}`);
  return { ...outcome('deferred', plan, actions, lines), afterMs: deferredMs(clock, plan) };
}

/** What is deferred becomes due meanwhile, and does not wait for what failed. */
export function failed(
  clock: Clock,
  plan: Plan,
  end: Pick<ReconcileResult, 'failures' | 'retryable' | 'afterMs' | 'actions'>,
): ReconcileResult {
  const { failures, retryable, actions } = end;
  const restMs = retryable ? end.afterMs : undefined;
  const dueMs = Math.min(restMs ?? Infinity, deferredMs(clock, plan));
  const afterMs = dueMs === Infinity ? undefined : dueMs;
  return { ...outcome('failed', plan, actions, failures), retryable, afterMs };
}

/** Milliseconds until the first of what is deferred is due; Infinity: nothing is. */
function deferredMs(clock: Clock, { deferrals }: Plan): number {
  return Math.max(0, Math.min(...deferrals.map(({ untilMs }) => untilMs)) - clock.now());
}

function outcome(
  kind: ReconcileResult['kind'],
  plan: Plan,
  actions: number,
  failures: readonly string[],
): ReconcileResult {
  return { kind, actions, failures, retryable: true, notes: plan.notes, afterMs: undefined };
}

export function messages(plan: Plan, result: ExecuteResult): string[] {
  return [...result.failures.map((failure) => failure.message), ...problemLines(plan)];
}

function problemLines(plan: Plan): string[] {
  return plan.problems.map(({ subject, message }) => `${subject}: ${message}`);
}

export function interrupted(plan: Plan, result: ExecuteResult, actions: number): ReconcileResult {
  return outcome('interrupted', plan, actions, messages(plan, result));
}
