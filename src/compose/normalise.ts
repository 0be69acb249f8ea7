/**
 * What a model means without saying it: names, the default network, dependencies that follow from other attributes,
 * values that come from the environment.
 *
 * It runs once, on the whole project, on all of its services: profiles are looked at later.
 */

import { ensureMap, items } from './defaults.ts';
import type { Environment } from './environment.ts';
import {
  boolNode,
  entriesOf,
  get,
  getText,
  listNode,
  mapNode,
  nullNode,
  set,
  textNode,
  type Entry,
  type MapNode,
  type Node,
} from './node.ts';
import { cleanTarget } from './volumes.ts';

/** Completes a project's model, in place. */
export function normalise(root: MapNode, projectName: string, environment: Environment): void {
  addDefaultNetwork(root);
  for (const { value: service } of entriesOf(root, 'services')) {
    if (service.kind === 'map') normaliseService(service, environment);
  }
  for (const section of ['networks', 'volumes', 'configs', 'secrets']) {
    for (const entry of entriesOf(root, section)) setName(entry, projectName);
  }
}

/** Value-less items of a service's `environment` list take the value of the model they stand in. */
export function resolveListedEnvironment(root: MapNode, environment: Environment): void {
  for (const { value: service } of entriesOf(root, 'services')) {
    const list = get(service, 'environment');
    if (list?.kind !== 'list') continue;
    list.items = list.items.map((item) => {
      const value = item.kind === 'string' ? environment.take(item.value) : undefined;
      return item.kind === 'string' && value !== undefined ? textNode(item.at, `${item.value}=${value}`) : item;
    });
  }
}

function addDefaultNetwork(root: MapNode): void {
  let isUsed = false;
  for (const { value: service } of entriesOf(root, 'services')) {
    if (service.kind !== 'map' || service.entries.has('provider') || service.entries.has('network_mode')) continue;
    const networks = get(service, 'networks');
    if (networks?.kind === 'map' && networks.entries.size > 0) {
      isUsed ||= networks.entries.has('default');
      continue;
    }
    const at = networks?.at ?? service.at;
    set(service, 'networks', mapNode(at, [{ key: 'default', at, value: nullNode(at) }]));
    isUsed = true;
  }
  if (!isUsed) return;
  const networks = ensureMap(root, 'networks');
  if (!networks.entries.has('default')) set(networks, 'default', nullNode(root.at));
}

function normaliseService(service: MapNode, environment: Environment): void {
  if (getText(service, 'pull_policy') === 'if_not_present')
    set(service, 'pull_policy', textNode(service.at, 'missing'));
  const build = get(service, 'build');
  if (build?.kind === 'map') {
    if (!build.entries.has('context')) set(build, 'context', textNode(build.at, '.'));
    if (!build.entries.has('dockerfile') && !build.entries.has('dockerfile_inline')) {
      set(build, 'dockerfile', textNode(build.at, 'Dockerfile'));
    }
    resolveValues(build, 'args', environment, false);
  }
  resolveValues(service, 'environment', environment, true);
  for (const mount of items(service, 'volumes')) {
    const target = get(mount, 'target');
    if (target?.kind === 'string') set(mount, 'target', textNode(target.at, cleanTarget(target.value) || '.'));
  }
  addImpliedDependencies(service);
}

/** Names without a value take it from the environment; without `keep`, those that it lacks are dropped. */
function resolveValues(parent: MapNode, key: string, environment: Environment, keep: boolean): void {
  const node = get(parent, key);
  if (node?.kind === 'map') {
    for (const entry of node.entries.values()) {
      if (entry.value.kind !== 'null') continue;
      const value = environment.take(entry.key);
      if (value !== undefined) entry.value = textNode(entry.value.at, value);
      else if (!keep) node.entries.delete(entry.key);
    }
  } else if (node?.kind === 'list') {
    const resolved = node.items.flatMap((item): Node[] => {
      if (item.kind !== 'string' || item.value.includes('=')) return [item];
      const value = environment.take(item.value);
      if (value !== undefined) return [textNode(item.at, `${item.value}=${value}`)];
      return keep ? [item] : [];
    });
    set(parent, key, listNode(node.at, resolved));
  }
}

const SHARING_MODES = ['network_mode', 'ipc', 'pid', 'uts', 'cgroup'] as const;

function addImpliedDependencies(service: MapNode): void {
  const implied: { name: string; restart: boolean; at: Node }[] = [];
  for (const link of listItems(service, 'links')) {
    const parts = link.value.split(':');
    implied.push({ name: parts.length === 2 ? (parts[0] ?? '') : link.value, restart: true, at: link });
  }
  for (const mode of SHARING_MODES) {
    const node = get(service, mode);
    if (node?.kind !== 'string' || !node.value.startsWith('service:')) continue;
    implied.push({ name: node.value.slice('service:'.length), restart: true, at: node });
  }
  for (const from of listItems(service, 'volumes_from')) {
    if (from.value.startsWith('container:')) continue;
    implied.push({ name: from.value.split(':')[0] ?? '', restart: false, at: from });
  }
  if (implied.length === 0) return;
  const dependencies = ensureMap(service, 'depends_on');
  for (const { name, restart, at } of implied) {
    if (dependencies.entries.has(name)) continue;
    const value = mapNode(at.at, [
      { key: 'condition', at: at.at, value: textNode(at.at, 'service_started') },
      { key: 'restart', at: at.at, value: boolNode(at.at, restart) },
      { key: 'required', at: at.at, value: boolNode(at.at, true) },
    ]);
    dependencies.entries.set(name, { key: name, at: at.at, value });
  }
}

function listItems(
  service: MapNode,
  key: string,
): { readonly value: string; readonly at: Node['at']; readonly kind: 'string' }[] {
  const list = get(service, key);
  return list?.kind === 'list' ? list.items.filter((item) => item.kind === 'string') : [];
}

/** A network, volume, config or secret without a name is called after its key. */
function setName(entry: Entry, projectName: string): void {
  if (entry.value.kind === 'null') entry.value = mapNode(entry.value.at);
  const resource = entry.value;
  if (resource.kind !== 'map') return;
  const name = get(resource, 'name');
  if (name !== undefined && name.kind !== 'null') return;
  const external = get(resource, 'external');
  const isExternal = external?.kind === 'bool' && external.value;
  set(resource, 'name', textNode(entry.at, isExternal ? entry.key : `${projectName}_${entry.key}`));
}
