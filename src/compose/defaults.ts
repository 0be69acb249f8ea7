/**
 * Defaults that every project gets, and the checks of single values that Compose makes with them.
 *
 * It runs on one model (a project's, or an included one) once all of its files are merged.
 */

import { formatPath, type Findings, type Path } from './diagnostic.ts';
import { entriesOf, get, getText, mapNode, set, textNode, type ListNode, type MapNode, type Node } from './node.ts';
import { isIpAddress } from './ports.ts';

/** Sets what is left out, in place. */
export function setDefaults(root: MapNode): void {
  for (const { value: service } of entriesOf(root, 'services')) {
    const build = get(service, 'build');
    if (build?.kind === 'map') setMissing(build, 'context', '.');
    for (const port of items(service, 'ports')) {
      setMissing(port, 'protocol', 'tcp');
      setMissing(port, 'mode', 'ingress');
    }
    for (const secret of items(service, 'secrets')) {
      setMissing(secret, 'target', `/run/secrets/${getText(secret, 'source') ?? ''}`);
    }
    for (const device of deviceRequests(service)) {
      if (!device.entries.has('count') && !device.entries.has('device_ids')) setMissing(device, 'count', 'all');
    }
  }
}

/** Reports values that the schema lets pass and Compose refuses. */
export function checkValues(root: MapNode, findings: Findings): void {
  for (const entry of entriesOf(root, 'volumes')) checkExternal(entry.value, ['volumes', entry.key], findings);
  for (const entry of entriesOf(root, 'configs')) {
    checkFileObject(entry.value, ['file', 'environment', 'content'], ['configs', entry.key], findings);
  }
  for (const entry of entriesOf(root, 'secrets')) {
    checkFileObject(entry.value, ['file', 'environment'], ['secrets', entry.key], findings);
  }
  for (const { key, value } of entriesOf(root, 'services')) checkService(value, ['services', key], findings);
}

function checkService(service: Node, path: Path, findings: Findings): void {
  for (const port of items(service, 'ports')) {
    const ip = get(port, 'host_ip');
    if (ip?.kind !== 'string' || isIpAddress(ip.value)) continue;
    const message = `${formatPath(path)}.ports: invalid ip address: ${ip.value}`;
    findings.error({ code: 'invalid-value', message, at: ip.at, path: [...path, 'ports'], expected: 'an IP address' });
  }
  for (const trigger of items(get(service, 'develop'), 'watch')) {
    const watched = get(trigger, 'path');
    if (watched?.kind !== 'string' || watched.value !== '') continue;
    const message = `${formatPath(path)}.develop.watch.path: value can't be blank`;
    findings.error({ code: 'invalid-value', message, at: watched.at, path: [...path, 'develop', 'watch'] });
  }
  for (const device of deviceRequests(service)) {
    if (!device.entries.has('count') || !device.entries.has('device_ids')) continue;
    const message = `${formatPath(path)}: "count" and "device_ids" attributes are exclusive`;
    findings.error({ code: 'conflict', message, at: device.at, path });
  }
}

function checkExternal(volume: Node, path: Path, findings: Findings): void {
  const external = get(volume, 'external');
  if (volume.kind !== 'map' || external?.kind !== 'bool' || !external.value) return;
  for (const { key, at } of volume.entries.values()) {
    if (key === 'name' || key === 'external' || key.startsWith('x-')) continue;
    const message = `${formatPath(path)}: conflicting parameters "external" and "${key}" specified`;
    findings.error({ code: 'conflict', message, at, path: [...path, key], remedy: `remove ${key}` });
  }
}

function checkFileObject(node: Node, sources: readonly string[], path: Path, findings: Findings): void {
  if (node.kind !== 'map') return;
  const given = sources.filter((source) => node.entries.has(source));
  const options = sources.join('|');
  if (given.length > 1) {
    const message = `${formatPath(path)}: ${options} attributes are mutually exclusive`;
    findings.error({ code: 'conflict', message, at: node.entries.get(given[1] ?? '')?.at ?? node.at, path });
  } else if (given.length === 0 && !node.entries.has('driver') && !node.entries.has('external')) {
    const message = `${formatPath(path)}: one of ${options} must be set`;
    findings.error({ code: 'missing-key', message, at: node.at, path, expected: sources.join(', ') });
  }
}

function deviceRequests(service: Node): MapNode[] {
  const reservations = get(get(get(service, 'deploy'), 'resources'), 'reservations');
  return [...items(reservations, 'devices'), ...items(service, 'gpus')];
}

/** The mappings in a list under a key. */
export function items(node: Node | undefined, key: string): MapNode[] {
  const list: ListNode | Node | undefined = get(node, key);
  return list?.kind === 'list' ? list.items.filter((item) => item.kind === 'map') : [];
}

function setMissing(map: MapNode, key: string, value: string): void {
  if (!map.entries.has(key)) set(map, key, textNode(map.at, value));
}

/** The mapping under a key, made when it is not there. */
export function ensureMap(map: MapNode, key: string): MapNode {
  const known = get(map, key);
  if (known?.kind === 'map') return known;
  const created = mapNode(map.at);
  set(map, key, created);
  return created;
}
