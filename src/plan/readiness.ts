/**
 * Readiness of what is observed: what `--wait` waits for and what `ps` shows, one line a replica.
 * Ready means: running (or finished with 0), healthy where there is a healthcheck, no post_start owed.
 */

import type { LedgerView } from '../model/hook.ts';
import type { ObservedContainer, ObservedProject } from '../model/observed.ts';
import type { Project, ServiceName } from '../model/project.ts';
import { isFinished, restartPolicyOf } from '../model/restart-policy.ts';
import { renderDrift } from './cause.ts';
import type { Drift } from './cause.ts';
import { decideServices, replicasByService } from './decide.ts';
import { desiredOrder } from './order.ts';
import type { HookHistory } from './owed.ts';
import { hooksOf, indexLedger, isAssumed, owedHooks } from './owed.ts';
import { DEFAULT_POLICY } from './policy.ts';

export type HooksState =
  | { readonly kind: 'none' }
  | { readonly kind: 'done' }
  | { readonly kind: 'assumed' }
  | { readonly kind: 'owed'; readonly count: number }
  | { readonly kind: 'failed'; readonly phase: string; readonly index: number };

export interface ReplicaStatus {
  readonly service: ServiceName;
  readonly number: number;
  readonly container: ObservedContainer | undefined;
  /** desired: belongs here; orphan: its service is not in the files; surplus: one too many. */
  readonly role: 'desired' | 'orphan' | 'surplus';
  readonly hooks: HooksState;
  readonly drift: readonly Drift[];
  /** undefined: ready; else why not. */
  readonly unready: string | undefined;
  /** It will not become ready by waiting. */
  readonly hopeless: boolean;
}

export function replicaStatuses(
  desired: Project | undefined,
  observed: ObservedProject,
  ledger: LedgerView,
): ReplicaStatus[] {
  const history = indexLedger(ledger);
  const statuses: ReplicaStatus[] = [];
  const shown = new Set<string>();
  if (desired) {
    const order = desiredOrder(desired);
    const decisions = decideServices(desired, observed, DEFAULT_POLICY, order);
    for (const name of order) {
      const decision = decisions.get(name);
      for (const { replica } of decision?.replicas ?? []) {
        const container = replica.keep ?? replica.leaving[0]?.container;
        const drift = replica.keep ? replica.drift.inPlace : recreateDrift(replica.createCause);
        if (container) shown.add(container.id);
        statuses.push(statusOf(name, replica.number, container, 'desired', drift, desired, history));
      }
      for (const { container } of decision?.surplus ?? []) {
        shown.add(container.id);
        statuses.push(statusOf(name, container.number, container, 'surplus', [], desired, history));
      }
    }
  }
  for (const [name, containers] of replicasByService(observed)) {
    const known = desired === undefined || desired.disabledServices.includes(name);
    for (const container of containers.filter((one) => !shown.has(one.id))) {
      const role = known ? 'desired' : Object.hasOwn(desired.services, name) ? 'surplus' : 'orphan';
      statuses.push(statusOf(name, container.number, container, role, [], desired, history));
    }
  }
  return statuses.sort((a, b) => compare(a.service, b.service) || a.number - b.number);
}

function recreateDrift(
  cause: ({ readonly kind: string } & { readonly drift?: readonly Drift[] }) | undefined,
): readonly Drift[] {
  return cause?.drift ?? [];
}

function statusOf(
  service: ServiceName,
  number: number,
  container: ObservedContainer | undefined,
  role: ReplicaStatus['role'],
  drift: readonly Drift[],
  desired: Project | undefined,
  history: HookHistory,
): ReplicaStatus {
  const hooks = container ? hooksState(container, desired, history) : ({ kind: 'none' } as const);
  const policyName = desired?.services[service]
    ? restartPolicyOf(desired.services[service]).name
    : (container?.restartPolicy.name ?? 'no');
  const { unready, hopeless } = readinessOf(container, policyName, hooks, drift);
  return { service, number, container, role, hooks, drift, unready, hopeless };
}

function hooksState(container: ObservedContainer, desired: Project | undefined, history: HookHistory): HooksState {
  const hooks = hooksOf(container, desired);
  if (hooks.post_start.length === 0 && hooks.pre_stop.length === 0) return { kind: 'none' };
  const failed = history
    .recordsOf(container.id)
    .filter((record) => record.startedAt === container.state.startedAt)
    .find((record) => ['failed', 'timed-out', 'refused'].includes(record.outcome));
  if (failed) return { kind: 'failed', phase: failed.phase, index: failed.index };
  if (container.state.status !== 'running') return { kind: 'none' };
  const owed = owedHooks(container, 'post_start', hooks, history).length;
  if (owed > 0) return { kind: 'owed', count: owed };
  return isAssumed(container, history) && hooks.post_start.length > 0 ? { kind: 'assumed' } : { kind: 'done' };
}

function readinessOf(
  container: ObservedContainer | undefined,
  policyName: string,
  hooks: HooksState,
  drift: readonly Drift[],
): { readonly unready: string | undefined; readonly hopeless: boolean } {
  if (!container) return { unready: 'no container', hopeless: false };
  const { state } = container;
  if (drift.length > 0) return { unready: drift.map(renderDrift).join(', '), hopeless: false };
  if (state.status !== 'running') {
    if (isFinished(state, policyName)) return { unready: undefined, hopeless: false };
    const ended = state.status === 'exited' || state.status === 'dead';
    return { unready: ended ? `exited (${state.exitCode})` : state.status, hopeless: ended };
  }
  if (hooks.kind === 'failed' && hooks.phase === 'post_start') {
    return { unready: `${hooks.phase} hook ${hooks.index} failed`, hopeless: true };
  }
  if (hooks.kind === 'owed') return { unready: `${hooks.count} post_start hooks owed`, hopeless: false };
  if (state.health === 'unhealthy') return { unready: 'unhealthy', hopeless: true };
  if (state.health === 'starting') return { unready: 'health: starting', hopeless: false };
  return { unready: undefined, hopeless: false };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
