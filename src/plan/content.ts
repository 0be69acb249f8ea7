/**
 * Bytes of configs and secrets that are others than a container was last given, and what their `on_change` asks for.
 *
 * Nothing is known of a container that was never given any by reeve, and of an object that it was not given: that one
 * came with a changed definition, which is drift of its own.
 */

import type { ObservedContainer } from '../model/observed.ts';
import { NO_FILE, type FileObject, type Project, type Service } from '../model/project.ts';
import type { Drift } from './cause.ts';

type ContentDrift = Extract<Drift, { kind: 'content-changed' }>;

export interface ContentDrifts {
  readonly recreate: readonly ContentDrift[];
  readonly restart: readonly ContentDrift[];
  /** Of a container that runs; any other one reads the new bytes when it starts. */
  readonly signal: readonly ContentDrift[];
}

export function contentDrift(project: Project, service: Service, container: ObservedContainer): ContentDrifts {
  const drifts: Record<keyof ContentDrifts, ContentDrift[]> = { recreate: [], restart: [], signal: [] };
  for (const [object, digest] of Object.entries(service.contents ?? {})) {
    const given = container.contents?.[object];
    if (given === undefined || given === digest) continue;
    const { onChange } = objectOf(project, object) ?? { onChange: 'recreate' };
    if (onChange === 'ignore') continue;
    if (onChange === 'recreate' || onChange === 'restart') drifts[onChange].push({ kind: 'content-changed', object });
    else if (container.state.status === 'running' && digest !== NO_FILE) {
      drifts.signal.push({ kind: 'content-changed', object, signal: onChange.slice('signal:'.length) });
    }
  }
  return drifts;
}

/**
 * Why a service could not be given its configs and secrets when it starts; undefined when it can. Bytes that are no file
 * on the host are written into the container before each start, which takes a file system that can be written to.
 */
export function undeliverable(project: Project, service: Service): string | undefined {
  for (const [kind, references, objects] of [
    ['secret', service.secrets ?? [], project.secrets],
    ['config', service.configs ?? [], project.configs],
  ] as const) {
    for (const { source } of references) {
      const object = objects[source];
      if (object === undefined || object.external === true || object.file !== undefined) continue;
      if (object.value === undefined) {
        return `${kind} ${source}: the variable ${object.environment ?? ''} is not set: set it, or give a file`;
      }
      if (service.read_only === true && object.value !== '') {
        const means = object.environment === undefined ? 'content' : 'environment';
        return `${kind} ${source}: its ${means} cannot be written into a container that is read_only: give a file`;
      }
    }
  }
  return undefined;
}

/**
 * Why a service that has containers could not start again: a file that they were given is not there any more. Of an
 * engine on another machine reeve never saw the file, and the engine itself will tell.
 */
export function vanished(
  project: Project,
  service: Service,
  containers: readonly ObservedContainer[],
): string | undefined {
  const [object] = Object.entries(service.contents ?? {})
    .filter(([name, digest]) => digest === NO_FILE && containers.some(({ contents }) => wasGiven(contents?.[name])))
    .map(([name]) => name);
  if (object === undefined) return undefined;
  return `${object}: ${objectOf(project, object)?.file ?? 'its file'} is not there any more: put it back`;
}

function wasGiven(digest: string | undefined): boolean {
  return digest !== undefined && digest !== NO_FILE;
}

/** `config motd` -> the top-level entry. */
function objectOf({ configs, secrets }: Project, object: string): FileObject | undefined {
  const [kind = '', name = ''] = object.split(' ', 2);
  return (kind === 'secret' ? secrets : configs)[name];
}
