/** Rules about time: deadlines that past runs come near, and stops that take longer than a Compose file seems to say. */

import { hookDeadlineMs, longestHookMs } from '../stop-budget.ts';
import type { Rule } from './rule.ts';
import { spanText } from '../span.ts';

/** This share of its deadline is too near. */
const NEAR = 0.8;
/** Runs that are looked at. */
const RECENT = 20;
/** Retries may take a stop so far before it is worth a word. */
const LONG_MS = 10 * 60_000;

export const closeToDeadline: Rule = ({ hook, runs, hookTimeoutMs }) => {
  const deadlineMs = hookDeadlineMs(hook, hookTimeoutMs);
  const recent = runs.slice(-RECENT);
  const longestMs = Math.max(0, ...recent.map(({ durationMs = 0 }) => durationMs));
  if (longestMs < deadlineMs * NEAR) return undefined;
  const overdue = recent.filter(({ outcome }) => outcome === 'timed-out').length;
  const past = overdue > 0 ? `, and ran out of time in ${overdue} of the last ${recent.length}` : '';
  return {
    message: `has taken ${spanText(longestMs)} of the ${spanText(deadlineMs)} it may take${past}`,
    remedy: 'make it quicker, or give it more time: x-reeve: {timeout: …}',
  };
};

export const longStop: Rule = ({ phase, service, hook, hookTimeoutMs }) => {
  if (phase !== 'pre_stop') return undefined;
  const { stop_grace_period: graceNs } = service;
  const longestMs = longestHookMs(hook, hookTimeoutMs);
  const isOpen = graceNs !== undefined && hook.policy.timeoutMs === undefined && longestMs > graceNs / 1e6;
  const isRetriedLong = hook.policy.retries > 0 && longestMs > LONG_MS;
  if (!isOpen && !isRetriedLong) return undefined;
  const grace = graceNs === undefined ? 'the stop grace' : `stop_grace_period (${spanText(graceNs / 1e6)})`;
  const retried = hook.policy.retries > 0 ? ` with its ${hook.policy.retries} retries` : '';
  return {
    message: `may hold a stop for ${spanText(longestMs)}${retried}: ${grace} begins after it and does not bound it`,
    remedy: 'say how long it may take: x-reeve: {timeout: …}',
  };
};

export const neverHealthy: Rule = ({ hook, service: { healthcheck } }) => {
  if (hook.policy.after !== 'healthy') return undefined;
  if (healthcheck?.disable !== true && healthcheck?.test?.[0] !== 'NONE') return undefined;
  return {
    message: 'waits for the container to be healthy, and its healthcheck is switched off',
    remedy: 'give the service a healthcheck, or leave out after: healthy',
  };
};
