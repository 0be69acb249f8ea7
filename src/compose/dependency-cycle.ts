/**
 * Finds a cycle among the dependencies of services.
 */

import type { Mapping, Service } from '../model/project.ts';

/** The services of one cycle, the first repeated at the end; undefined when there is none. */
export function findDependencyCycle(services: Mapping<Service>): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of Object.keys(services)) {
    const cycle = walk(start, services, done);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Depth first, without recursion: a chain of dependencies may be as long as the file. */
function walk(start: string, services: Mapping<Service>, done: Set<string>): readonly string[] | undefined {
  const trail: { name: string; rest: string[] }[] = [];
  const onTrail = new Set<string>();
  const enter = (name: string): void => {
    trail.push({ name, rest: Object.keys(services[name]?.depends_on ?? {}) });
    onTrail.add(name);
  };
  if (!done.has(start)) enter(start);
  while (trail.length > 0) {
    const top = trail.at(-1);
    const next = top?.rest.shift();
    if (top === undefined) break;
    if (next === undefined) {
      trail.pop();
      onTrail.delete(top.name);
      done.add(top.name);
    } else if (onTrail.has(next)) {
      const names = trail.map((step) => step.name);
      return [...names.slice(names.indexOf(next)), next];
    } else if (!done.has(next) && Object.hasOwn(services, next)) enter(next);
  }
  return undefined;
}
