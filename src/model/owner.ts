/**
 * Owner labels: names, write, read. The only place where a label key is spelled.
 *
 * Compose's own labels make a project one that both tools see; ours begin with `io.reeve.` and are outside the
 * config hash. The hooks a container was created with travel in one of ours (carried-hook.ts).
 */

import { carriedHooks, writeHooks } from './carried-hook.ts';
import { memberDigests } from './config-hash.ts';
import type { Project, Service, ServiceName } from './project.ts';

/** The Compose whose labels, names and hashes these are. */
export const COMPOSE_VERSION = '2.40.3';

export const LABEL = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneoff: 'com.docker.compose.oneoff',
  configHash: 'com.docker.compose.config-hash',
  dependsOn: 'com.docker.compose.depends_on',
  image: 'com.docker.compose.image',
  replace: 'com.docker.compose.replace',
  workingDir: 'com.docker.compose.project.working_dir',
  configFiles: 'com.docker.compose.project.config_files',
  environmentFile: 'com.docker.compose.project.environment_file',
  version: 'com.docker.compose.version',
  network: 'com.docker.compose.network',
  volume: 'com.docker.compose.volume',
  hooks: 'io.reeve.hooks',
  content: 'io.reeve.content',
  /** Digests of the service's members, so that a changed one can be named. */
  definition: 'io.reeve.definition',
  /** Compose's mark on a hook's own container (from Compose 5 on); its value is the phase. */
  hook: 'com.docker.compose.hook',
  /** Ours: `<phase>[<index>]`. */
  hookContainer: 'io.reeve.hook',
  /** Of a hook's own container: id of the service container that it prepares. */
  hookOf: 'io.reeve.hook.container',
  /** Of a hook's own container: digest of the hook's definition. */
  hookDigest: 'io.reeve.hook.digest',
} as const;

/** What the owner labels of one container are made from. */
export interface ContainerOwner {
  readonly project: Project;
  readonly service: Service;
  readonly number: number;
  readonly configHash: string;
  /** Id of the image when it is known. */
  readonly imageId: string | undefined;
  /** Set when the container takes the place of another one. */
  readonly replaces: boolean;
  /** Services that are enabled; a dependency on another one is not written. */
}

/** All labels of a container: the user's first, the owner's over them. */
export function containerLabels(owner: ContainerOwner): Record<string, string> {
  const { project, service, number } = owner;
  const hooks = carriedHooks(service, project.sensitiveValues);
  const dependsOn = Object.entries(service.depends_on ?? {})
    .filter(([name]) => Object.hasOwn(project.services, name))
    .map(([name, dependency]) => `${name}:${dependency.condition}:${dependency.restart ?? false}`);
  return {
    ...service.labels,
    [LABEL.project]: project.name,
    [LABEL.service]: service.name,
    [LABEL.version]: COMPOSE_VERSION,
    [LABEL.workingDir]: project.workingDir,
    [LABEL.configFiles]: project.configFiles.join(','),
    ...(project.environmentFiles.length > 0 ? { [LABEL.environmentFile]: project.environmentFiles.join(',') } : {}),
    [LABEL.oneoff]: 'False',
    [LABEL.configHash]: owner.configHash,
    [LABEL.number]: String(number),
    ...(owner.imageId ? { [LABEL.image]: owner.imageId } : {}),
    [LABEL.dependsOn]: dependsOn.join(','),
    ...(owner.replaces ? { [LABEL.replace]: service.container_name ?? joinedName(project, service.name, number) } : {}),
    [LABEL.hooks]: writeHooks(hooks),
    [LABEL.definition]: JSON.stringify(memberDigests(project, service)),
    ...(service.contents ? { [LABEL.content]: JSON.stringify(service.contents) } : {}),
  };
}

/** Which hook a hook's own container runs, and for which container. */
export interface HookOwner {
  readonly index: number;
  readonly containerId: string;
  readonly digest: string;
}

/**
 * All labels of a hook's own container. Without Compose's `oneoff` and `config-hash` no Compose takes it for a container
 * of the service: `docker compose ps` and `up` do not see it, also not with `--all`; `docker compose down` removes it from
 * Compose 5 on, which marks its own in the same way.
 */
export function hookContainerLabels(project: Project, service: ServiceName, owner: HookOwner): Record<string, string> {
  return {
    [LABEL.project]: project.name,
    [LABEL.service]: service,
    [LABEL.version]: COMPOSE_VERSION,
    [LABEL.hook]: 'pre_start',
    [LABEL.hookContainer]: `pre_start[${owner.index}]`,
    [LABEL.hookOf]: owner.containerId,
    [LABEL.hookDigest]: owner.digest,
  };
}

/** A hook container, by its labels: ours, or Compose's. */
export function isHookContainer(labels: Readonly<Record<string, string>>): boolean {
  return labels[LABEL.hookContainer] !== undefined || labels[LABEL.hook] !== undefined;
}

/** What our labels say of a hook's own container; undefined where it is not ours. */
export function readHookOwner(labels: Readonly<Record<string, string>>): HookOwner | undefined {
  const index = /^pre_start\[(\d+)\]$/.exec(labels[LABEL.hookContainer] ?? '')?.[1];
  const [containerId, digest] = [labels[LABEL.hookOf], labels[LABEL.hookDigest]];
  if (index === undefined || containerId === undefined || digest === undefined) return undefined;
  return { index: Number(index), containerId, digest };
}

/** Labels of an image that is built for a service, beside the user's. */
export function imageLabels(project: Project, service: Service): Record<string, string> {
  return {
    [LABEL.project]: project.name,
    [LABEL.service]: service.name,
    [LABEL.version]: COMPOSE_VERSION,
  };
}

/** Parses `io.reeve.content` and `io.reeve.definition`; undefined where it is absent or not a map of texts. */
export function readDigests(text: string | undefined): Readonly<Record<string, string>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text ?? 'null');
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const entries = Object.entries(parsed).flatMap(([object, digest]: [string, unknown]) =>
      typeof digest === 'string' ? [[object, digest] as const] : [],
    );
    return Object.fromEntries(entries);
  } catch {
    return undefined;
  }
}

/** Parses `com.docker.compose.depends_on`. */
export function readDependsOn(
  text: string | undefined,
): { service: ServiceName; condition: string; restart: boolean }[] {
  return (text ?? '')
    .split(',')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [service = '', condition = 'service_started', restart = 'false'] = entry.split(':');
      return { service, condition, restart: restart === 'true' };
    });
}

/** Name of a replica's container: `container_name`, or `project-service-number`. */
export function containerName(project: Project, service: Service, number: number): string {
  return service.container_name ?? joinedName(project, project.name, service.name, number);
}

/** The image a service's containers are made from: its own, or the name that its build gets. */
export function imageRef(project: Project, service: Service): string {
  return service.image ?? joinedName(project, project.name, service.name);
}

/** Parts of a name of the project's, joined as Compose joins them. */
export function joinedName({ nameSeparator }: Project, ...parts: readonly (string | number)[]): string {
  return parts.join(nameSeparator ?? '-');
}
