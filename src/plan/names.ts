/**
 * Names that containers go by for the time being: a replacement is made beside what it replaces, under
 * `<12 hex digits of an id>_<final name>`, as Compose does it, and renamed when the other one is gone.
 */

import type { ObservedContainer } from '../model/observed.ts';

/** Name -> the container that has it; a container whose removal is under way has let go, or is about to. */
export function holdersOf(containers: readonly ObservedContainer[]): ReadonlyMap<string, ObservedContainer> {
  return new Map(containers.map((container) => [container.name, container]));
}

/** `<12 hex digits>_<name>`, after this container, or after another one where that is taken. */
export function temporaryName(finalName: string, id: string, holders: ReadonlyMap<string, ObservedContainer>): string {
  const named = (one: string): string => `${one.slice(0, 12)}_${finalName}`;
  if (!holders.has(named(id))) return named(id);
  const others = [...holders.values()].map((holder) => holder.id).toSorted();
  return named(others.find((other) => !holders.has(named(other))) ?? id);
}

/** Whether it is the temporary name of a container that is to have the other one. */
export function isTemporaryName(name: string, finalName: string): boolean {
  return name.length === finalName.length + 13 && name.endsWith(`_${finalName}`) && /^[0-9a-f]{12}/.test(name);
}
