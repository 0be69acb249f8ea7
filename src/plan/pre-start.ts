/**
 * pre_start: which hooks are owed before the first start of a service's containers, which replica runs those that are run
 * once for the service, and what becomes of the hook containers that earlier runs left.
 *
 * Observed state settles most of it: a container that was ever started owes none, whoever started it, and a hook for the
 * whole service is settled by any container of the same definition that was started or for which it succeeded. So a
 * scale-up beside it runs none, while containers that were all replaced begin anew. A hook container that is left is taken
 * up where it is owed and runs or ended with 0; any other one is removed before a hook of the service runs again, so there
 * are never two at once. One that was kept for inspection stays until then.
 */

import type { CarriedHook } from '../model/carried-hook.ts';
import type { ObservedContainer, ObservedProject } from '../model/observed.ts';
import { readHookOwner, imageRef } from '../model/owner.ts';
import type { Project, ServiceName } from '../model/project.ts';
import type { ReplicaDecision, ServiceDecision } from './decide.ts';
import { hookImageRef } from './drift.ts';
import type { RemovalContext } from './emission.ts';
import { endedWell, hookRecordOf, openRecordOf } from './hook-containers.ts';
import { addLeaving } from './leaving.ts';
import { holdersOf, temporaryName } from './names.ts';
import type { HookHistory, OwedPreStart, PreStarts } from './owed.ts';
import { hooksOf, hooksOfNew, isSettled } from './owed.ts';
import type { ActionId, EarlierHookContainer } from './plan.ts';
import type { PlanPolicy } from './policy.ts';
import type { Resources } from './resources.ts';
import { isRunning, leavingRef } from './sequences.ts';

/** It has never run: `pre_start` hooks come before that. */
export function isNeverStarted({ state }: ObservedContainer): boolean {
  return state.startedAt === '';
}

/** Whether a replica is to be started for the first time. */
export function isFirstStart({ replica: { keep }, start, notBefore }: ReplicaDecision): boolean {
  return start !== undefined && notBefore === undefined && (keep === undefined || isNeverStarted(keep));
}

interface World {
  readonly desired: Project;
  readonly history: HookHistory;
  readonly observed: ObservedProject;
  readonly policy: PlanPolicy;
  readonly resources: Pick<Resources, 'image' | 'isReplaced'>;
}

/** The hooks that are owed before the first starts of a service's replicas. */
export function preStartsOf(world: World, decision: ServiceDecision): PreStarts {
  const first = world.policy.noStart ? [] : decision.replicas.filter(isFirstStart);
  const owed = first.flatMap((decided) =>
    preStartHooks(world, decided)
      .map((hook, index) => {
        const { ref, finalName } = decided;
        return { key: ref.key, finalName, hook, index, earlier: earlierOf(world, decided, hook, index) };
      })
      .filter((one) => !isDelivered(world, decision, decided, one)),
  );
  const runners = new Map<string, string>();
  // Run by the replica for which it may still be running, else by the first.
  for (const one of [...owed.filter(({ earlier }) => earlier), ...owed]) {
    if (!runners.has(subjectOf(one))) runners.set(subjectOf(one), one.key);
  }
  const starts = new Map<string, (OwedPreStart | ActionId)[]>(first.map(({ ref }) => [ref.key, []]));
  for (const one of owed) {
    const { key, hook, index, earlier } = one;
    const runner = runners.get(subjectOf(one)) ?? key;
    const others = owed.filter((other) => other.key !== key && other.index < index && isForEach(other.hook));
    const before = isForEach(hook) ? [] : others.map((other) => preStartId(other.key, other.index));
    const needs = [...before, ...imageOf(world, decision, hook)];
    const { borrows } = decision;
    const name = nameOf(world, decision, one, owed);
    starts.get(key)?.push(runner === key ? { index, name, hook, earlier, needs, borrows } : preStartId(runner, index));
  }
  return starts;
}

/**
 * Its own name, unless that is held by a container that may be waiting for this very hook, or stays. One that earlier hooks
 * of the service left is gone by then, or taken up.
 */
function nameOf(
  { observed }: World,
  { service }: ServiceDecision,
  { finalName, index, earlier }: { finalName: string; index: number; earlier: EarlierHookContainer | undefined },
  owed: readonly { readonly earlier: EarlierHookContainer | undefined }[],
): string {
  const name = `${finalName}-pre_start-${index}`;
  const holders = holdersOf(observed.containers);
  const holder = holders.get(name);
  if (!holder || holder.id === earlier?.containerId) return name;
  const isOurs = holder.service === service.name && readHookOwner(holder.labels) !== undefined;
  const isTaken = owed.some((other) => other.earlier?.containerId === holder.id);
  return isOurs && !isTaken ? name : temporaryName(name, holder.id, holders);
}

/** The action that brings the image of a hook, where it has one of its own or the container is there already. */
function imageOf({ desired, resources }: World, { service, replicas }: ServiceDecision, hook: CarriedHook): ActionId[] {
  const ref = hookImageRef(desired, service, hook);
  const comesWithCreation = ref === imageRef(desired, service) && replicas.every(({ replica }) => !replica.keep);
  return comesWithCreation ? [] : [resources.image(ref) ?? []].flat();
}

function isForEach({ per_replica }: CarriedHook): boolean {
  return per_replica === true;
}

/** What runs once: a hook for the whole service, or one of a replica. */
function subjectOf({ key, hook, index }: { key: string; hook: CarriedHook; index: number }): string {
  return isForEach(hook) ? `${key} ${index}` : `${index} ${hook.digest}`;
}

