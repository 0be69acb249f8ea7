/**
 * Second half of planning: a decided service becomes actions and edges.
 *
 * For each replica: create -> (pre_stop -> stop -> remove of what it replaces) -> rename -> start -> post_start.
 * What stops a running container waits for the dependencies as the start does: a replacement that could not start
 * must not cost the container that runs. Dependents wait for *every* replica.
 */

import { borrowedServices } from '../model/config-hash.ts';
import type { ObservedContainer } from '../model/observed.ts';
import type { Dependency, Project, Service, ServiceName } from '../model/project.ts';
import { isFinished } from '../model/restart-policy.ts';
import type { Cause, Drift } from './cause.ts';
import type { ReplicaDecision, ServiceDecision } from './decide.ts';
import { imageRef } from './drift.ts';
import type { HookHistory } from './owed.ts';
import { hooksOf, hooksOfNew, owedAfterStart, owedHooks } from './owed.ts';
import type { PlanBuilder } from './builder.ts';
import type { ActionId } from './plan.ts';
import type { PlanPolicy } from './policy.ts';
import type { Resources } from './resources.ts';
import { addAwait, addPostStart, addStop, isRunning, leavingRef, stayingRef } from './sequences.ts';

export interface Emission extends RemovalContext {
  readonly desired: Project;
  readonly policy: PlanPolicy;
  readonly resources: Resources;
  readonly decisions: ReadonlyMap<ServiceName, ServiceDecision>;
  /** Last action of each replica that this plan starts or owes hooks to, by key. */
  readonly readyActions: Map<string, ActionId>;
  /** Stops of running replicas that start again in this plan, by service: a dependency's own stop comes after. */
  readonly earlyStops: Map<ServiceName, ActionId[]>;
}

/** What a removal needs to know; `desired` undefined when there is no file any more. */
export interface RemovalContext {
  readonly plan: PlanBuilder;
  readonly desired: Project | undefined;
  readonly history: HookHistory;
  /** A failing pre_stop does not hold its container. */
  readonly force: boolean;
  /** Anonymous volumes go with their containers. */
  readonly volumes: boolean;
}

interface Gate {
  readonly dependsOn: readonly ActionId[];
  readonly after: readonly ActionId[];
}

/** Stops of replicas that are restarted; called in reverse dependency order, before addService. */
export function addEarlyStops(emission: Emission, decision: ServiceDecision): void {
  const { plan, desired, history, policy, decisions } = emission;
  const { service } = decision;
  const stops: ActionId[] = [];
  const after = stopsOfDependents(emission, service.name);
  const dependsOn = replacementsOf(decision.service, decisions);
  for (const { replica, restart, ref, notBefore } of decision.replicas) {
    if (!replica.keep || !restart || notBefore !== undefined) continue;
    const id = addStop(plan, history, {
      container: replica.keep,
      ref,
      hooks: hooksOf(replica.keep, desired),
      cause: restart,
      force: policy.force,
      edges: { dependsOn, after },
    });
    if (id) stops.push(id);
  }
  emission.earlyStops.set(service.name, stops);
}

/** Stops of the replicas that are restarted because this service's containers are. */
function stopsOfDependents(emission: Emission, name: ServiceName): ActionId[] {
  return [...emission.decisions.values()]
    .filter((other) => other.service.depends_on?.[name]?.restart === true)
    .flatMap((other) => emission.earlyStops.get(other.service.name) ?? []);
}

/** Creations of the containers that a restart is for: one that cannot be made must not cost its dependents their containers. */
function replacementsOf(service: Service, decisions: ReadonlyMap<ServiceName, ServiceDecision>): ActionId[] {
  return Object.entries(service.depends_on ?? {})
    .filter(([, { restart }]) => restart === true)
    .flatMap(([name]) => decisions.get(name)?.replicas ?? [])
    .filter(({ replica }) => replica.keep === undefined)
    .map(({ ref }) => `${ref.key}:create`);
}

export function addService(emission: Emission, decision: ServiceDecision): void {
  const { plan } = emission;
  for (const { container, cause } of decision.surplus)
    addLeaving(emission, container, cause, { dependsOn: [], after: [] });
  for (const replica of decision.replicas) {
    if (replica.notBefore !== undefined) {
      plan.deferrals.push({
        subject: replica.ref.key,
        untilMs: replica.notBefore,
        message: 'ended right after its last starts; it is started again after a growing delay',
      });
      continue;
    }
    addReplica(emission, decision, replica);
  }
}

