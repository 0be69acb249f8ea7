/**
 * Owner labels: names, write, read. The only place where a label key is spelled.
 *
 * Compose's own labels make a project one that both tools see; ours begin with `io.reeve.` and are outside the
 * config hash. The hooks a container was created with travel in `io.reeve.hooks`, so that an edited file, a removed
 * service or a deleted project still runs them. A value in a hook's environment that came from outside the files
 * (Project.sensitiveValues) is withheld from the label: its name stays, its value goes to the state database,
 * and after a loss of that to today's file.
 */

import { createHash } from 'node:crypto';
import type { Hook, HookPolicy } from './hook.ts';
import { DEFAULT_HOOK_POLICY } from './hook.ts';
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
  contentHash: 'io.reeve.content-hash',
  /** Marks a hook's own container (pre_start); its value is `<phase>[<index>]`. */
  hookContainer: 'io.reeve.hook',
} as const;

/** A hook as it travels with its container. */
export interface CarriedHook extends Hook {
  /** Of the definition, values included, `policy` left out: a changed policy is not another hook. */
  readonly digest: string;
  /** Names of environment variables whose values are not in the label. */
  readonly withheld: readonly string[];
}

export interface HookSet {
  readonly post_start: readonly CarriedHook[];
  readonly pre_stop: readonly CarriedHook[];
}

/** SHA-256 (hex) of a hook's definition, without its `x-reeve`. */
export function hookDigest(hook: Hook): string {
  const environment = Object.entries(hook.environment ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const definition = [
    hook.command,
    hook.user ?? '',
    hook.privileged ?? false,
    hook.working_dir ?? '',
    environment,
    hook.image ?? '',
    hook.per_replica ?? false,
  ];
  return createHash('sha256').update(JSON.stringify(definition)).digest('hex');
}

/** The hooks of a service as they travel; `sensitive` values are withheld, names kept. */
export function carriedHooks(service: Service, sensitive: ReadonlySet<string>): HookSet {
  const carry = (hook: Hook): CarriedHook => ({
    ...hook,
    digest: hookDigest(hook),
    withheld: Object.entries(hook.environment ?? {})
      .filter(([, value]) => value !== null && containsAny(value, sensitive))
      .map(([name]) => name)
      .toSorted(),
  });
  return { post_start: (service.post_start ?? []).map(carry), pre_stop: (service.pre_stop ?? []).map(carry) };
}

/** Label text of a hook set: withheld values left out, default policy members left out. */
export function writeHooks(hooks: HookSet): string {
  const write = (hook: CarriedHook) => ({
    ...hook,
    environment:
      hook.environment &&
      Object.fromEntries(
        Object.entries(hook.environment).map(([name, value]) => [name, hook.withheld.includes(name) ? null : value]),
      ),
    withheld: hook.withheld.length > 0 ? hook.withheld : undefined,
    policy: nonDefaultPolicy(hook.policy),
  });
  return JSON.stringify({ post_start: hooks.post_start.map(write), pre_stop: hooks.pre_stop.map(write) });
}

function nonDefaultPolicy(policy: HookPolicy): Partial<HookPolicy> | undefined {
  const entries = Object.entries(policy).filter(
    ([name, value]) => value !== undefined && value !== Reflect.get(DEFAULT_HOOK_POLICY, name),
  );
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Reads `io.reeve.hooks`; undefined where the text is not a hook set (then the file's hooks stand in). */
export function readHooks(text: string | undefined): HookSet | undefined {
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(parsed)) return undefined;
  const post_start = readHookList(parsed['post_start']);
  const pre_stop = readHookList(parsed['pre_stop']);
  return post_start && pre_stop ? { post_start, pre_stop } : undefined;
}

function readHookList(list: unknown): CarriedHook[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const hooks: CarriedHook[] = [];
  for (const item of list) {
    if (!isRecord(item) || typeof item['digest'] !== 'string') return undefined;
    const command = item['command'];
    if (command !== null && !isStrings(command)) return undefined;
    const environment = item['environment'];
    hooks.push({
      command,
      digest: item['digest'],
      withheld: isStrings(item['withheld']) ? item['withheld'] : [],
      policy: { ...DEFAULT_HOOK_POLICY, ...(isRecord(item['policy']) ? item['policy'] : {}) },
      ...(typeof item['user'] === 'string' ? { user: item['user'] } : {}),
      ...(typeof item['privileged'] === 'boolean' ? { privileged: item['privileged'] } : {}),
      ...(typeof item['working_dir'] === 'string' ? { working_dir: item['working_dir'] } : {}),
      ...(isEnvironment(environment) ? { environment } : {}),
    });
  }
  return hooks;
}

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
    ...(owner.replaces ? { [LABEL.replace]: service.container_name ?? `${service.name}-${number}` } : {}),
    [LABEL.hooks]: writeHooks(hooks),
    ...(service.contentHash ? { [LABEL.contentHash]: service.contentHash } : {}),
  };
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
  return service.container_name ?? `${project.name}-${service.name}-${number}`;
}

function containsAny(text: string, values: ReadonlySet<string>): boolean {
  for (const value of values) if (value !== '' && text.includes(value)) return true;
  return false;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isEnvironment(value: unknown): value is Record<string, string | null> {
  return isRecord(value) && Object.values(value).every((item) => item === null || typeof item === 'string');
}
