/**
 * Bytes of configs and secrets that are others than a container was last given, and what their `on_change` asks for.
 *
 * Nothing is known of a container that was never given any by reeve, and of an object that it was not given: that one
 * came with a changed definition, which is drift of its own.
 */

import type { ObservedContainer } from '../model/observed.ts';
import type { FileObject, Project, Service } from '../model/project.ts';
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
    else if (container.state.status === 'running') {
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

/** `config motd` -> the top-level entry. */
function objectOf({ configs, secrets }: Project, object: string): FileObject | undefined {
  const [kind = '', name = ''] = object.split(' ', 2);
  return (kind === 'secret' ? secrets : configs)[name];
}
