/**
 * Short forms become long ones, so that every later stage meets one form only.
 *
 * Which attribute has which short form is a table; a form that cannot be read is reported and left as a `bad` node.
 * It adds no defaults but those that belong to a short form.
 */

import { formatPath, type Findings, type Path } from './diagnostic.ts';
import {
  badNode,
  boolNode,
  get,
  intNode,
  listNode,
  mapNode,
  nullNode,
  scalarText,
  set,
  textNode,
  type MapNode,
  type Node,
  type TextNode,
} from './node.ts';
import { parsePorts } from './ports.ts';
import { below, compileRules, type RuleTree } from './rule-tree.ts';
import { cleanTarget, parseVolume, type ParsedMount } from './volumes.ts';

type Form = (node: Node, path: Path, findings: Findings) => Node;

const stringToList: Form = (node) => (node.kind === 'string' ? listNode(node.at, [node]) : node);

/** A text becomes a mapping with the text under one key. */
function textUnder(key: string): Form {
  return (node) => (node.kind === 'string' ? record(node, [[key, node]]) : node);
}

const listToNulls: Form = (node) => {
  if (node.kind !== 'list') return node;
  return mapNode(
    node.at,
    node.items.flatMap((item) =>
      item.kind === 'string' ? [{ key: item.value, at: item.at, value: nullNode(item.at) }] : [],
    ),
  );
};

const dependsOn: Form = (node) => {
  if (node.kind === 'map') {
    for (const { value } of node.entries.values())
      if (value.kind === 'map') addMissing(value, dependencyDefaults(value));
    return node;
  }
  if (node.kind !== 'list') return node;
  const map = mapNode(node.at);
  for (const item of node.items)
    if (item.kind === 'string') set(map, item.value, record(item, dependencyDefaults(item)));
  return map;
};

const envFile: Form = (node) => {
  const items = node.kind === 'list' ? node.items : [node];
  for (const [index, item] of items.entries()) {
    const required = boolNode(item.at, true);
    if (item.kind === 'string')
      items[index] = record(item, [
        ['path', item],
        ['required', required],
      ]);
    else if (item.kind === 'map') addMissing(item, [['required', required]]);
  }
  return listNode(node.at, items);
};

const gpus: Form = (node) =>
  node.kind === 'string' ? listNode(node.at, [record(node, [['count', textNode(node.at, 'all')]])]) : node;

const keyValues: Form = (node, path, findings) => {
  if (node.kind !== 'list') return node;
  const map = mapNode(node.at);
  for (const item of node.items) {
    if (item.kind !== 'string') continue;
    const equals = item.value.indexOf('=');
    if (equals === -1) return refuse(item, `invalid value ${item.value}, expected key=value`, path, findings);
    set(map, item.value.slice(0, equals), textNode(item.at, item.value.slice(equals + 1)));
  }
  return map;
};

const ssh: Form = (node, path, findings) => {
  if (node.kind !== 'list') return node;
  const map = mapNode(node.at);
  for (const item of node.items) {
    if (item.kind !== 'string') continue;
    const equals = item.value.indexOf('=');
    if (equals === -1 && item.value !== 'default') {
      return refuse(item, `invalid ssh key "${item.value}"`, path, findings);
    }
    const id = equals === -1 ? item.value : item.value.slice(0, equals);
    set(map, id, equals === -1 ? nullNode(item.at) : textNode(item.at, item.value.slice(equals + 1)));
  }
  return map;
};

const anyToText: Form = (node) =>
  node.kind === 'bool' || node.kind === 'int' || node.kind === 'float' ? textNode(node.at, scalarText(node)) : node;

const device: Form = (node, path, findings) => {
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

const ports: Form = (node, path, findings) => {
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

const mount: Form = (node, path, findings) => {
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
const external: Form = (node, path, findings) => {
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

const FORMS = compileRules<Form>({
  'services.*.build': textUnder('context'),
  'services.*.build.secrets[]': textUnder('source'),
  'services.*.build.provenance': anyToText,
  'services.*.build.sbom': anyToText,
  'services.*.build.additional_contexts': keyValues,
  'services.*.build.ssh': ssh,
  'services.*.depends_on': dependsOn,
  'services.*.env_file': envFile,
  'services.*.label_file': stringToList,
  'services.*.extends': textUnder('service'),
  'services.*.gpus': gpus,
  'services.*.networks': listToNulls,
  'services.*.models': listToNulls,
  'services.*.volumes[]': mount,
  'services.*.dns': stringToList,
  'services.*.devices[]': device,
  'services.*.secrets[]': textUnder('source'),
  'services.*.configs[]': textUnder('source'),
  'services.*.ports': ports,
  'services.*.develop.watch[].ignore': stringToList,
  'services.*.develop.watch[].include': stringToList,
  'volumes.*': external,
  'networks.*': external,
  'secrets.*': external,
  'configs.*': external,
  'include[]': textUnder('path'),
});

/** Brings a model into its long form, in place. */
export function canonicalise(root: MapNode, findings: Findings): void {
  visit(root, [], FORMS, findings);
}

/** `path` is changed on the way and left as it was. */
function visit(node: Node, path: (string | number)[], rules: RuleTree<Form>, findings: Findings): Node {
  const formed = rules.rule === undefined || node.kind === 'bad' ? node : rules.rule(node, path, findings);
  if (formed.kind === 'map') {
    for (const entry of formed.entries.values()) {
      const next = below(rules, entry.key);
      if (next === undefined) continue;
      path.push(entry.key);
      entry.value = visit(entry.value, path, next, findings);
      path.pop();
    }
  } else if (formed.kind === 'list' && rules.items !== undefined) {
    for (const [index, item] of formed.items.entries()) {
      path.push(index);
      formed.items[index] = visit(item, path, rules.items, findings);
      path.pop();
    }
  }
  return formed;
}

/** Drops blank entries of `dns`, which Compose does not keep. */
export function dropBlankDns(root: MapNode): void {
  const services = get(root, 'services');
  if (services?.kind !== 'map') return;
  for (const { value } of services.entries.values()) {
    const dns = get(value, 'dns');
    if (dns?.kind === 'list') dns.items = dns.items.filter((item) => !isBlank(item));
  }
}

function isBlank(node: Node): boolean {
  return node.kind === 'null' || (node.kind === 'string' && node.value === '');
}

type Pair = readonly [string, Node];

function record(at: Node, pairs: readonly Pair[]): MapNode {
  return mapNode(
    at.at,
    pairs.map(([key, value]) => ({ key, at: at.at, value })),
  );
}

function dependencyDefaults(node: Node): Pair[] {
  return [
    ['condition', textNode(node.at, 'service_started')],
    ['required', boolNode(node.at, true)],
  ];
}

function addMissing(map: MapNode, pairs: readonly Pair[]): void {
  for (const [key, value] of pairs) if (!map.entries.has(key)) set(map, key, value);
}

function refuse(node: Node, message: string, path: Path, findings: Findings): Node {
  findings.error({ code: 'invalid-value', message: `${formatPath(path)}: ${message}`, at: node.at, path });
  return badNode(node.at);
}