function addReplica(emission: Emission, decision: ServiceDecision, decided: ReplicaDecision): void {
  const { plan, desired, history, policy } = emission;
  const { service } = decision;
  const { replica, ref } = decided;
  const { keep } = replica;
  const starts = (decided.start !== undefined || decided.restart !== undefined) && !policy.noStart;
  const gate = starts || replica.leaving.length > 0 ? dependencyGate(emission, decision) : { dependsOn: [], after: [] };

  const gone = replica.leaving.filter(({ container }) => container.state.status === 'removing');
  const awaited = gone.map(({ container, cause }) => addAwait(plan, leavingRef(container), 'gone', cause, []));
  const created = keep ? undefined : addCreate(emission, decision, decided, awaited);
  const removed = replica.leaving
    .filter(({ container }) => container.state.status !== 'removing')
    .map(({ container, cause }) =>
      addLeaving(emission, container, cause, {
        dependsOn: [created, ...gate.dependsOn],
        after: [...gate.after, ...stopsOfDependents(emission, service.name)],
      }),
    );
  const renamed =
    ref.name === decided.finalName
      ? undefined
      : plan.add(
          {
            id: `${ref.key}:rename`,
            kind: 'rename-container',
            cause: isTemporary(ref.name, decided.finalName)
              ? { kind: 'replaced' }
              : { kind: 'drift', drift: [{ kind: 'renamed', from: ref.name, to: decided.finalName }] },
            container: ref,
            name: decided.finalName,
          },
          { dependsOn: removed.length > 0 ? [...removed, ...awaited] : [created, ...awaited] },
        );
  const changed = keep ? addInPlace(emission, decision, keep, replica.drift.inPlace) : [];

  if (starts) {
    const cause = decided.start ?? decided.restart ?? { kind: 'not-started' };
    const stop = `${ref.key}:stop`;
    const started = plan.add(
      { id: `${ref.key}:start`, kind: 'start-container', cause, container: ref },
      {
        dependsOn: [
          ...(renamed ? [renamed] : [created, ...removed, ...awaited]),
          ...changed,
          ...gate.dependsOn,
          plan.has(stop) ? stop : undefined,
        ],
        after: gate.after,
      },
    );
    const hooks = keep ? hooksOf(keep, desired) : hooksOfNew(desired, service);
    const last = addPostStart(plan, ref, owedAfterStart(keep, service.name, hooks, history), cause, started);
    if (last) emission.readyActions.set(ref.key, last);
  } else if (keep && isRunning(keep)) {
    const unpaused =
      keep.state.status === 'paused'
        ? plan.add({ id: `${ref.key}:unpause`, kind: 'unpause-container', cause: { kind: 'paused' }, container: ref })
        : undefined;
    const owed =
      keep.state.status === 'restarting' ? [] : owedHooks(keep, 'post_start', hooksOf(keep, desired), history);
    const last = addPostStart(plan, ref, owed, { kind: 'owed' }, unpaused);
    if (last) emission.readyActions.set(ref.key, last);
    if (
      history
        .recordsOf(keep.id)
        .some((record) => record.phase === 'pre_stop' && record.startedAt === keep.state.startedAt)
    ) {
      plan.abandonedStops.push(keep.id);
    }
  }
}

/** `<12 hex digits>_<final name>`: the name of a container that takes another's place. */
function isTemporary(name: string, finalName: string): boolean {
  return (
    name.endsWith(`_${finalName}`) && /^[0-9a-f]{12}$/.test(name.slice(0, 12)) && name.length === finalName.length + 13
  );
}

function addCreate(
  emission: Emission,
  decision: ServiceDecision,
  decided: ReplicaDecision,
  awaited: readonly ActionId[],
): ActionId {
  const { plan, desired, resources, policy, decisions } = emission;
  const { service } = decision;
  const { replica, ref } = decided;
  const predecessor = replica.leaving.find(({ container }) => container.state.status !== 'removing')?.container;
  const borrowed = borrowedServices(service).flatMap((name) =>
    (decisions.get(name)?.replicas ?? []).map((one) => `${one.ref.key}:create`).filter((id) => plan.has(id)),
  );
  return plan.add(
    {
      id: `${ref.key}:create`,
      kind: 'create-container',
      cause: replica.createCause ?? { kind: 'absent' },
      container: ref,
      replaces: predecessor !== undefined,
      carriedVolumes: predecessor && !policy.renewVolumes ? anonymousVolumes(predecessor) : [],
    },
    {
      dependsOn: [
        resources.image(imageRef(desired, service)),
        ...Object.keys(service.networks ?? {}).map(resources.network),
        ...(service.volumes ?? []).map((volume) =>
          volume.source === undefined ? undefined : resources.volume(volume.source),
        ),
        ...borrowed,
        ...awaited,
      ],
    },
  );
}

