/**
 * What of a service's definition a container was not made with, member by member. That there is something is told by the
 * config hash, as in Docker Compose; here is only what a person is told of it.
 *
 * A container of reeve carries a digest of each member, which names what changed, was added and was removed. Of one that
 * another tool made only that is known which inspect shows. Values of variables, labels and commands may be secret.
 */

import { memberDigests } from '../model/config-hash.ts';
import type { ObservedContainer } from '../model/observed.ts';
import type { Project, Service } from '../model/project.ts';
import type { Drift } from './cause.ts';

export interface ServiceDriftInput {
  readonly project: Project;
  readonly service: Service;
  readonly container: ObservedContainer;
  /** The reference that it is to be made from. */
  readonly imageRef: string;
  /** Limits and restart policy that differ as well: they say what they were and are. */
  readonly update: readonly Drift[];
}

/** At least one difference, of a container whose config hash is another one. */
export function serviceDrift({ project, service, container, imageRef, update }: ServiceDriftInput): Drift[] {
  const shown = [
    ...(container.imageRef !== '' && familiar(container.imageRef) !== familiar(imageRef)
      ? [{ kind: 'attribute', attribute: 'image', from: container.imageRef, to: imageRef } as const]
      : []),
    ...entries('variable', container.environment, service.environment ?? {}),
    ...entries('label', container.labels, service.labels ?? {}),
    ...update,
  ];
  const explained = new Set(shown.flatMap(membersOf));
  const members = changedMembers(memberDigests(project, service), container.definition).filter(
    (member) => !explained.has(member),
  );
  const all = [...shown, ...members.map((member): Drift => ({ kind: 'member', member }))];
  return all.length > 0 ? all : [{ kind: 'config-changed' }];
}

/** Docker shows the name that was asked for, Podman the whole of it: registry, `library` and tag. */
function familiar(imageRef: string): string {
  return imageRef
    .replace(/^docker\.io\//, '')
    .replace(/^library\//, '')
    .replace(/:latest$/, '');
}

/** None where the digests are not known. */
function changedMembers(
  today: Readonly<Record<string, string>>,
  then: Readonly<Record<string, string>> | undefined,
): string[] {
  if (then === undefined) return [];
  return [...new Set([...Object.keys(then), ...Object.keys(today)])].filter((name) => then[name] !== today[name]);
}

/** Added and changed ones: what is there beyond them may come from the image. */
function entries(
  attribute: string,
  seen: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string | null>>,
): Drift[] {
  return Object.entries(wanted)
    .filter(([name, value]) => value !== null && seen[name] !== value)
    .map(([name]) => ({ kind: 'entry', attribute, name, change: seen[name] === undefined ? 'added' : 'changed' }));
}

/** Members of the file whose change a difference tells of already. */
function membersOf(drift: Drift): string[] {
  switch (drift.kind) {
    case 'attribute':
      return drift.attribute === 'restart policy' ? ['restart'] : [drift.attribute];
    case 'entry':
      return drift.attribute === 'variable' ? ['environment', 'env_file'] : ['labels', 'label_file'];
    case 'resource':
      return RESOURCE_MEMBERS;
    default:
      return [];
  }
}

const RESOURCE_MEMBERS = [
  'cpu_period',
  'cpu_quota',
  'cpu_rt_period',
  'cpu_rt_runtime',
  'cpu_shares',
  'cpus',
  'cpuset',
  'mem_limit',
  'mem_reservation',
  'memswap_limit',
  'pids_limit',
];
