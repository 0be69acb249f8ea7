/** How a run ended, as the result that its caller gets: what failed in words, and when it is to be tried again. */

import type { Clock } from '../clock.ts';
import type { ExecuteResult } from '../execute/executor.ts';
import type { Plan } from '../plan/plan.ts';
import type { ReconcileResult } from './reconcile-request.ts';

/** As long as who waits for a lease may take to notice that it is free. */
const YIELD_MS = 500;

/** Nothing is left to do now. */
export function settled(clock: Clock, plan: Plan, actions: number): ReconcileResult {
  if (plan.problems.length > 0) return failed(clock, plan, { failures: problemLines(plan), retryable: true, actions });
  if (plan.deferrals.length === 0) return outcome('converged', plan, actions, []);
  const lines = plan.deferrals.map(({ subject, message }) => `${subject}: ${message}`);
  return { ...outcome('deferred', plan, actions, lines), afterMs: deferredMs(clock, plan) };
}

/** Something failed; what is deferred, what failed among it, is due after a while. */
export function failed(
  clock: Clock,
  plan: Plan,
  end: Pick<ReconcileResult, 'failures' | 'retryable' | 'actions'>,
): ReconcileResult {
  const dueMs = deferredMs(clock, plan);
  return {
    ...outcome('failed', plan, end.actions, end.failures),
    ...end,
    afterMs: dueMs === Infinity ? undefined : dueMs,
  };
}

/** What a failed round comes to; `back` is what was done for those that it had stopped. */
export function endOf(
  plan: Plan,
  result: ExecuteResult,
  back: ExecuteResult | undefined,
): Pick<ReconcileResult, 'failures' | 'retryable'> {
  const failures = [...messages(plan, result), ...(back?.failures ?? []).map(({ message }) => message)];
  return { failures, retryable: result.failures.some(({ retryable }) => retryable) };
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

function messages(plan: Plan, result: ExecuteResult): string[] {
  return [...result.failures.map((failure) => failure.message), ...problemLines(plan)];
}

export function problemLines(plan: Plan): string[] {
  return plan.problems.map(({ subject, message }) => `${subject}: ${message}`);
}

export function interrupted(plan: Plan, result: ExecuteResult, actions: number): ReconcileResult {
  return outcome('interrupted', plan, actions, messages(plan, result));
}

/** Another reeve has its turn meanwhile. */
export function yielded(plan: Plan, actions: number): ReconcileResult {
  return { ...outcome('yielded', plan, actions, []), afterMs: YIELD_MS };
}
