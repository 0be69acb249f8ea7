/**
 * Completed tree -> Project: typed services, networks, volumes, secrets and configs, profiles applied.
 *
 * Parts with faults are built as far as they can be read, so that the rest of them is checked too; a project is only
 * given out when there are none. Env files are not read here (env-files.ts).
 */

import { FILE_OBJECT, HOOK, NETWORK, SERVICE, VOLUME } from '../model/compose-shapes.ts';
import { compareText } from '../model/canonical-json.ts';
import type { Hook, HookPhase } from '../model/hook.ts';
import type { FileObject, Mapping, Network, Service, Volume } from '../model/project.ts';
import type { Shape } from '../model/shape.ts';
import { decode, dictionary, extensionsOf } from './decode.ts';
import type { Findings, Path, Place } from './diagnostic.ts';
import type { Environment } from './environment.ts';
import { readHookPolicy, readOnChange, readServicePolicy } from './extensions.ts';
import { entriesOf, get, type Entry, type MapNode, type Node } from './node.ts';

/** The typed parts of a project that services refer to. */
export interface Resources {
  readonly networks: Mapping<Network>;
  readonly volumes: Mapping<Volume>;
  readonly secrets: Mapping<FileObject>;
  readonly configs: Mapping<FileObject>;
  readonly models: ReadonlySet<string>;
}

/** The typed parts of a project, before checks that need more than one of them. */
export interface Parts extends Resources {
  readonly services: Mapping<Service>;
  /** Services that no active profile enables. */
  readonly disabled: Mapping<Service>;
}

/** Which services are wanted: those of active profiles, and those that are named. */
export interface Selection {
  readonly profiles: readonly string[];
  readonly services: readonly string[];
}

/** Reads the parts of a completed tree. */
export function buildParts(root: MapNode, selection: Selection, environment: Environment, findings: Findings): Parts {
  const services = selectByProfile(buildServices(root, findings), selection);
  return { ...services, ...buildResources(root, environment, findings) };
}

/** All services of a completed tree. */
export function buildServices(root: MapNode, findings: Findings): Mapping<Service> {
  return section(root, 'services', (entry, path) => buildService(entry, path, findings));
}

/** Everything but the services. */
export function buildResources(root: MapNode, environment: Environment, findings: Findings): Resources {
  const builder = new ResourceBuilder(environment, findings);
  return {
    networks: section(root, 'networks', (entry, path) => builder.network(entry, path)),
    volumes: section(root, 'volumes', (entry, path) => builder.volume(entry, path)),
    secrets: section(root, 'secrets', (entry, path) => builder.fileObject(entry, path)),
    configs: section(root, 'configs', (entry, path) => builder.fileObject(entry, path)),
    models: new Set(entriesOf(root, 'models').map((entry) => entry.key)),
  };
}

/** Tells the services that are wanted from the others. */
export function selectByProfile(
  all: Mapping<Service>,
  selection: Selection,
): { readonly services: Mapping<Service>; readonly disabled: Mapping<Service> } {
  const names = Object.keys(all);
  const profilesOf = (name: string): readonly string[] => all[name]?.profiles ?? [];
  const active = new Set(selection.profiles);
  for (const name of selection.services) {
    if (!hasProfile(profilesOf(name), active)) for (const profile of profilesOf(name)) active.add(profile);
  }
  const enabled = new Set(names.filter((name) => hasProfile(profilesOf(name), active)));
  return {
    services: pick(all, enabled),
    disabled: pick(
      all,
      names.filter((name) => !enabled.has(name)),
    ),
  };
}

/** Some entries of a mapping, by name. */
export function pick<T>(all: Mapping<T>, names: Iterable<string>): Mapping<T> {
  const picked: [string, T][] = [];
  for (const name of names) {
    const value = all[name];
    if (value !== undefined) picked.push([name, value]);
  }
  return dictionary(picked.toSorted((a, b) => compareText(a[0], b[0])));
}

/** Where something stands in the tree: the nearest place on the way to it that exists. */
export function placeOf(root: MapNode, path: Path): Place {
  let node: Node = root;
  let at: Place = root.at;
  for (const part of path) {
    if (node.kind === 'map' && typeof part === 'string') {
      const entry = node.entries.get(part);
      if (entry === undefined) break;
      at = entry.at;
      node = entry.value;
    } else if (node.kind === 'list' && typeof part === 'number') {
      const item: Node | undefined = node.items[part];
      if (item === undefined) break;
      at = item.at;
      node = item;
    } else break;
  }
  return at;
}

