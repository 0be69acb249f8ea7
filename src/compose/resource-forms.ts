/**
 * Short forms with a syntax of their own: ports, volumes, devices; and the old form of `external`.
 */

import { formatPath } from './diagnostic.ts';
import { record, refuse, type Form, type Pair } from './form.ts';
import { boolNode, get, intNode, listNode, set, textNode, type MapNode, type Node, type TextNode } from './node.ts';
import { parsePorts } from './ports.ts';
import { cleanTarget, parseVolume, type ParsedMount } from './volumes.ts';

/** `SOURCE[:TARGET[:PERMISSIONS]]` is a mapping. */
export const device: Form = (node, path, findings) => {
  if (node.kind !== 'string') return node;
  const parts = node.value.split(':');
  if (parts.length > 3)
    return refuse(node, `confusing device mapping, please use long syntax: ${node.value}`, path, findings);
  const [source = '', target = '', permissions = 'rwm'] = parts;
  return record(node, [
    ['source', textNode(node.at, source)],
    ['target', textNode(node.at, target || source)],
    ['permissions', textNode(node.at, permissions)],
  ]);
};

/** More ports than this for one service are a mistake or an attack. */
const MAX_PORTS = 65_536;
const TOO_MANY = { ok: false, problem: 'too many ports' } as const;

/** Each item of the short syntax is one mapping or several. */
export const ports: Form = (node, path, findings) => {
  if (node.kind !== 'list') return node;
  const items: Node[] = [];
  for (const [index, item] of node.items.entries()) {
    if (item.kind !== 'string' && item.kind !== 'int') {
      const wrong = item.kind === 'float' ? refuse(item, 'a port is a whole number', [...path, index], findings) : item;
      items.push(wrong);
      continue;
    }
    const result = items.length > MAX_PORTS ? TOO_MANY : parsePorts(String(item.value));
    if (!result.ok) items.push(refuse(item, result.problem, [...path, index], findings));
    else {
      for (const port of result.ports) {
        items.push(
          record(item, [
            ['mode', textNode(item.at, 'ingress')],
            ...(port.hostIp === '' ? [] : [['host_ip', textNode(item.at, port.hostIp)] as const]),
            ['target', intNode(item.at, port.target)],
            ...(port.published === '' ? [] : [['published', textNode(item.at, port.published)] as const]),
            ['protocol', textNode(item.at, port.protocol)],
          ]),
        );
      }
    }
  }
  return listNode(node.at, items);
};

/** `[SOURCE:]TARGET[:OPTIONS]` is a mapping. */
export const mount: Form = (node, path, findings) => {
  if (node.kind !== 'string') return node;
  const result = parseVolume(node.value);
  return result.ok ? mountNode(node, result.mount) : refuse(node, result.problem, path, findings);
};

function mountNode(at: TextNode, parsed: ParsedMount): MapNode {
  const text = (value: string): Node => textNode(at.at, value);
  const flag = boolNode(at.at, true);
  const bind: Pair[] = [
    ...(parsed.selinux === undefined ? [] : [['selinux', text(parsed.selinux)] as const]),
    ...(parsed.propagation === undefined ? [] : [['propagation', text(parsed.propagation)] as const]),
    ...(parsed.type === 'bind' ? [['create_host_path', flag] as const] : []),
  ];
  const hasVolume = parsed.nocopy || (parsed.type === 'volume' && !parsed.bare);
  return record(at, [
    ['type', text(parsed.type)],
    ...(parsed.source === undefined ? [] : [['source', text(parsed.source)] as const]),
    ['target', text(cleanTarget(parsed.target))],
    ...(parsed.readOnly ? [['read_only', flag] as const] : []),
    ...(bind.length > 0 ? [['bind', record(at, bind)] as const] : []),
    ...(hasVolume ? [['volume', record(at, parsed.nocopy ? [['nocopy', flag]] : [])] as const] : []),
  ]);
}

/** `external: {name: n}` of old becomes `external: true` and a name. */
export const external: Form = (node, path, findings) => {
  const old = get(node, 'external');
  if (node.kind !== 'map' || old?.kind !== 'map') return node;
  set(node, 'external', boolNode(old.at, true));
  const oldName = old.entries.get('name')?.value;
  if (oldName === undefined) return node;
  const message = `${formatPath(path)}: external.name is deprecated. Please set name and external: true`;
  findings.warn({ code: 'obsolete', message, at: old.at, path });
  const name = get(node, 'name');
  if (name === undefined) set(node, 'name', oldName);
  else if (name.kind === 'string' && oldName.kind === 'string' && name.value !== oldName.value) {
    const conflict = `${formatPath(path)}: name and external.name conflict; only use name`;
    findings.error({ code: 'conflict', message: conflict, at: oldName.at, path });
  }
  return node;
};
