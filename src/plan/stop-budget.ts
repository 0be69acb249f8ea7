/**
 * How long a stop may take at most: first its pre_stop hooks, one after the other and each with its retries, then the
 * engine's stop with its grace. The two are told apart wherever they are shown: `--timeout` is about the grace alone,
 * `--hook-timeout` about hooks alone. Asks nothing of a clock; whoever runs a hook holds it to the same deadline.
 */

import type { Hook } from '../model/hook.ts';

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
