/**
 * Volumes whose definition changed: kept, unless a person asked for their replacement, which costs their data.
 *
 * A volume can only be removed when no container mounts it, so its containers go first, hooks and all, and are made anew
 * after it: unlike in any other replacement the old container is gone before the new one is there. It is done whole or not
 * at all: one container that stays (of another project, of a service that this run leaves alone or that cannot be made
 * now) calls it off before anything is touched. External volumes, and those that are not ours by label, are never replaced.
 */

import type { ObservedContainer, ObservedProject } from '../model/observed.ts';
import { LABEL } from '../model/owner.ts';
import type { Project, ServiceName } from '../model/project.ts';
import type { PlanBuilder } from './builder.ts';
import type { Drift } from './cause.ts';
import { renderDrift } from './cause.ts';
import type { ServiceDecision } from './decide.ts';
import { volumeDefinitionDrift } from './definition-drift.ts';
import type { PlanPolicy } from './policy.ts';
import { leavingRef } from './sequences.ts';

export interface ChangedVolume {
  /** Name on the engine. */
  readonly name: string;
  readonly drift: readonly Drift[];
  /** Containers of the project that mount it. */
  readonly users: readonly ObservedContainer[];
  /** `kept`: nobody asked for more; a text: why it cannot be replaced. */
  readonly fate: 'replaced' | 'kept' | { readonly refusal: string };
}

/** By key in the model. */
export type ChangedVolumes = ReadonlyMap<string, ChangedVolume>;

export interface VolumeInput {
  readonly desired: Project;
  readonly observed: ObservedProject;
  readonly policy: PlanPolicy;
  /** Services that this plan looks at. */
  readonly chosen: ReadonlySet<ServiceName>;
  /** Orphans that this plan removes. */
  readonly orphans: readonly ObservedContainer[];
  /** Container name by volume key: what an earlier attempt at this plan found out that it cannot remove. */
  readonly staying: ReadonlyMap<string, string>;
}

export function changedVolumes(input: VolumeInput): ChangedVolumes {
  const { desired, observed, policy } = input;
  const changed = new Map<string, ChangedVolume>();
  for (const [key, volume] of Object.entries(desired.volumes)) {
    const { name } = volume;
    const found = observed.volumes.find((one) => one.name === name);
    if (volume.external || found?.labels[LABEL.volume] === undefined) continue;
    if (found.labels[LABEL.project] !== desired.name) continue;
    const drift = volumeDefinitionDrift(found, volume);
    if (!drift) continue;
    const users = observed.containers.filter(({ mounts }) => mounts.some((mount) => mount.volume === name));
    const blocker = blockerOf(input, key, users, found.usedBy);
    const isAsked = policy.recreateVolumes && !policy.existingOnly;
    const fate = !isAsked ? 'kept' : blocker === undefined ? 'replaced' : { refusal: blocker };
    changed.set(key, { name, drift, users, fate });
  }
  return changed;
}

/** The first container that this plan cannot make let go of the volume, and why. */
function blockerOf(
  { chosen, orphans, staying }: VolumeInput,
  key: string,
  users: readonly ObservedContainer[],
  others: readonly string[],
): string | undefined {
  if (others[0] !== undefined) return `${others[0]}, which is not of this project, uses it: remove that one first`;
  const left = users.find(
    (user) =>
      !orphans.includes(user) &&
      (user.oneoff || (user.number === 0 && !user.hookContainer) || !chosen.has(user.service)),
  );
  if (left) return `${left.name}, which this run leaves alone, uses it: remove that one first`;
  const stays = staying.get(key);
  return stays === undefined ? undefined : `${stays} cannot be made anew`;
}

/** Engine names of the volumes that the plan replaces. */
export function replacedNames(volumes: ChangedVolumes): Set<string> {
  return new Set([...volumes.values()].flatMap(({ name, fate }) => (fate === 'replaced' ? [name] : [])));
}

/** What is done about a changed volume, and said of it. */
export function planChangedVolume(plan: PlanBuilder, key: string, { name, drift, users, fate }: ChangedVolume): void {
  const what = drift.map(renderDrift).join(', ');
  if (fate === 'kept') {
    const remedy = '--recreate-volumes replaces it, without its data';
    plan.notes.push(`volume ${name} changed (${what}): it holds data and is kept as it is (${remedy})`);
  } else if (fate === 'replaced') {
    const cause = { kind: 'drift', drift } as const;
    const gone = users.map((user) => leavingRef(user).key).flatMap((ref) => [`${ref}:remove`, `${ref}:await-gone`]);
    const removed = plan.add({ id: `volume/${key}:remove`, kind: 'remove-volume', cause, name }, { dependsOn: gone });
    plan.add({ id: `volume/${key}:create`, kind: 'create-volume', cause, volume: key }, { dependsOn: [removed] });
  } else {
    const message = `${name} changed (${what}) and cannot be replaced: ${fate.refusal}`;
    plan.problems.push({ subject: `volume ${key}`, message });
  }
}

/** Of the volumes that are to be replaced, one with a container that the plan does not remove after all. */
export function unremovable(
  volumes: ChangedVolumes,
  able: ReadonlyMap<ServiceName, ServiceDecision>,
  orphans: readonly ObservedContainer[],
): readonly [key: string, container: string] | undefined {
  const going = new Set([
    ...orphans.map(({ id }) => id),
    ...[...able.values()].flatMap(({ replicas, surplus }) =>
      [...replicas.flatMap(({ replica }) => replica.leaving), ...surplus].map(({ container }) => container.id),
    ),
  ]);
  for (const [key, { fate, users }] of volumes) {
    const stays = fate === 'replaced' ? users.find(({ id }) => !going.has(id)) : undefined;
    if (stays) return [key, stays.name];
  }
  return undefined;
}
