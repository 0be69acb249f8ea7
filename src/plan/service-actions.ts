/**
 * Second half of planning: a decided service becomes actions and edges.
 *
 * For each replica: create -> (pre_stop -> stop -> remove of what it replaces) -> rename -> pre_start -> start -> post_start.
 * What stops a running container waits for the dependencies as the start does: a replacement that could not start
 * must not cost the container that runs. Dependents wait for *every* replica.
 */

import { bareNetworkMode, networkKeys } from '../model/endpoint.ts';
import { imageRef } from '../model/owner.ts';
import type { ObservedContainer } from '../model/observed.ts';
import type { Project, Service, ServiceName } from '../model/project.ts';
import { ownAnonymousVolumes } from './carried-volumes.ts';
import type { Cause } from './cause.ts';
import type { ReplicaDecision, ServiceDecision } from './decide.ts';
import type { Emission } from './emission.ts';
import type { Gate } from './gate.ts';
import { creationsOf, dependencyGate, OPEN_GATE, stopsOfDependents } from './gate.ts';
import { addInPlace } from './in-place.ts';
import { addLeaving } from './leaving.ts';
import { isTemporaryName } from './names.ts';
import type { OwedPreStart } from './owed.ts';
import { hooksOf, hooksOfNew, owedAfterStart, owedHooks } from './owed.ts';
import type { ActionId } from './plan.ts';
import { claimUnfinished, shareOut } from './shared-hooks.ts';
import { startBefore } from './port-ranges.ts';
import { isFirstStart } from './pre-start.ts';
import { addAwait, addPostStart, addStart, addStop, isRunning, leavingRef } from './sequences.ts';

export function addService(emission: Emission, decision: ServiceDecision): void {
  for (const { container, cause } of decision.surplus) addLeaving(emission, container, cause, {});
  claimUnfinished(emission, decision);
  for (const replica of decision.replicas) {
    if (replica.notBefore === undefined) addReplica(emission, decision, replica);
    else {
      emission.plan.deferrals.push({
        subject: replica.ref.key,
        untilMs: replica.notBefore,
        message: unsteady(replica),
      });
    }
  }
}

function unsteady({ replica: { keep } }: ReplicaDecision): string {
  if (keep && isRunning(keep)) return 'is unhealthy again right after its last start';
  return `ended${keep ? ` with exit code ${keep.state.exitCode}` : ''} right after its last start`;
}

function addReplica(emission: Emission, decision: ServiceDecision, decided: ReplicaDecision): void {
  const { keep, leaving } = decided.replica;
  const starts = (decided.start !== undefined || decided.restart !== undefined) && !emission.policy.noStart;
  const gate = starts || leaving.length > 0 ? dependencyGate(emission, decision) : OPEN_GATE;
  const placed = addPlacement(emission, decision, decided, gate);
  const changed = addInPlace(emission, decision, decided);
  if (starts) {
    const stopped = addRestartStop(emission, decision, decided, gate);
    const dependsOn = [...placed, ...changed, ...gate.dependsOn, ...stopped];
    addStarted(emission, decision, decided, { dependsOn, after: gate.after });
  } else if (keep && isRunning(keep)) addOwed(emission, decided, keep, changed);
}

/** Puts the replica's container in its place: made if need be, what it replaces gone, under its final name. */
function addPlacement(emission: Emission, decision: ServiceDecision, decided: ReplicaDecision, gate: Gate): ActionId[] {
  const { plan } = emission;
  const { replica } = decided;
  if (decided.removesFirst) return addPlacementAfterRemoval(emission, decision, decided);
  const [going, leaving] = partition(replica.leaving, ({ container }) => container.state.status === 'removing');
  const gone = going.map(({ container, cause }) =>
    addAwait(plan, { ref: leavingRef(container), until: 'gone', cause }, []),
  );
  const created = replica.keep ? [] : [addCreate(emission, decision, decided, gone)];
  const after = [...gate.after, ...stopsOfDependents(emission, decision.service.name)];
  const dependsOn = [...created, ...gate.dependsOn];
  const removed = leaving.map(({ container, cause }) => addLeaving(emission, container, cause, { dependsOn, after }));
  // A stop that makes way for a volume's replacement does not wait for what takes its place.
  const waitsForBoth = removed.length === 0 || emission.resources.replacesVolumes;
  return addRename(emission, decided, [...(waitsForBoth ? created : []), ...removed, ...gone]);
}

