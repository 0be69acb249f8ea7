/** Orphans: containers of the project whose service the files no longer have. Removed only when asked, hooks first. */

import type { ObservedContainer, ObservedProject } from '../model/observed.ts';
import type { ServiceName } from '../model/project.ts';
import type { Cause } from './cause.ts';
import { dependencyOrder, labelledDependencies } from './order.ts';
import type { ActionId } from './plan.ts';
import { leavingRef } from './sequences.ts';
import type { Emission, RemovalContext } from './emission.ts';
import { addLeaving } from './leaving.ts';

export function planOrphans(emission: Emission, observed: ObservedProject): void {
  const { plan, desired, policy } = emission;
  const orphans = observed.containers.filter(
    (container) =>
      !container.oneoff &&
      !container.hookContainer &&
      !Object.hasOwn(desired.services, container.service) &&
      !desired.disabledServices.includes(container.service),
  );
  if (orphans.length === 0) return;
  if (!policy.removeOrphans) {
    const names = orphans.map((container) => container.name).toSorted();
    plan.notes.push(
      `orphan containers are left alone: ${names.join(', ')} (--remove-orphans removes them, hooks first)`,
    );
    return;
  }
  for (const container of orphans.filter((one) => one.hooks === undefined)) {
    plan.notes.push(
      `${container.name} was made by another tool and its file is gone: it has no pre_stop that could be run`,
    );
  }
  addRemovals(emission, orphans, { kind: 'orphan' });
}

/** Removes containers so that each stops after those that depend on it, as their labels say. */
export function addRemovals(
  context: RemovalContext,
  containers: readonly ObservedContainer[],
  cause: Cause,
): ActionId[] {
  const dependents = dependentContainers(containers);
  return containers
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((container) => {
      const after = (dependents.get(container.service) ?? []).map((other) => `${leavingRef(other).key}:remove`);
      return addLeaving(context, container, cause, { after });
    });
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
