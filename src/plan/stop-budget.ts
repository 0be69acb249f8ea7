/**
 * How long a stop may take at most: first its pre_stop hooks, one after the other and each with its retries, then the
 * engine's stop with its grace. The two are told apart wherever they are shown: `--timeout` is about the grace alone,
 * `--hook-timeout` about hooks alone. Asks nothing of a clock; whoever runs a hook holds it to the same deadline.
 */

import type { Hook } from '../model/hook.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { Action, Plan } from './plan.ts';
import { spanText } from './span.ts';

/** Deadline of a hook that has none of its own, in milliseconds. */
export const DEFAULT_HOOK_TIMEOUT_MS = 5 * 60_000;
/** The engine's own grace, where neither container nor command line has one. */
const DEFAULT_GRACE_MS = 10_000;

export interface StopLimits {
  /** `--hook-timeout`, in milliseconds. */
  readonly hookTimeoutMs: number;
  /** `--timeout`, in milliseconds; undefined: each container's own grace. */
  readonly stopTimeoutMs: number | undefined;
}

export const DEFAULT_STOP_LIMITS: StopLimits = { hookTimeoutMs: DEFAULT_HOOK_TIMEOUT_MS, stopTimeoutMs: undefined };

/** Deadline of one attempt. */
export function hookDeadlineMs({ policy }: Pick<Hook, 'policy'>, hookTimeoutMs: number): number {
  return policy.timeoutMs ?? hookTimeoutMs;
}

/** The longest that one hook may take: every attempt to its deadline, and the pauses between them. */
export function longestHookMs(hook: Pick<Hook, 'policy'>, hookTimeoutMs: number): number {
  const { retries, backoffMs } = hook.policy;
  const pausesMs = backoffMs * (2 ** retries - 1);
  return hookDeadlineMs(hook, hookTimeoutMs) * (1 + retries) + pausesMs;
}

/** Between SIGTERM and SIGKILL. `containerS`: the container's own, in seconds. */
export function stopGraceMs(containerS: number | undefined, { stopTimeoutMs }: StopLimits): number {
  return stopTimeoutMs ?? (containerS === undefined ? DEFAULT_GRACE_MS : containerS * 1000);
}

/** What bounds one action in time: a hook by its deadline, a stop by its grace. */
export type TimeLimit =
  | {
      readonly kind: 'hook';
      /** Of one attempt. */
      readonly deadlineMs: number;
      readonly attempts: number;
      /** The grace of the stop that comes after a pre_stop; undefined: none comes. */
      readonly thenGraceMs: number | undefined;
    }
  | { readonly kind: 'stop'; readonly graceMs: number };

/** undefined: an action that is neither a hook nor a stop. */
export function timeLimit(action: Action, observed: ObservedProject, limits: StopLimits): TimeLimit | undefined {
  if (action.kind !== 'run-hook' && action.kind !== 'stop-container') return undefined;
  const container = observed.containers.find(({ id }) => id === action.container.id);
  const graceMs = stopGraceMs(container?.stopTimeoutS, limits);
  if (action.kind === 'stop-container') return { kind: 'stop', graceMs };
  const { hook, phase } = action;
  return {
    kind: 'hook',
    deadlineMs: hookDeadlineMs(hook, limits.hookTimeoutMs),
    attempts: 1 + hook.policy.retries,
    thenGraceMs: phase === 'pre_stop' ? graceMs : undefined,
  };
}

/** `at most 5 min`, `at most 30 s in each of 3 attempts`, `stop grace 10 s`. */
export function limitText(limit: TimeLimit): string {
  if (limit.kind === 'stop') return `stop grace ${spanText(limit.graceMs)}`;
  const most = `at most ${spanText(limit.deadlineMs)}`;
  return limit.attempts > 1 ? `${most} in each of ${limit.attempts} attempts` : most;
}

/** The longest that the stops of a plan may take, those that wait for one another added up; 0 without a stop. */
export function longestStopMs(plan: Plan, observed: ObservedProject, limits: StopLimits): number {
  const ends = new Map<string, number>();
  let longestMs = 0;
  for (const action of plan.actions) {
    const ownMs = longestMsOf(action, observed, limits);
    const beganMs = Math.max(0, ...[...action.dependsOn, ...action.after].map((id) => ends.get(id) ?? 0));
    ends.set(action.id, beganMs + ownMs);
    longestMs = Math.max(longestMs, beganMs + ownMs);
  }
  return longestMs;
}

/** 0 for what is no part of a stop. */
function longestMsOf(action: Action, observed: ObservedProject, limits: StopLimits): number {
  if (action.kind === 'run-hook') {
    return action.phase === 'pre_stop' ? longestHookMs(action.hook, limits.hookTimeoutMs) : 0;
  }
  const limit = timeLimit(action, observed, limits);
  return limit?.kind === 'stop' ? limit.graceMs : 0;
}