/**
 * What is replaced goes first, as a volume that it holds is replaced too. It waits for what the new one is made from, but
 * neither for the new one nor for the dependencies: those may be waiting for the same volume.
 */
function addPlacementAfterRemoval(emission: Emission, decision: ServiceDecision, decided: ReplicaDecision): ActionId[] {
  const { desired, resources, decisions } = emission;
  const { service } = decision;
  const dependents = [...decisions.values()].filter((one) => Object.hasOwn(one.service.depends_on ?? {}, service.name));
  const removalsOfDependents = dependents
    .flatMap(({ replicas }) => replicas.filter((replica) => replica.removesFirst))
    .flatMap(({ replica }) => replica.leaving.map(({ container }) => `${leavingRef(container).key}:remove`));
  const dependsOn = [
    resources.image(imageRef(desired, service)),
    ...networkKeys(desired, service).map(resources.network),
    ...removalsOfDependents,
  ];
  const after = stopsOfDependents(emission, service.name);
  const removed = decided.replica.leaving.map(({ container, cause }) =>
    addLeaving(emission, container, cause, { dependsOn, after }),
  );
  const placed = decided.replica.keep ? removed : [addCreate(emission, decision, decided, removed)];
  return addRename(emission, decided, placed);
}

/** Gives the container its final name, where it has another one; ids of what has to be done before it is in its place. */
function addRename({ plan, renames }: Emission, decided: ReplicaDecision, placed: ActionId[]): ActionId[] {
  const { ref, finalName } = decided;
  if (ref.name === finalName || renames.obstacle(decided) !== undefined) return placed;
  const cause: Cause = isTemporaryName(ref.name, finalName)
    ? { kind: 'replaced' }
    : { kind: 'drift', drift: [{ kind: 'renamed', from: ref.name, to: finalName }] };
  const release = renames.release(decided);
  if (release.kind === 'set-aside') {
    const { holder, name } = release;
    const neededBy: Cause = { kind: 'needed-by', service: ref.service };
    plan.add({ id: `${holder.key}:set-aside`, kind: 'rename-container', cause: neededBy, container: holder, name });
  }
  const freed = release.kind === 'set-aside' ? [`${release.holder.key}:set-aside`] : release.actions;
  return [
    plan.add(
      { id: `${ref.key}:rename`, kind: 'rename-container', cause, container: ref, name: finalName },
      { dependsOn: [...placed, `${ref.key}:set-aside`, ...freed] },
    ),
  ];
}

function addCreate(
  { plan, desired, containers, resources, policy, decisions }: Emission,
  { service, borrows }: ServiceDecision,
  { replica, ref }: ReplicaDecision,
  gone: readonly ActionId[],
): ActionId {
  const predecessor = replica.leaving.find(({ container }) => container.state.status !== 'removing')?.container;
  return plan.add(
    {
      id: `${ref.key}:create`,
      kind: 'create-container',
      cause: replica.createCause ?? { kind: 'absent' },
      container: ref,
      replaces: predecessor !== undefined,
      carriedVolumes: predecessor && !policy.renewVolumes ? ownAnonymousVolumes(predecessor, service, containers) : [],
      borrows,
    },
    {
      dependsOn: [
        resources.image(imageRef(desired, service)),
        ...networkKeys(desired, service).map(resources.network),
        ...(service.volumes ?? []).map(({ source }) => (source === undefined ? undefined : resources.volume(source))),
        ...borrows.map(({ container }) => `${container.key}:create`),
        ...linkedServices(desired, service).flatMap((name) => creationsOf(decisions.get(name))),
        ...gone,
      ],
    },
  );
}