function preStartId(key: string, index: number): ActionId {
  return `${key}:pre_start[${index}]`;
}

function preStartHooks({ desired }: World, { ref, replica: { keep } }: ReplicaDecision): readonly CarriedHook[] {
  const service = desired.services[ref.service];
  if (keep) return hooksOf(keep, desired).pre_start;
  return service ? hooksOfNew(desired, service).pre_start : [];
}

/** Whether a hook is settled for a container that is to be started for the first time. */
function isDelivered(
  world: World,
  { service, target, replicas }: ServiceDecision,
  { replica: { keep } }: ReplicaDecision,
  { hook, index }: { readonly hook: CarriedHook; readonly index: number },
): boolean {
  const { history } = world;
  if (hook.policy.run === 'once-per-definition' && history.wasDelivered(service.name, 'pre_start', hook.digest))
    return true;
  const isNoted = ({ id }: ObservedContainer): boolean =>
    history
      .recordsOf(id)
      .some(
        (record) =>
          record.phase === 'pre_start' &&
          record.index === index &&
          record.digest === hook.digest &&
          !record.superseded &&
          isSettled(record, hook),
      );
  // It is noted when that container goes.
  const succeededFor = (container: ObservedContainer): boolean =>
    isNoted(container) ||
    leftBy(world, container, { hook, index }).some(
      (one) => mustGo(world, one) && endedWell(one) && openRecordOf(one, history) !== undefined,
    );
  if (isForEach(hook)) return keep !== undefined && succeededFor(keep);
  const definition = keep?.configHash ?? target.configHash;
  return replicas
    .flatMap((one) => one.replica.keep ?? [])
    .filter(({ configHash }) => configHash === definition)
    .some((container) => !isNeverStarted(container) || succeededFor(container));
}

/** The container of an earlier run of this hook for this container, which runs or ended with 0 and was not recorded so. */
function earlierOf(
  world: World,
  { replica: { keep } }: ReplicaDecision,
  hook: CarriedHook,
  index: number,
): EarlierHookContainer | undefined {
  const container = keep && leftBy(world, keep, { hook, index }).find((one) => !mustGo(world, one));
  if (!container) return undefined;
  const beganAtMs = hookRecordOf(container, world.history)?.beganAtMs;
  return { containerId: container.id, recordId: openRecordOf(container, world.history), beganAtMs };
}

/** Containers of earlier runs of this hook for this container, of which it is not recorded how they ended. */
function leftBy(
  { history, observed }: World,
  { id }: ObservedContainer,
  { hook, index }: { readonly hook: CarriedHook; readonly index: number },
): ObservedContainer[] {
  return observed.containers.filter((container) => {
    const owner = container.hookContainer ? readHookOwner(container.labels) : undefined;
    if (owner?.containerId !== id || owner.index !== index || owner.digest !== hook.digest) return false;
    if (!isRunning(container) && !endedWell(container)) return false;
    return (hookRecordOf(container, history)?.outcome ?? 'intended') === 'intended';
  });
}

/** On a network that is replaced it cannot stay. */
function mustGo({ resources }: World, { networks }: ObservedContainer): boolean {
  return networks.some(({ network }) => resources.isReplaced(network));
}

export interface LeftoverScope {
  readonly observed: ObservedProject;
  readonly policy: PlanPolicy;
  /** Services that this plan looks at, and orphaned ones. */
  readonly isMeant: (service: ServiceName) => boolean;
  /** As decided, and what of that can be carried out. */
  readonly decisions: ReadonlyMap<ServiceName, ServiceDecision>;
  readonly able: ReadonlyMap<ServiceName, ServiceDecision>;
  readonly preStarts: ReadonlyMap<ServiceName, PreStarts>;
}

/** The hook containers that earlier runs left and that nobody takes up. */
export function leftoverHookContainers(scope: LeftoverScope): ObservedContainer[] {
  const taken = new Set(
    [...scope.preStarts.values()].flatMap((starts) =>
      [...starts.values()].flat().flatMap((one) => (typeof one === 'string' ? [] : (one.earlier?.containerId ?? []))),
    ),
  );
  return scope.observed.containers.filter(
    (container) =>
      container.hookContainer &&
      scope.isMeant(container.service) &&
      !taken.has(container.id) &&
      !isWaiting(scope, container),
  );
}

/** Its container has still to be started, but not by this plan; or it is another tool's, which is at work. */
function isWaiting({ policy, decisions, able }: LeftoverScope, container: ObservedContainer): boolean {
  const owner = readHookOwner(container.labels);
  if (!owner) return isRunning(container);
  const stays = (decision: ServiceDecision | undefined): boolean =>
    decision?.replicas.some(({ replica: { keep } }) => keep?.id === owner.containerId && isNeverStarted(keep)) ?? false;
  if (!stays(decisions.get(container.service))) return false;
  return policy.noStart || !stays(able.get(container.service));
}

/** Removes what is left; ids of the last actions by service. */
export function addLeftovers(
  context: RemovalContext,
  leftovers: readonly ObservedContainer[],
): Map<ServiceName, ActionId[]> {
  const removed = new Map<ServiceName, ActionId[]>();
  for (const container of leftovers) {
    const after = [`${leavingRef(container).key}:set-aside`];
    const id = addLeaving({ ...context, volumes: true }, container, { kind: 'hook-container' }, { after });
    removed.set(container.service, [...(removed.get(container.service) ?? []), id]);
  }
  return removed;
}
