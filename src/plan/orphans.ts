/** Orphans: containers of the project whose service the files no longer have. Removed only when asked, hooks first. */

import type { ObservedContainer, ObservedProject } from '../model/observed.ts';
import { LABEL } from '../model/owner.ts';
import type { Project, ServiceName } from '../model/project.ts';
import type { Cause } from './cause.ts';
import { dependencyOrder, labelledDependencies } from './order.ts';
import type { ActionId } from './plan.ts';
import type { PlanPolicy } from './policy.ts';
import { isRunning, leavingRef } from './sequences.ts';
import type { Emission, RemovalContext } from './emission.ts';
import { addLeaving } from './leaving.ts';

/** Containers whose service is neither in the files nor suspended; none when only some services are looked at. */
export function orphansOf(desired: Project, observed: ObservedProject, policy: PlanPolicy): ObservedContainer[] {
  return observed.containers.filter(
    ({ service, oneoff, hookContainer }) => !oneoff && !hookContainer && isOrphaned(desired, policy, service),
  );
}

/** Whether containers of this service are orphans for a plan; none are when it looks at some services only. */
export function isOrphaned(
  desired: Project,
  { services, existingOnly, held }: PlanPolicy,
  service: ServiceName,
): boolean {
  if (services !== undefined || existingOnly || held === 'all') return false;
  if (Object.hasOwn(desired.services, service) || desired.disabledServices.includes(service)) return false;
  return held.get(service) !== 'suspended';
}

export function planOrphans(emission: Emission, orphans: readonly ObservedContainer[]): void {
  const { plan, policy } = emission;
  if (orphans.length === 0) return;
  if (!policy.removeOrphans) {
    if (emission.desired.orphans === 'ignored') return;
    const names = orphans.map((container) => container.name).toSorted();
    plan.notes.push(
      `orphan containers are left alone: ${names.join(', ')} (--remove-orphans removes them, hooks first)`,
    );
    noteElsewhere(emission, orphans);
    return;
  }
  noteElsewhere(emission, orphans);
  addRemovals(emission, orphans, { kind: 'orphan' });
}

/** Two folders whose projects came by the same name look like one project that lost its services. */
function noteElsewhere({ plan, desired }: Emission, orphans: readonly ObservedContainer[]): void {
  for (const { name, labels } of orphans) {
    const folder = labels[LABEL.workingDir];
    if (folder === undefined || folder === desired.workingDir) continue;
    plan.notes.push(
      `${name} was made from ${folder}: if that is a project of its own, give one of the two another name (-p)`,
    );
  }
}

/** Removes containers so that each stops after those that depend on it have stopped, as their labels say. */
export function addRemovals(
  context: RemovalContext,
  containers: readonly ObservedContainer[],
  cause: Cause,
): ActionId[] {
  const dependents = dependentContainers(containers);
  const inOrder = containers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  noteUnknownHooks(context, inOrder);
  return inOrder.map((container) => {
    const after = (dependents.get(container.service) ?? [])
      .map((other) => leavingRef(other).key)
      .flatMap((key) => [`${key}:stop`, `${key}:await-gone`]);
    return addLeaving(context, container, cause, { after });
  });
}

/** Of a container that another tool made only the files know the hooks. */
function noteUnknownHooks({ plan, desired }: RemovalContext, containers: readonly ObservedContainer[]): void {
  for (const container of containers) {
    const { hooks, service, oneoff, hookContainer, name } = container;
    if (hooks || oneoff || hookContainer || !isRunning(container)) continue;
    if (desired && Object.hasOwn(desired.services, service)) continue;
    plan.notes.push(`${name} was made by another tool and its file is gone: it has no pre_stop that could be run`);
  }
}

/** Service -> containers that depend on it, as labels say; an edge that would close a cycle is left out. */
export function dependentContainers(containers: readonly ObservedContainer[]): Map<ServiceName, ObservedContainer[]> {
  const dependencies = labelledDependencies(containers);
  const order = dependencyOrder(dependencies.keys(), (name) => [...(dependencies.get(name) ?? [])]);
  const rank = new Map(order.map((name, index) => [name, index]));
  const dependents = new Map<ServiceName, ObservedContainer[]>();
  for (const container of containers) {
    for (const dependency of dependencies.get(container.service) ?? []) {
      if ((rank.get(dependency) ?? Infinity) >= (rank.get(container.service) ?? 0)) continue;
      dependents.set(dependency, [...(dependents.get(dependency) ?? []), container]);
    }
  }
  return dependents;
}
