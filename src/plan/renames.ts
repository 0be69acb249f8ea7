/**
 * Who has to let go of a name before another can take it.
 *
 * A container that is made while its name is held waits under a temporary one. Names that somebody exchanged are put
 * right by way of a temporary one. A name held by a container that stays (an orphan that is left alone, a suspended
 * service) is a problem, and nothing is tried.
 */

import type { ObservedContainer } from '../model/observed.ts';
import type { ServiceName } from '../model/project.ts';
import type { ReplicaDecision, ServiceDecision } from './decide.ts';
import type { ActionId } from './plan.ts';
import { holdersOf, temporaryName } from './names.ts';
import { leavingRef } from './sequences.ts';

export interface Renames {
  /** A sentence, when the name that this replica is to have will not become free. */
  readonly obstacle: (decided: ReplicaDecision) => string | undefined;
  /** The name to go by for the time being, for one of those that have to exchange theirs. */
  readonly aside: (decided: ReplicaDecision) => string | undefined;
  /** Actions that free this replica's name; those that are not in the plan do not matter. */
  readonly freedBy: (decided: ReplicaDecision) => readonly ActionId[];
}

/** `leaving`: ids of the containers that this plan removes. */
export function planRenames(
  containers: readonly ObservedContainer[],
  decisions: ReadonlyMap<ServiceName, ServiceDecision>,
  leaving: ReadonlySet<string>,
): Renames {
  const holders = holdersOf(containers);
  const kept = new Map(
    [...decisions.values()]
      .flatMap(({ replicas }) => replicas)
      .flatMap((decided) => (decided.ref.id === undefined ? [] : [[decided.ref.id, decided] as const])),
  );
  const holderOf = (decided: ReplicaDecision): ObservedContainer | undefined => {
    const holder = holders.get(decided.finalName);
    return holder?.id === decided.ref.id ? undefined : holder;
  };
  const next = (decided: ReplicaDecision): ReplicaDecision | undefined => {
    const holder = holderOf(decided);
    return holder && kept.get(holder.id);
  };
  const goesAside = (decided: ReplicaDecision): boolean => {
    const ring = ringOf(decided, next);
    return ring !== undefined && decided.ref.key === ring.map(({ ref }) => ref.key).toSorted()[0];
  };
  return {
    obstacle(decided) {
      const holder = holderOf(decided);
      if (!holder || leaving.has(holder.id) || holder.state.status === 'removing') return undefined;
      const other = kept.get(holder.id);
      if (other && other.finalName !== holder.name) return undefined;
      return (
        `the name ${decided.finalName} is taken by a container of ${holder.service}, which is left alone: ` +
        `remove that one, or give this one another name`
      );
    },
    aside: (decided) => (goesAside(decided) ? temporaryName(decided.finalName, [decided.ref.id ?? '']) : undefined),
    freedBy(decided) {
      const holder = holderOf(decided);
      if (!holder) return [];
      const other = kept.get(holder.id);
      if (other) return [`${other.ref.key}:${goesAside(other) ? 'set-aside' : 'rename'}`];
      const { key } = leavingRef(holder);
      return [`${key}:remove`, `${key}:await-gone`];
    },
  };
}

/** Those that wait for each other's names in a ring, this one among them. */
function ringOf(
  first: ReplicaDecision,
  next: (decided: ReplicaDecision) => ReplicaDecision | undefined,
): readonly ReplicaDecision[] | undefined {
  const ring = [first];
  for (let other = next(first); other && !ring.includes(other); other = next(other)) ring.push(other);
  const last = ring.at(-1);
  return ring.length > 1 && last && next(last) === first ? ring : undefined;
}
