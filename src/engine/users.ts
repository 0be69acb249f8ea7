/** Who else uses a network or a volume: wanted of what was made from another definition than today's, for it may be replaced. */

import { LABEL } from '../model/owner.ts';
import type { ContainerListItem } from './answers.ts';
import type { ObserveRequest, SharedThing } from './engine.ts';
import type { Wire } from './wire.ts';

interface Shared {
  readonly labels: Readonly<Record<string, string>>;
  readonly usedBy: readonly string[];
}

/** Names of containers of others than the project that use it, sorted. */
export async function usersOf(wire: Wire, thing: SharedThing, project: string, signal: AbortSignal): Promise<string[]> {
  const filters = 'network' in thing ? { network: [thing.network] } : { volume: [thing.volume] };
  const items = await wire.json<ContainerListItem[]>({
    what: `list containers that use ${Object.values(thing).join()}`,
    path: '/containers/json',
    query: { all: true, filters },
    signal,
  });
  return (items ?? [])
    .filter(({ Labels }) => Labels?.[LABEL.project] !== project)
    .map(({ Names }) => (Names?.[0] ?? '').replace(/^\//, ''))
    .toSorted();
}

/** The things with their users, which are asked for only where they matter. */
export function withUsers<T extends Shared>(
  request: ObserveRequest,
  things: readonly T[],
  ask: (thing: T) => Promise<string[]>,
): Promise<T[]> {
  return Promise.all(
    things.map(async (thing) => (mayBeReplaced(request, thing) ? { ...thing, usedBy: await ask(thing) } : thing)),
  );
}

function mayBeReplaced({ project, definitions }: ObserveRequest, { labels }: Shared): boolean {
  const hash = labels[LABEL.configHash] ?? '';
  return definitions !== undefined && hash !== '' && !definitions.has(hash) && labels[LABEL.project] === project;
}
