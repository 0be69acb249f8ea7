/**
 * Readiness of what is observed: what `--wait` waits for and what `ps` shows, one line a replica.
 * Ready means: running (or finished with 0), healthy where there is a healthcheck, no post_start owed.
 */

import type { HookSet } from '../model/carried-hook.ts';
import type { HookRecord, LedgerView } from '../model/hook.ts';
import type { ObservedContainer, ObservedProject } from '../model/observed.ts';
import type { Project, ServiceName } from '../model/project.ts';
import { isFinished, restartPolicyOf } from '../model/restart-policy.ts';
import { renderDrift } from './cause.ts';
import type { Drift } from './cause.ts';
import { decideServices, replicasByService } from './decide.ts';
import { desiredOrder } from './order.ts';
import type { HookHistory } from './owed.ts';
import { hooksOf, indexLedger, isAssumed, isSettled, owedHooks } from './owed.ts';
import { DEFAULT_POLICY } from './policy.ts';

export type HooksState =
  | { readonly kind: 'none' }
  | { readonly kind: 'done' }
  | { readonly kind: 'assumed' }
  | { readonly kind: 'owed'; readonly count: number }
  | { readonly kind: 'failed'; readonly phase: string; readonly index: number };

/** A hook that was begun in the present start, and of which the ledger has no end: it runs, or its runner was killed. */
export type HookUnderWay = Pick<HookRecord, 'phase' | 'index' | 'beganAtMs' | 'deadlineMs'>;

export interface ReplicaStatus {
  readonly service: ServiceName;
  readonly number: number;
  readonly container: ObservedContainer | undefined;
  /** desired: belongs here; replaced: what takes its place is made; orphan: its service is not in the files; surplus: one too many. */
  readonly role: 'desired' | 'replaced' | 'orphan' | 'surplus';
  readonly hooks: HooksState;
  readonly underWay: HookUnderWay | undefined;
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
  const sketches = [...desiredReplicas(desired, observed)];
  const shown = new Set(sketches.map(({ container }) => container?.id));
  const others = [...replicasByService(observed)].flatMap(([service, containers]) =>
    containers
      .filter((container) => !shown.has(container.id))
      .map((container) => ({
        service,
        number: container.number,
        container,
        role: roleOf(service, desired),
        drift: [],
      })),
  );
  return [...sketches, ...others]
    .map((sketch) => statusOf(sketch, desired, history))
    .toSorted((a, b) => compare(a.service, b.service) || a.number - b.number);
}

type Sketch = Pick<ReplicaStatus, 'service' | 'number' | 'container' | 'role' | 'drift'>;

function* desiredReplicas(desired: Project | undefined, observed: ObservedProject): Generator<Sketch> {
  if (!desired) return;
  const order = desiredOrder(desired);
  const asked = { policy: DEFAULT_POLICY, followers: new Set<ServiceName>(), replacedVolumes: new Set<string>() };
  const decided = decideServices({ desired, observed, order, ...asked });
  for (const [service, { replicas, surplus }] of decided) {
    for (const { replica, ref, finalName } of replicas) {
      const { number, keep, createCause, leaving } = replica;
      const renamed: Drift[] =
        keep && ref.name !== finalName ? [{ kind: 'renamed', from: ref.name, to: finalName }] : [];
      const drift =
        createCause?.kind === 'drift'
          ? createCause.drift
          : [...replica.drift.restart, ...replica.drift.inPlace, ...renamed];
      yield { service, number, container: keep ?? leaving[0]?.container, role: 'desired', drift };
      for (const { container, cause } of leaving)
        if (keep && cause.kind === 'replaced') yield { service, number, container, role: 'replaced', drift: [] };
    }
    for (const { container } of surplus)
      yield { service, number: container.number, container, role: 'surplus', drift: [] };
  }
}

function roleOf(service: ServiceName, desired: Project | undefined): ReplicaStatus['role'] {
  if (desired === undefined || desired.disabledServices.includes(service)) return 'desired';
  return Object.hasOwn(desired.services, service) ? 'surplus' : 'orphan';
}

function statusOf(sketch: Sketch, desired: Project | undefined, history: HookHistory): ReplicaStatus {
  const { service, container, drift } = sketch;
  const hooks = container ? hooksState(container, desired, history) : ({ kind: 'none' } as const);
  const model = desired?.services[service];
  const policyName = model ? restartPolicyOf(model).name : (container?.restartPolicy.name ?? 'no');
  const underWay = container && hookUnderWay(container, history);
  return { ...sketch, hooks, underWay, ...readinessOf(container, policyName, hooks, drift) };
}

function hookUnderWay({ id, state }: ObservedContainer, history: HookHistory): HookUnderWay | undefined {
  const open = history
    .recordsOf(id)
    .filter((record) => record.startedAt === state.startedAt && record.outcome === 'intended' && !record.superseded);
  return open.toSorted((a, b) => a.id - b.id).at(-1);
}

function hooksState(container: ObservedContainer, desired: Project | undefined, history: HookHistory): HooksState {
  const hooks = hooksOf(container, desired);
  if (Object.values(hooks).every((ofPhase: readonly unknown[]) => ofPhase.length === 0)) return { kind: 'none' };
  const failures = history
    .recordsOf(container.id)
    .filter((record) => record.startedAt === container.state.startedAt && !record.superseded)
    .filter((record) => hasFailed(record, hooks));
  const isRunning = container.state.status === 'running';
  // A pre_stop that failed holds a stop, and says nothing of whether the start is complete.
  const failed = failures.find(({ phase }) => phase !== 'pre_stop');
  if (failed) return failedState(failed);
  const owed = isRunning ? owedHooks(container, 'post_start', hooks, history).length : 0;
  if (owed > 0) return { kind: 'owed', count: owed };
  const [held] = failures;
  if (held) return failedState(held);
  if (!isRunning) return { kind: 'none' };
  return isAssumed(container, history) && hooks.post_start.length > 0 ? { kind: 'assumed' } : { kind: 'done' };
}

function failedState({ phase, index }: HookRecord): HooksState {
  return { kind: 'failed', phase, index };
}

/** It ended badly, and that is not let pass. */
function hasFailed(record: HookRecord, hooks: HookSet): boolean {
  if (!['failed', 'timed-out', 'refused'].includes(record.outcome)) return false;
  const hook = hooks[record.phase][record.index];
  return hook === undefined || !isSettled(record, hook);
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
  if (hooks.kind === 'owed')
    return { unready: `${hooks.count} post_start ${hooks.count === 1 ? 'hook' : 'hooks'} owed`, hopeless: false };
  if (state.health === 'unhealthy') return { unready: 'unhealthy', hopeless: true };
  if (state.health === 'starting') return { unready: 'health: starting', hopeless: false };
  return { unready: undefined, hopeless: false };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
