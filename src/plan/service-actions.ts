/**
 * Second half of planning: a decided service becomes actions and edges.
 *
 * For each replica: create -> (pre_stop -> stop -> remove of what it replaces) -> rename -> start -> post_start.
 * What stops a running container waits for the dependencies as the start does: a replacement that could not start
 * must not cost the container that runs. Dependents wait for *every* replica.
 */

import { borrowedServices } from '../model/config-hash.ts';
import type { ObservedContainer } from '../model/observed.ts';
import type { Cause } from './cause.ts';
import type { ReplicaDecision, ServiceDecision } from './decide.ts';
import { imageRef } from './drift.ts';
import type { Emission } from './emission.ts';
import type { Gate } from './gate.ts';
import { dependencyGate, OPEN_GATE, stopsOfDependents } from './gate.ts';
import { addInPlace } from './in-place.ts';
import { addLeaving } from './leaving.ts';
import { hooksOf, hooksOfNew, owedAfterStart, owedHooks } from './owed.ts';
import type { ActionId } from './plan.ts';
import { addAwait, addPostStart, isRunning, leavingRef } from './sequences.ts';

export function addService(emission: Emission, decision: ServiceDecision): void {
  for (const { container, cause } of decision.surplus) addLeaving(emission, container, cause, {});
  for (const replica of decision.replicas) {
    if (replica.notBefore === undefined) addReplica(emission, decision, replica);
    else {
      emission.plan.deferrals.push({
        subject: replica.ref.key,
        untilMs: replica.notBefore,
        message: 'ended right after its last starts; it is started again after a growing delay',
      });
    }
  }
}

function addReplica(emission: Emission, decision: ServiceDecision, decided: ReplicaDecision): void {
  const { keep, leaving } = decided.replica;
  const starts = (decided.start !== undefined || decided.restart !== undefined) && !emission.policy.noStart;
  const gate = starts || leaving.length > 0 ? dependencyGate(emission, decision) : OPEN_GATE;
  const placed = addPlacement(emission, decision, decided, gate);
  const changed = addInPlace(emission, decision, decided);
  if (starts)
    addStart(emission, decision, decided, { dependsOn: [...placed, ...changed, ...gate.dependsOn], after: gate.after });
  else if (keep && isRunning(keep)) addOwed(emission, decided, keep);
}

/** Puts the replica's container in its place: made if need be, what it replaces gone, under its final name. */
function addPlacement(emission: Emission, decision: ServiceDecision, decided: ReplicaDecision, gate: Gate): ActionId[] {
  const { plan } = emission;
  const { replica, ref, finalName } = decided;
  const [going, leaving] = partition(replica.leaving, ({ container }) => container.state.status === 'removing');
  const gone = going.map(({ container, cause }) =>
    addAwait(plan, { ref: leavingRef(container), until: 'gone', cause }, []),
  );
  const created = replica.keep ? [] : [addCreate(emission, decision, decided, gone)];
  const after = [...gate.after, ...stopsOfDependents(emission, decision.service.name)];
  const dependsOn = [...created, ...gate.dependsOn];
  const removed = leaving.map(({ container, cause }) => addLeaving(emission, container, cause, { dependsOn, after }));
  const placed = [...(removed.length > 0 ? removed : created), ...gone];
  if (ref.name === finalName) return placed;
  const cause: Cause = isTemporary(ref.name, finalName)
    ? { kind: 'replaced' }
    : { kind: 'drift', drift: [{ kind: 'renamed', from: ref.name, to: finalName }] };
  return [
    plan.add(
      { id: `${ref.key}:rename`, kind: 'rename-container', cause, container: ref, name: finalName },
      { dependsOn: placed },
    ),
  ];
}

/** `<12 hex digits>_<final name>`: the name of a container that takes another's place. */
function isTemporary(name: string, finalName: string): boolean {
  return name.length === finalName.length + 13 && name.endsWith(`_${finalName}`) && /^[0-9a-f]{12}/.test(name);
}

function addCreate(
  { plan, desired, resources, policy, decisions }: Emission,
  { service }: ServiceDecision,
  { replica, ref }: ReplicaDecision,
  gone: readonly ActionId[],
): ActionId {
  const predecessor = replica.leaving.find(({ container }) => container.state.status !== 'removing')?.container;
  const borrowed = borrowedServices(service)
    .flatMap((name) => decisions.get(name)?.replicas ?? [])
    .map((one) => `${one.ref.key}:create`);
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
        ...(service.volumes ?? []).map(({ source }) => (source === undefined ? undefined : resources.volume(source))),
        ...borrowed,
        ...gone,
      ],
    },
  );
}

function anonymousVolumes(container: ObservedContainer): (readonly [string, string])[] {
  return container.mounts
    .filter((mount) => mount.type === 'volume' && /^[0-9a-f]{64}$/.test(mount.volume))
    .map((mount) => [mount.target, mount.volume] as const);
}

function addStart(emission: Emission, { service }: ServiceDecision, decided: ReplicaDecision, gate: Gate): void {
  const { plan, desired, history } = emission;
  const { ref, replica } = decided;
  const cause = decided.start ?? decided.restart ?? { kind: 'not-started' };
  const started = plan.add(
    { id: `${ref.key}:start`, kind: 'start-container', cause, container: ref },
    { dependsOn: [...gate.dependsOn, `${ref.key}:stop`], after: gate.after },
  );
  const hooks = replica.keep ? hooksOf(replica.keep, desired) : hooksOfNew(desired, service);
  const owed = owedAfterStart(replica.keep, service.name, hooks, history);
  emission.readyActions.set(ref.key, addPostStart(plan, { ref, owed, cause, started }) ?? started);
}

/** A container that runs and stays: what it was not given yet, and a stop of it that nobody wants any more. */
function addOwed(emission: Emission, { ref }: ReplicaDecision, keep: ObservedContainer): void {
  const { plan, desired, history, readyActions } = emission;
  const { status, startedAt } = keep.state;
  const started =
    status === 'paused'
      ? plan.add({ id: `${ref.key}:unpause`, kind: 'unpause-container', cause: { kind: 'paused' }, container: ref })
      : undefined;
  const owed = status === 'restarting' ? [] : owedHooks(keep, 'post_start', hooksOf(keep, desired), history);
  const last = addPostStart(plan, { ref, owed, cause: { kind: 'owed' }, started });
  if (last) readyActions.set(ref.key, last);
  const stopWasBegun = history
    .recordsOf(keep.id)
    .some((record) => record.phase === 'pre_stop' && record.startedAt === startedAt);
  if (stopWasBegun) plan.abandonedStops.push(keep.id);
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