function anonymousVolumes(container: ObservedContainer): (readonly [string, string])[] {
  return container.mounts
    .filter((mount) => mount.type === 'volume' && /^[0-9a-f]{64}$/.test(mount.volume))
    .map((mount) => [mount.target, mount.volume] as const);
}

/** Stop, hooks first, and removal of a container that goes away; the id of the removal. */
export function addLeaving(
  emission: RemovalContext,
  container: ObservedContainer,
  cause: Cause,
  edges: { readonly dependsOn: readonly (ActionId | undefined)[]; readonly after: readonly ActionId[] },
): ActionId {
  const { plan, desired, history, force } = emission;
  const ref = leavingRef(container);
  if (container.state.status === 'removing') return addAwait(plan, ref, 'gone', cause, edges.dependsOn);
  const stopped = addStop(plan, history, {
    container,
    ref,
    hooks: hooksOf(container, desired),
    cause,
    force,
    edges,
  });
  return plan.add(
    { id: `${ref.key}:remove`, kind: 'remove-container', cause, container: ref, volumes: emission.volumes },
    stopped ? { dependsOn: [stopped] } : edges,
  );
}

/** What the engine changes on a living container; ids of the last action of each change. */
function addInPlace(
  emission: Emission,
  decision: ServiceDecision,
  container: ObservedContainer,
  drift: readonly Drift[],
): ActionId[] {
  const { plan, resources } = emission;
  const ref = stayingRef(container);
  const last: ActionId[] = [];
  const disconnect = (network: string, cause: Cause): ActionId =>
    plan.add({
      id: `${ref.key}:disconnect ${network}`,
      kind: 'disconnect-network',
      cause,
      container: ref,
      networkName: network,
      networkId: container.networks.find((endpoint) => endpoint.network === network)?.networkId ?? '',
    });
  const connect = (network: string, cause: Cause, disconnected: ActionId | undefined): void => {
    const key = decision.target.networkKeys.get(network);
    if (key === undefined) return;
    const dependsOn = [resources.network(key), disconnected];
    last.push(
      plan.add(
        { id: `${ref.key}:connect ${network}`, kind: 'connect-network', cause, container: ref, network: key },
        { dependsOn },
      ),
    );
  };
  for (const one of drift) {
    const cause: Cause = { kind: 'drift', drift: [one] };
    if (one.kind === 'network-missing') connect(one.network, cause, undefined);
    else if (one.kind === 'network-added') last.push(disconnect(one.network, cause));
    else if (one.kind === 'network-changed' || one.kind === 'alias-missing') {
      connect(one.network, cause, disconnect(one.network, cause));
    } else if (one.kind === 'restart-policy' || one.kind === 'resource') {
      last.push(
        plan.add({
          id: `${ref.key}:update`,
          kind: 'update-container',
          cause: { kind: 'drift', drift },
          container: ref,
        }),
      );
    }
  }
  for (const [network, key] of decision.target.networkKeys) {
    if (resources.network(key) && container.networks.some((endpoint) => endpoint.network === network)) {
      connect(network, { kind: 'drift', drift: [{ kind: 'network-changed', network }] }, undefined);
    }
  }
  return last;
}

/** What a start waits for: every replica of every dependency, as its condition says. */
function dependencyGate(emission: Emission, decision: ServiceDecision): Gate {
  const dependsOn: ActionId[] = [];
  const after: ActionId[] = [];
  for (const [name, dependency] of Object.entries(decision.service.depends_on ?? {})) {
    const other = emission.decisions.get(name);
    if (!other) continue;
    const ids = other.replicas.flatMap((replica) => readiness(emission, replica, dependency, decision.service.name));
    (dependency.required ? dependsOn : after).push(...ids);
  }
  return { dependsOn, after };
}

function readiness(
  emission: Emission,
  decided: ReplicaDecision,
  dependency: Dependency,
  dependent: ServiceName,
): ActionId[] {
  const { plan, readyActions } = emission;
  const { ref, replica } = decided;
  const cause: Cause = { kind: 'needed-by', service: dependent };
  const ready = readyActions.get(ref.key);
  const start = plan.has(`${ref.key}:start`) ? `${ref.key}:start` : undefined;
  const ids = ready ? [ready] : [];
  switch (dependency.condition) {
    case 'service_started':
      return ids;
    case 'service_healthy':
      if (!start && replica.keep?.state.health === 'healthy') return ids;
      return [...ids, addAwait(plan, ref, 'healthy', cause, [start])];
    case 'service_completed_successfully':
      if (!start && replica.keep && isFinished(replica.keep.state, 'no')) return [];
      return [...ids, addAwait(plan, ref, 'completed', cause, [start])];
  }
}
