/** Dependency order of services, from the desired model or from the labels of containers. Cycles are cut, never followed. */

import type { ObservedContainer, ObservedProject } from '../model/observed.ts';
import type { Project, ServiceName } from '../model/project.ts';

/** Dependencies first; ties by name. */
export function dependencyOrder(
  names: Iterable<ServiceName>,
  dependenciesOf: (name: ServiceName) => readonly ServiceName[],
): ServiceName[] {
  const all = new Set([...names].toSorted());
  const ordered: ServiceName[] = [];
  const seen = new Set<ServiceName>();
  for (const root of all) {
    const stack: { name: ServiceName; rest: ServiceName[] }[] = [];
    const enter = (name: ServiceName): void => {
      if (seen.has(name) || !all.has(name)) return;
      seen.add(name);
      stack.push({ name, rest: dependenciesOf(name).toSorted().toReversed() });
    };
    enter(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.rest.pop();
      if (next !== undefined) enter(next);
      else {
        ordered.push(top.name);
        stack.pop();
      }
    }
  }
  return ordered;
}

export function desiredOrder(project: Project): ServiceName[] {
  return dependencyOrder(Object.keys(project.services), (name) =>
    Object.keys(project.services[name]?.depends_on ?? {}),
  );
}

/** What each service depends on, as the containers' labels say. */
export function labelledDependencies(containers: readonly ObservedContainer[]): Map<ServiceName, Set<ServiceName>> {
  const dependencies = new Map<ServiceName, Set<ServiceName>>();
  for (const container of containers) {
    const known = dependencies.get(container.service) ?? new Set();
    for (const { service } of container.dependsOn) known.add(service);
    dependencies.set(container.service, known);
  }
  return dependencies;
}

/** Named services and everything they depend on. */
export function withDependencies(project: Project, names: ReadonlySet<ServiceName>): Set<ServiceName> {
  const found = new Set<ServiceName>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name) || !Object.hasOwn(project.services, name)) continue;
    found.add(name);
    open.push(...Object.keys(project.services[name]?.depends_on ?? {}));
  }
  return found;
}

/** The same world, whatever the order in which the engine lists it. */
export function inOrder(observed: ObservedProject): ObservedProject {
  const byName = <T extends { readonly name: string }>(items: readonly T[]): T[] =>
    items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const { containers, networks, volumes } = observed;
  return { ...observed, containers: byName(containers), networks: byName(networks), volumes: byName(volumes) };
}
