/**
 * Who has to let go of a name before another can take it.
 *
 * What a container that is made waits for is its own business: its name is temporary until the one it replaces is gone
 * (names.ts). Here it is about names that somebody moved around, and about services that were given another's name. Who
 * holds one and is about to go, or to get its own back, is waited for; where that could wait for the other in turn, the
 * holder goes by a temporary name from the start, and so does a hook's container, whose name nobody asks for. A name held
 * by a container that stays is a problem, and nothing is tried.
 */

import type { NameHolder, ObservedContainer, ObservedProject } from '../model/observed.ts';
import type { ServiceName } from '../model/project.ts';
import type { ReplicaDecision, ServiceDecision } from './decide.ts';
import { holdersOf, temporaryName } from './names.ts';
import type { ActionId, ContainerRef } from './plan.ts';
import { leavingRef } from './sequences.ts';

export type Release =
  /** One of these actions frees the name; those that are not in the plan do not matter. */
  | { readonly kind: 'awaited'; readonly actions: readonly ActionId[] }
  /** The holder is given this name for the time being. */
  | { readonly kind: 'set-aside'; readonly holder: ContainerRef; readonly name: string };

export interface Renames {
  /** A sentence, when the name that this replica is to have will not become free. */
  readonly obstacle: (decided: ReplicaDecision) => string | undefined;
  /** How the name that this replica is to have becomes free. */
  readonly release: (decided: ReplicaDecision) => Release;
}

export interface RenameInput {
  readonly observed: Pick<ObservedProject, 'containers' | 'takenNames'>;
  readonly decisions: ReadonlyMap<ServiceName, ServiceDecision>;
  /** Orphans that this plan removes. */
  readonly orphans: readonly ObservedContainer[];
}

export function planRenames({ observed: { containers, takenNames }, decisions, orphans }: RenameInput): Renames {
  const holders = holdersOf(containers);
  const replicas = [...decisions.values()].flatMap((decision) => decision.replicas);
  const kept = new Map(replicas.flatMap((one) => (one.replica.keep ? [[one.replica.keep.id, one] as const] : [])));
  const replaced = new Map(
    replicas.flatMap((one) => one.replica.leaving.map(({ container }) => [container.id, one] as const)),
  );
  const surplus = [...decisions.values()].flatMap((decision) => decision.surplus.map(({ container }) => container));
  const going = new Set([...surplus, ...orphans].map(({ id }) => id));
  const holderOf = (decided: ReplicaDecision): ObservedContainer | undefined => {
    const holder = holders.get(decided.finalName);
    return holder?.id === decided.ref.id ? undefined : holder;
  };
  return {
    obstacle(decided) {
      const other = takenNames?.get(decided.finalName);
      if (other) return isTaken(decided.finalName, other);
      const holder = holderOf(decided);
      if (!holder || holder.state.status === 'removing') return undefined;
      if (holder.hookContainer || going.has(holder.id) || replaced.has(holder.id)) return undefined;
      const keeping = kept.get(holder.id);
      if (keeping && keeping.finalName !== holder.name) return undefined;
      return (
        `the name ${decided.finalName} is taken by a container of ${holder.service}, which is left alone: ` +
        `remove that one, or give this one another name`
      );
    },
    release(decided) {
      const holder = holderOf(decided);
      if (!holder || replaced.get(holder.id) === decided) return { kind: 'awaited', actions: [] };
      const { key } = leavingRef(holder);
      if (holder.state.status === 'removing') return { kind: 'awaited', actions: [`${key}:await-gone`] };
      if (going.has(holder.id)) return { kind: 'awaited', actions: [`${key}:remove`] };
      if (holder.hookContainer) {
        const name = temporaryName(`${holder.service}-pre_start`, holder.id, holders);
        return { kind: 'set-aside', holder: leavingRef(holder), name };
      }
      const other = kept.get(holder.id) ?? replaced.get(holder.id);
      if (!other) return { kind: 'awaited', actions: [] };
      const isFreeToMove = other.replica.leaving.length === 0 && !holders.has(other.finalName);
      if (isFreeToMove) return { kind: 'awaited', actions: [`${other.ref.key}:rename`] };
      const ref = other.ref.id === holder.id ? other.ref : leavingRef(holder);
      return { kind: 'set-aside', holder: ref, name: temporaryName(other.finalName, holder.id, holders) };
    },
  };
}

function isTaken(name: string, { project }: NameHolder): string {
  const whose = project === undefined ? 'of no project' : `of the project ${project}`;
  return `the name ${name} is taken by a container ${whose}: remove or rename that one, or give this one another name`;
}
