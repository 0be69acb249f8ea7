/**
 * First half of planning: what is to become of each replica, before any action or edge exists.
 *
 * Services are looked at in dependency order, because one that borrows a namespace from another is recreated with it,
 * and one that waits for another cannot start while that one cannot.
 */

import type { ObservedContainer, ObservedProject } from '../model/observed.ts';
import { containerName } from '../model/owner.ts';
import type { Project, Service, ServiceName } from '../model/project.ts';
import { isFinished, restartPolicyOf } from '../model/restart-policy.ts';
import type { Cause } from './cause.ts';
import { serviceTarget } from './drift.ts';
import type { ServiceTarget } from './drift.ts';
import type { ContainerRef } from './plan.ts';
import type { PlanPolicy } from './policy.ts';
import type { Replica } from './replicas.ts';
import { assignReplicas } from './replicas.ts';
import { isRunning, stayingRef } from './sequences.ts';

export interface ReplicaDecision {
  readonly replica: Replica;
  /** The container that will stand for the replica. */
  readonly ref: ContainerRef;
  readonly finalName: string;
  /** Why it is to be started; undefined: it runs, is finished, or is left alone. */
  readonly start: Cause | undefined;
  /** Why a running container is to be stopped first and then started again. */
  readonly restart: Cause | undefined;
  /** Milliseconds since the epoch before which it is not started. */
  readonly notBefore: number | undefined;
}

export interface ServiceDecision {
  readonly service: Service;
  readonly target: ServiceTarget;
  readonly replicas: readonly ReplicaDecision[];
  readonly surplus: readonly { readonly container: ObservedContainer; readonly cause: Cause }[];
}

/** Replicas of a service: neither one-off containers nor those of hooks. */
export function replicasByService(observed: ObservedProject): Map<ServiceName, ObservedContainer[]> {
  return Map.groupBy(observed.containers.filter(isReplica), (container) => container.service);
}

function isReplica(container: ObservedContainer): boolean {
  return !container.oneoff && !container.hookContainer && container.number > 0;
}

export function decideServices(
  desired: Project,
  observed: ObservedProject,
  policy: PlanPolicy,
  order: readonly ServiceName[],
): Map<ServiceName, ServiceDecision> {
  const containers = replicasByService(observed);
  const decisions = new Map<ServiceName, ServiceDecision>();
  const staying = (name: string): string | undefined => {
    const decision = decisions.get(name);
    if (decision) return firstStaying(decision);
    return lowestNamed(containers.get(name) ?? [])?.id;
  };
  for (const name of order) {
    const service = desired.services[name];
    if (!service) continue;
    const named = policy.services === undefined || policy.services.has(name);
    const target = serviceTarget(desired, service, observed, staying);
    const { replicas, surplus } = assignReplicas(target, containers.get(name) ?? [], {
      wanted: service.replicas,
      forceRecreate: policy.forceRecreate && named,
      existingOnly: policy.existingOnly,
    });
    decisions.set(name, {
      service,
      target,
      replicas: replicas.map((replica) => decideReplica(desired, service, replica, policy)),
      surplus: policy.existingOnly ? [] : surplus,
    });
  }
  propagateRestarts(decisions, order);
  return decisions;
}

function decideReplica(project: Project, service: Service, replica: Replica, policy: PlanPolicy): ReplicaDecision {
  const finalName = containerName(project, service, replica.number);
  const { keep } = replica;
  if (!keep) {
    const holder = replica.leaving.find(({ container }) => container.name === finalName)?.container;
    const gone = holder?.state.status === 'removing';
    const name = holder && !gone ? `${holder.id.slice(0, 12)}_${finalName}` : finalName;
    const ref = {
      key: `${service.name}/${replica.number}`,
      service: service.name,
      number: replica.number,
      id: undefined,
      name,
    };
    return { replica, ref, finalName, start: replica.createCause, restart: undefined, notBefore: undefined };
  }
  const start = startCause(keep, service, policy);
  const restart = start ? undefined : restartCause(keep, service, policy);
  const notBefore = policy.notBefore.get(keep.id);
  const isRetry = start?.kind === 'ended' || restart?.kind === 'unhealthy';
  return {
    replica,
    ref: stayingRef(keep),
    finalName,
    start,
    restart,
    notBefore: isRetry && notBefore !== undefined && notBefore > policy.nowMs ? notBefore : undefined,
  };
}

function startCause(container: ObservedContainer, service: Service, policy: PlanPolicy): Cause | undefined {
  const { state } = container;
  switch (state.status) {
    case 'created':
      return { kind: 'not-started' };
    case 'exited':
    case 'dead':
      if (policy.pendingStarts.has(container.id)) return { kind: 'restart-cut-off' };
      return isFinished(state, restartPolicyOf(service).name) && !policy.restart.has(service.name)
        ? undefined
        : { kind: 'ended', exitCode: state.exitCode };
    case 'running':
    case 'paused':
    case 'restarting':
    case 'removing':
      return undefined;
  }
}

function restartCause(container: ObservedContainer, service: Service, policy: PlanPolicy): Cause | undefined {
  if (!isRunning(container)) return undefined;
  if (policy.restart.has(service.name)) return { kind: 'command', command: 'restart' };
  if (container.state.health === 'unhealthy' && service.policy.onUnhealthy === 'restart') return { kind: 'unhealthy' };
  return undefined;
}

/** `depends_on: {restart: true}`: a dependency whose running container is stopped takes its dependents with it. */
function propagateRestarts(decisions: Map<ServiceName, ServiceDecision>, order: readonly ServiceName[]): void {
  for (const name of order) {
    const decision = decisions.get(name);
    if (!decision) continue;
    const cause = Object.entries(decision.service.depends_on ?? {})
      .filter(([dependency, { restart }]) => restart === true && stopsRunning(decisions.get(dependency)))
      .map(([dependency]): Cause => ({ kind: 'dependency-restarted', service: dependency }))[0];
    if (!cause) continue;
    decisions.set(name, {
      ...decision,
      replicas: decision.replicas.map((replica) =>
        replica.replica.keep && isRunning(replica.replica.keep) && !replica.restart
          ? { ...replica, restart: cause }
          : replica,
      ),
    });
  }
}

function stopsRunning(decision: ServiceDecision | undefined): boolean {
  return (decision?.replicas ?? []).some(
    (replica) => replica.restart !== undefined || replica.replica.leaving.some(({ container }) => isRunning(container)),
  );
}

function firstStaying(decision: ServiceDecision): string | undefined {
  const [first] = decision.replicas;
  return first?.replica.keep?.id;
}

function lowestNamed(containers: readonly ObservedContainer[]): ObservedContainer | undefined {
  return containers.toSorted((a, b) => (a.name < b.name ? -1 : 1))[0];
}
