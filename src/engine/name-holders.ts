/** Who has the names that a project's containers are to have: only those that none of its own has are asked for. */

import type { NameHolder, ObservedContainer } from '../model/observed.ts';
import { LABEL } from '../model/owner.ts';
import type { ContainerListItem } from './answers.ts';
import type { ObserveRequest } from './engine.ts';
import type { Wire } from './wire.ts';

/** From then on the engine is quicker to list everything than to try each name on each container. */
const MOST_PATTERNS = 20;

/** Of these names those that containers of others than the project have. */
export async function holdersOf(
  wire: Wire,
  names: readonly string[],
  project: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NameHolder>> {
  const wanted = new Set(names);
  // The engine takes them for patterns, which find more than is asked for.
  const filter = names.length > MOST_PATTERNS ? {} : { filters: { name: names } };
  const items = await wire.json<ContainerListItem[]>({
    what: 'list containers of others',
    path: '/containers/json',
    query: { all: true, ...filter },
    signal,
  });
  const holders = new Map<string, NameHolder>();
  for (const { Names, Labels } of items ?? []) {
    const owner = Labels?.[LABEL.project];
    const held = (Names ?? []).map((name) => name.replace(/^\//, '')).filter((name) => wanted.has(name));
    if (owner !== project) for (const name of held) holders.set(name, { project: owner });
  }
  return holders;
}

/** The part of an observation about names. */
export async function withTakenNames(
  { names = [] }: ObserveRequest,
  containers: readonly ObservedContainer[],
  ask: (names: readonly string[]) => Promise<ReadonlyMap<string, NameHolder>>,
): Promise<{ readonly takenNames?: ReadonlyMap<string, NameHolder> }> {
  const own = new Set(containers.map(({ name }) => name));
  const sought = names.filter((name) => !own.has(name));
  return sought.length === 0 ? {} : { takenNames: await ask(sought) };
}
