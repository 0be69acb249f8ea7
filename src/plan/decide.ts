/**
 * First half of planning: what is to become of each replica, before any action or edge exists.
 *
 * Services are looked at in dependency order, because one that borrows a namespace from another is recreated with it,
 * and one that waits for another cannot start while that one cannot.
 */

import { borrowedServices } from '../model/config-hash.ts';
import type { ObservedContainer, ObservedProject } from '../model/observed.ts';
import { containerName } from '../model/owner.ts';
import type { Project, Service, ServiceName } from '../model/project.ts';
import { isFinished, restartPolicyOf } from '../model/restart-policy.ts';
import type { Cause } from './cause.ts';
import { NO_DRIFT, serviceTarget } from './drift.ts';
import type { ServiceTarget } from './drift.ts';
import { holdersOf, temporaryName } from './names.ts';
import type { Borrows, ContainerRef } from './plan.ts';
import type { PlanPolicy } from './policy.ts';
import type { Replica } from './replicas.ts';
import { assignReplicas } from './replicas.ts';
import { isRunning, stayingRef } from './sequences.ts';

export interface ReplicaDecision {
  readonly replica: Replica;
  /** The container that will stand for the replica. */
  readonly ref: ContainerRef;
  readonly finalName: string;
  /** What it replaces holds a volume that is replaced, and goes before this one can be made. */
  readonly removesFirst: boolean;
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
  /** The containers whose namespaces or volumes it uses, by service. */
  readonly borrows: Borrows;
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

export interface DecideInput {
  readonly desired: Project;
  readonly observed: ObservedProject;
  readonly policy: PlanPolicy;
  /** Services to decide about, dependencies first. */
  readonly order: readonly ServiceName[];
  /** Those of them that are only restarted with what they depend on (`restart: true`), and else left alone. */
  readonly followers: ReadonlySet<ServiceName>;
  /** Engine names of volumes that are replaced. */
  readonly replacedVolumes: ReadonlySet<string>;
}

export function decideServices(input: DecideInput): Map<ServiceName, ServiceDecision> {
  const { desired, observed, policy, order, followers, replacedVolumes } = input;
  const containers = replicasByService(observed);
  const holders = holdersOf(observed.containers);
  const decisions = new Map<ServiceName, ServiceDecision>();
  const lender = (name: ServiceName): ContainerRef | undefined => lenderOf(decisions.get(name), containers.get(name));
  for (const name of order) {
    const service = desired.services[name];
    if (!service) continue;
    const staying = (other: ServiceName): string | undefined => lender(other)?.id;
    const target = serviceTarget(desired, service, observed, {
      staying,
      replacedVolumes,
      apiVersion: policy.apiVersion,
      uncontrolled: policy.uncontrolled,
    });
    const borrows = borrowedServices(service).flatMap((other) => {
      const container = lender(other);
      return container ? [{ service: other, container }] : [];
    });
    const present = containers.get(name) ?? [];
    const named = policy.services === undefined || policy.services.has(name);
    const { replicas, surplus } = assignReplicas(target, present, {
      wanted: service.replicas,
      isForced: ({ id }) => policy.forceRecreate && named && policy.askedOf?.has(id) !== false,
      existingOnly: policy.existingOnly,
    });
    decisions.set(name, {
      service,
      target,
      borrows,
      ...(followers.has(name)
        ? { replicas: onePerNumber(present).map(leftAlone), surplus: [] }
        : {
            replicas: replicas.map((replica) =>
              decideReplica({ desired, service, policy, holders, replacedVolumes }, replica),
            ),
            surplus: policy.existingOnly ? [] : surplus,
          }),
    });
  }
  propagateRestarts(decisions, order);
  for (const name of followers) {
    if (!decisions.get(name)?.replicas.some(({ restart }) => restart)) decisions.delete(name);
  }
  return decisions;
}

/** Services of which nothing is decided, for those that wait for them. */
export function decideNothing(
  desired: Project,
  observed: ObservedProject,
  names: Iterable<ServiceName>,
): Map<ServiceName, ServiceDecision> {
  const containers = replicasByService(observed);
  const decisions = new Map<ServiceName, ServiceDecision>();
  for (const name of names) {
    const service = desired.services[name];
    if (!service) continue;
    const target = serviceTarget(desired, service, observed, NOTHING_STAYS);
    const replicas = onePerNumber(containers.get(name) ?? []).map(leftAlone);
    decisions.set(name, { service, target, borrows: [], replicas, surplus: [] });
  }
  return decisions;
}

/** Of a replacement that is half done the container that runs counts, not the one that is to take its place. */
function onePerNumber(containers: readonly ObservedContainer[]): ObservedContainer[] {
  const groups = Map.groupBy(containers, ({ number }) => number);
  return [...groups.values()].flatMap((group) => group.find(isRunning) ?? group[0] ?? []);
}

const NOTHING_STAYS = {
  staying: () => undefined,
  replacedVolumes: new Set<string>(),
  apiVersion: '',
  uncontrolled: new Set<string>(),
};

function leftAlone(container: ObservedContainer): ReplicaDecision {
  const replica = { number: container.number, keep: container, drift: NO_DRIFT, createCause: undefined, leaving: [] };
  const nothing = { removesFirst: false, start: undefined, restart: undefined, notBefore: undefined };
  return { replica, ref: stayingRef(container), finalName: container.name, ...nothing };
}

interface Replicating {
  readonly desired: Project;
  readonly service: Service;
  readonly policy: PlanPolicy;
  readonly holders: ReadonlyMap<string, ObservedContainer>;
  readonly replacedVolumes: ReadonlySet<string>;
}

function decideReplica(replicating: Replicating, replica: Replica): ReplicaDecision {
  const { desired, service, policy, holders, replacedVolumes } = replicating;
  const { keep, number } = replica;
  const finalName = containerName(desired, service, number);
  const removesFirst = replica.leaving.some(({ container }) =>
    container.mounts.some(({ volume }) => replacedVolumes.has(volume)),
  );
  if (!keep) {
    const name = nameOfNew(finalName, { replica, removesFirst }, holders);
    const ref = { key: `${service.name}/${number}`, service: service.name, number, id: undefined, name };
    const start = replica.createCause;
    return { replica, ref, finalName, removesFirst, start, restart: undefined, notBefore: undefined };
  }
  const start = startCause(replica, keep, service, policy);
  const restart = start ? undefined : restartCause(replica, keep, service, policy);
  const notBefore = policy.notBefore.get(keep.id);
  const isRetry = start?.kind === 'ended' || restart?.kind === 'unhealthy';
  return {
    replica,
    ref: stayingRef(keep),
    finalName,
    removesFirst,
    start,
    restart,
    notBefore: isRetry && notBefore !== undefined && notBefore > policy.nowMs ? notBefore : undefined,
  };
}

/** The final name where it is free, or will be by the time that the container is made. */
function nameOfNew(
  finalName: string,
  { replica, removesFirst }: Pick<ReplicaDecision, 'replica' | 'removesFirst'>,
  holders: ReadonlyMap<string, ObservedContainer>,
): string {
  const holder = holders.get(finalName);
  const isAwaited = replica.leaving.some(
    ({ container }) => container === holder && (removesFirst || container.state.status === 'removing'),
  );
  if (!holder || isAwaited) return finalName;
  return temporaryName(finalName, holder.id, holders);
}

function startCause(
  { drift }: Replica,
  container: ObservedContainer,
  service: Service,
  policy: PlanPolicy,
): Cause | undefined {
  const { state } = container;
  switch (state.status) {
    case 'created':
      return { kind: 'not-started' };
    case 'exited':
    case 'dead':
      if (isRestartAsked(container, policy)) return { kind: 'command', command: 'restart' };
      if (policy.pendingStarts.has(container.id)) return { kind: 'stopped-by-reeve' };
      if (!isFinished(state, restartPolicyOf(service).name)) return { kind: 'ended', exitCode: state.exitCode };
      // A changed definition runs a finished one again, and so does what it reads.
      return drift.restart.length > 0 ? { kind: 'drift', drift: drift.restart } : undefined;
    case 'running':
    case 'paused':
    case 'restarting':
    case 'removing':
      return undefined;
  }
}

function isRestartAsked({ id, service, state }: ObservedContainer, { restart, askedOf }: PlanPolicy): boolean {
  return restart.has(service) && (askedOf === undefined || askedOf.get(id) === state.startedAt);
}

function restartCause(
  { drift }: Replica,
  container: ObservedContainer,
  service: Service,
  policy: PlanPolicy,
): Cause | undefined {
  if (!isRunning(container)) return undefined;
  if (isRestartAsked(container, policy)) return { kind: 'command', command: 'restart' };
  if (drift.restart.length > 0) return { kind: 'drift', drift: drift.restart };
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

/** Whether the plan stops a container of this service that runs, other than one too many. */
export function stopsRunning(decision: ServiceDecision | undefined): boolean {
  return (decision?.replicas ?? []).some(
    ({ restart, notBefore, replica }) =>
      (restart !== undefined && notBefore === undefined) ||
      replica.leaving.some(({ container }) => isRunning(container)),
  );
}

/** The container of a service that others borrow from: the one with the lowest name, as in Compose. */
function lenderOf(
  decision: ServiceDecision | undefined,
  containers: readonly ObservedContainer[] = [],
): ContainerRef | undefined {
  const [first] = (decision?.replicas ?? []).toSorted((a, b) => (a.finalName < b.finalName ? -1 : 1));
  if (decision) return first?.ref;
  const [lowest] = containers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return lowest && stayingRef(lowest);
}
