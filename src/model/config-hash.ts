/**
 * The hashes by which Docker Compose knows whether a container, network or volume is what its file says.
 *
 * `serviceHash` is the line of `config --hash`; `containerHash` is the label of a container, which covers a slightly
 * different text. Both must equal Compose's to the last digit: this is what lets the two take turns on one project.
 */

import { createHash } from 'node:crypto';

import { JsonObject, toJson, writeJson, type Json } from './canonical-json.ts';
import { hooksWithImages } from './carried-hook.ts';
import { NETWORK, SERVICE, VOLUME } from './compose-shapes.ts';
import type { Network, Project, Service, Volume } from './project.ts';

/** What the hash of a container covers beyond its service. */
export interface ContainerHashOptions {
  /** Full id of the first container (lowest name) of another service of the project. */
  readonly containerIdOf: (service: string) => string;
}

/** Members that a hash never covers: they change nothing in a container. */
const UNCOVERED = new Set(['build', 'pull_policy', 'scale', 'depends_on', 'profiles']);

/** `config --hash` of a service: env files as a list, label files folded into the labels. */
export function serviceHash(project: Project, service: Service): string {
  const environment = service.ownEnvironment ?? service.environment;
  return hashService(project, service, { environment, label_file: undefined });
}

/** The label `com.docker.compose.config-hash` of a container: env files folded in, label files as a list. */
export function containerHash(project: Project, service: Service, options: ContainerHashOptions): string {
  const shared = (mode: string | undefined): string | undefined => {
    const name = sharedService(mode);
    return name === undefined ? mode : `container:${options.containerIdOf(name)}`;
  };
  return hashService(project, service, {
    env_file: undefined,
    network_mode: shared(service.network_mode),
    ipc: shared(service.ipc),
    pid: shared(service.pid),
    volumes_from: service.volumes_from?.map((from) => volumesFromId(from, options)),
    ...(service.use_api_socket === true ? withApiSocket(service) : {}),
  });
}

/** Services whose network, ipc or pid namespace it shares: they have to run when it starts, whatever `depends_on` says. */
export function sharedNamespaces(service: Service): readonly string[] {
  return [...new Set([service.network_mode, service.ipc, service.pid].flatMap((mode) => sharedService(mode) ?? []))];
}

/** Services whose container ids `containerHash` asks for: `network_mode`, `ipc`, `pid` and `volumes_from`. */
export function borrowedServices(service: Service): readonly string[] {
  const modes = sharedNamespaces(service);
  const volumes = (service.volumes_from ?? []).filter((from) => !from.startsWith('container:'));
  return [...new Set([...modes, ...volumes.map((from) => from.split(':')[0] ?? from)])];
}

/** The label `com.docker.compose.config-hash` of a network. */
export function networkHash(network: Network): string {
  return digest(toJson(network, NETWORK));
}

/** The label `com.docker.compose.config-hash` of a volume; an unset driver counts as `local`. */
export function volumeHash(volume: Volume): string {
  return digest(toJson({ ...volume, driver: volume.driver ?? 'local' }, VOLUME));
}

/** SHA-256 (hex) of the canonical text of a JSON value. */
export function digest(json: Json): string {
  return createHash('sha256').update(writeJson(json)).digest('hex');
}

/**
 * A short digest of each member that the hash of a container covers: what tells later which of them changed. Of a whole
 * member each, so that no value can be guessed from it.
 */
export function memberDigests(project: Project, service: Service): Readonly<Record<string, string>> {
  const { members } = coveredService(project, service, { env_file: undefined });
  return Object.fromEntries(
    members.flatMap(([name, json]) => (json === null ? [] : [[name, digest(json).slice(0, 8)] as const])),
  );
}

function hashService(project: Project, service: Service, changes: Readonly<Record<string, unknown>>): string {
  return digest(coveredService(project, service, changes));
}

function coveredService(project: Project, service: Service, changes: Readonly<Record<string, unknown>>): JsonObject {
  // Odd, but the default counts only for services that are built.
  const platform = service.platform ?? (service.build === undefined ? undefined : project.defaultPlatform);
  const pre_start = hooksWithImages(service);
  const covered: Record<string, unknown> = { ...service, platform, ...(pre_start ? { pre_start } : {}), ...changes };
  for (const name of UNCOVERED) delete covered[name];
  if (service.deploy !== undefined) {
    const { replicas: _replicas, ...deploy } = service.deploy;
    covered['deploy'] = deploy;
  }
  const json = toJson(covered, SERVICE);
  return json instanceof JsonObject ? json : new JsonObject([]);
}

function sharedService(mode: string | undefined): string | undefined {
  return mode?.startsWith('service:') === true ? mode.slice('service:'.length) : undefined;
}

function volumesFromId(from: string, options: ContainerHashOptions): string {
  const [first = from, second] = from.split(':');
  return first === 'container' && second !== undefined ? second : options.containerIdOf(first);
}

/** What `use_api_socket` stands for: the socket, and a config that holds the client's credentials. */
function withApiSocket(service: Service): Readonly<Record<string, unknown>> {
  const environment = service.environment ?? {};
  const socket = { type: 'bind', source: '/var/run/docker.sock', target: '/var/run/docker.sock' };
  return {
    volumes: [...(service.volumes ?? []), socket],
    environment: Object.hasOwn(environment, 'DOCKER_CONFIG')
      ? environment
      : { ...environment, DOCKER_CONFIG: '/run/secrets/docker' },
    configs: [...(service.configs ?? []), { source: '#apisocket', target: '/run/secrets/docker/config.json' }],
  };
}