function section<T>(root: MapNode, name: string, build: (entry: Entry, path: Path) => T | undefined): Mapping<T> {
  const built: [string, T][] = [];
  for (const entry of entriesOf(root, name)) {
    const value = build(entry, [name, entry.key]);
    if (value !== undefined) built.push([entry.key, value]);
  }
  return dictionary(built.toSorted((a, b) => compareText(a[0], b[0])));
}

function hasProfile(own: readonly string[], active: ReadonlySet<string>): boolean {
  return own.length === 0 || active.has('*') || own.some((profile) => active.has(profile));
}

/** Makes the typed values; what a shape decodes to is taken for the type that was written beside it. */
class ResourceBuilder {
  readonly #environment: Environment;
  readonly #findings: Findings;

  constructor(environment: Environment, findings: Findings) {
    this.#environment = environment;
    this.#findings = findings;
  }

  network(entry: Entry, path: Path): Network | undefined {
    const decoded = decodeWithExtensions(entry.value, NETWORK, path, this.#findings);
    return decoded && ({ ipam: {}, ...decoded } as unknown as Network);
  }

  volume(entry: Entry, path: Path): Volume | undefined {
    return decodeWithExtensions(entry.value, VOLUME, path, this.#findings) as unknown as Volume | undefined;
  }

  fileObject(entry: Entry, path: Path): FileObject | undefined {
    const decoded = decodeWithExtensions(entry.value, FILE_OBJECT, path, this.#findings);
    if (decoded === undefined) return undefined;
    const object = decoded as unknown as Omit<FileObject, 'onChange'>;
    const value = object.environment === undefined ? object.content : this.#environment.take(object.environment);
    const onChange = readOnChange(entry.value, path, this.#findings);
    return { ...object, onChange, ...(value === undefined ? {} : { value }) };
  }
}

function buildService(entry: Entry, path: Path, findings: Findings): Service | undefined {
  const node = entry.value;
  const decoded = decodeWithExtensions(node, SERVICE, path, findings);
  if (decoded === undefined) return undefined;
  for (const phase of PHASES) {
    const hooks = buildHooks(get(node, phase), phase, path, findings);
    if (hooks.length > 0) decoded[phase] = hooks;
    else delete decoded[phase];
  }
  const service = {
    ...decoded,
    name: entry.key,
    command: decoded['command'] ?? null,
    entrypoint: decoded['entrypoint'] ?? null,
    policy: readServicePolicy(node, path, findings),
  };
  return completeService(service as unknown as Omit<Service, 'replicas'>);
}

function buildHooks(node: Node | undefined, phase: HookPhase, servicePath: Path, findings: Findings): Hook[] {
  if (node?.kind !== 'list') return [];
  return node.items.flatMap((item, index) => {
    const path = [...servicePath, phase, index];
    const decoded = record(decode(item, HOOK, path, findings));
    if (decoded === undefined) return [];
    const policy = readHookPolicy(item, phase, path, findings);
    return [{ ...decoded, command: decoded['command'] ?? null, policy } as unknown as Hook];
  });
}

function decodeWithExtensions(
  node: Node,
  shape: Shape,
  path: Path,
  findings: Findings,
): Record<string, unknown> | undefined {
  const decoded = record(decode(node, shape, path, findings));
  const extensions = extensionsOf(node);
  return decoded === undefined || extensions === undefined ? decoded : { ...decoded, extensions };
}

const PHASES = ['pre_start', 'post_start', 'pre_stop'] as const;

function completeService(service: Omit<Service, 'replicas'>): Service {
  const deploy = service.deploy === undefined ? undefined : withScale(service.deploy, service.scale);
  const completed = deploy === undefined ? service : { ...service, deploy };
  return { ...completed, replicas: service.scale ?? service.deploy?.replicas ?? 1 };
}

/** `scale` also counts where `deploy` is given without `replicas`. */
function withScale(deploy: NonNullable<Service['deploy']>, scale: number | undefined): NonNullable<Service['deploy']> {
  const complete = { ...deploy, resources: deploy.resources ?? {}, placement: deploy.placement ?? {} };
  return scale === undefined || deploy.replicas !== undefined ? complete : { ...complete, replicas: scale };
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