/** On the engine's own bridge a link is to a container that has to exist; on other networks it is only a name. */
function linkedServices(desired: Project, service: Service): ServiceName[] {
  if (networkKeys(desired, service).length > 0) return [];
  if (!['bridge', 'default'].includes(bareNetworkMode(desired, service))) return [];
  return (service.links ?? []).map((link) => link.split(':', 1)[0] ?? link);
}

/** Stop of a running container that starts again, unless it stops early (gate.ts). */
function addRestartStop(
  emission: Emission,
  { service }: ServiceDecision,
  { ref, replica: { keep }, restart }: ReplicaDecision,
  gate: Gate,
): ActionId[] {
  if (!keep || !restart) return [];
  const { plan, desired, history, policy, reconnections } = emission;
  const edges = {
    dependsOn: gate.dependsOn,
    after: [...gate.after, ...stopsOfDependents(emission, service.name), ...reconnections(keep.id)],
  };
  const hooks = hooksOf(keep, desired);
  const stop = addStop(plan, history, { container: keep, ref, hooks, cause: restart, force: policy.force, edges });
  return stop === undefined ? [] : [stop];
}

function addStarted(
  emission: Emission,
  { service, replicas }: ServiceDecision,
  decided: ReplicaDecision,
  gate: Gate,
): void {
  const { plan, desired, history, policy } = emission;
  const { ref, replica } = decided;
  const cause = decided.start ?? decided.restart ?? { kind: 'not-started' };
  const owed = owedBefore(emission, decided);
  const turn = startBefore(replicas, decided, { service, apiVersion: policy.apiVersion });
  const started = [addStart(plan, { ref, owed, cause, edges: beforeStart(emission, decided, gate), turn })];
  const hooks = replica.keep ? hooksOf(replica.keep, desired) : hooksOfNew(desired, service);
  const owedThen = shareOut(emission, ref, owedAfterStart(replica.keep, service.name, hooks, history));
  emission.readyActions.set(ref.key, addPostStart(plan, { ref, owed: owedThen, cause, started, isHealthy: false }));
}

function owedBefore({ preStarts }: Emission, { ref }: ReplicaDecision): readonly (OwedPreStart | ActionId)[] {
  return preStarts.get(ref.service)?.get(ref.key) ?? [];
}

/** Before a first start and its hooks, what is left of earlier runs of hooks is gone. */
function beforeStart({ hookRemovals }: Emission, decided: ReplicaDecision, gate: Gate): Gate {
  if (!isFirstStart(decided)) return gate;
  return { ...gate, dependsOn: [...gate.dependsOn, ...(hookRemovals.get(decided.ref.service) ?? [])] };
}

/** A container that runs and stays: what it was not given yet, and a stop of it that nobody wants any more. */
function addOwed(
  emission: Emission,
  decided: ReplicaDecision,
  keep: ObservedContainer,
  changed: readonly ActionId[],
): void {
  const { plan, desired, history, readyActions } = emission;
  const { ref } = decided;
  const { status, startedAt, health } = keep.state;
  const started =
    status === 'paused'
      ? [plan.add({ id: `${ref.key}:unpause`, kind: 'unpause-container', cause: { kind: 'paused' }, container: ref })]
      : [];
  const owed = status === 'restarting' ? [] : owedHooks(keep, 'post_start', hooksOf(keep, desired), history);
  const last = addPostStart(plan, {
    ref,
    owed: shareOut(emission, ref, owed),
    cause: { kind: 'owed' },
    started: [...changed, ...started],
    isHealthy: health === 'healthy',
  });
  readyActions.set(ref.key, last);
  const stopWasBegun = history
    .recordsOf(keep.id)
    .some((record) => record.phase === 'pre_stop' && record.startedAt === startedAt);
  if (stopWasBegun) plan.abandonedStops.push(keep.id);
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
