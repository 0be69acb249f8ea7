/**
 * Lists in which an item takes the place of an earlier one with the same key: after a merge, and within one file.
 *
 * What makes two items the same is a table. Items that have no key (their kind is wrong) are left for validation.
 */

import { formatPath, type Findings, type Path } from './diagnostic.ts';
import { get, getText, type ListNode, type Node } from './node.ts';
import { below, compileRules, type RuleTree } from './rule-tree.ts';
import { parseVolume } from './volumes.ts';

/** The key of an item; undefined: it has none; a problem: it cannot be used. */
type Indexer = (item: Node) => string | { readonly problem: string } | undefined;

const byKey: Indexer = (item) => (item.kind === 'string' ? (item.value.split('=', 1)[0] ?? '') : undefined);

const byTarget: Indexer = (item) => {
  if (item.kind === 'string') {
    const parsed = parseVolume(item.value);
    return parsed.ok ? parsed.mount.target : undefined;
  }
  if (item.kind !== 'map') return undefined;
  return getText(item, 'target') ?? { problem: 'a service volume needs a mount target' };
};

const byDevice: Indexer = (item) => {
  if (item.kind === 'string') return item.value.split(':')[1] ?? item.value;
  if (item.kind !== 'map') return undefined;
  return getText(item, 'target') ?? { problem: 'a service device needs a target' };
};

const byPort: Indexer = (item) => {
  if (item.kind === 'string') return item.value;
  if (item.kind === 'int') return String(item.value);
  if (item.kind !== 'map') return undefined;
  const target = get(item, 'target');
  if (target === undefined) return { problem: 'a port needs a target' };
  const published = get(item, 'published');
  const shown = published !== undefined && 'value' in published ? `${published.kind}:${published.value}` : '';
  const port = 'value' in target ? target.value : '';
  return `${getText(item, 'host_ip') ?? '0.0.0.0'}:${shown}:${port}/${getText(item, 'protocol') ?? 'tcp'}`;
};

const byText: Indexer = (item) => {
  if (item.kind === 'string' || item.kind === 'int') return String(item.value);
  return item.kind === 'float' ? { problem: 'a port is a whole number or text' } : undefined;
};

const byPath: Indexer = (item) => (item.kind === 'string' ? item.value : getText(item, 'path'));

function byMount(folder: string): Indexer {
  return (item) => {
    if (item.kind === 'string') return `${folder}/${item.value}`;
    if (item.kind !== 'map') return undefined;
    return getText(item, 'target') ?? `${folder}/${getText(item, 'source') ?? ''}`;
  };
}

const UNIQUE = compileRules<Indexer>({
  'networks.*.labels': byKey,
  'networks.*.ipam.options': byKey,
  'services.*.annotations': byKey,
  'services.*.build.args': byKey,
  'services.*.build.additional_contexts': byKey,
  'services.*.build.tags': byKey,
  'services.*.build.labels': byKey,
  'services.*.cap_add': byKey,
  'services.*.cap_drop': byKey,
  'services.*.configs': byMount(''),
  'services.*.deploy.labels': byKey,
  'services.*.devices': byDevice,
  'services.*.dns': byKey,
  'services.*.dns_opt': byKey,
  'services.*.dns_search': byKey,
  'services.*.environment': byKey,
  'services.*.env_file': byPath,
  'services.*.expose': byText,
  'services.*.labels': byKey,
  'services.*.links': byKey,
  'services.*.networks.*.aliases': byKey,
  'services.*.networks.*.link_local_ips': byKey,
  'services.*.ports': byPort,
  'services.*.profiles': byKey,
  'services.*.secrets': byMount('/run/secrets'),
  'services.*.sysctls': byKey,
  'services.*.tmpfs': byKey,
  'services.*.volumes': byTarget,
});

/** Drops what a later item replaces, in place. */
export function makeUnique(root: Node, findings: Findings): void {
  visit(root, [], UNIQUE, findings);
}

/** `path` is changed on the way and left as it was. */
function visit(node: Node, path: (string | number)[], rules: RuleTree<Indexer>, findings: Findings): void {
  if (node.kind === 'map') {
    for (const { key, value } of node.entries.values()) {
      const next = value.kind === 'map' || value.kind === 'list' ? below(rules, key) : undefined;
      if (next === undefined) continue;
      path.push(key);
      visit(value, path, next, findings);
      path.pop();
    }
  } else if (node.kind === 'list' && rules.rule !== undefined) {
    uniqueItems(node, rules.rule, path, findings);
  }
}

function uniqueItems(list: ListNode, indexer: Indexer, path: Path, findings: Findings): void {
  if (list.items.length === 0) return;
  const kept: Node[] = [];
  const places = new Map<string, number>();
  for (const [index, item] of list.items.entries()) {
    const key = indexer(item);
    if (key === undefined || typeof key !== 'string') {
      if (key !== undefined) {
        const itemPath = [...path, index];
        const message = `${formatPath(itemPath)}: ${key.problem}`;
        findings.error({ code: 'missing-key', message, at: item.at, path: itemPath });
      }
      kept.push(item);
      continue;
    }
    const place = places.get(key);
    if (place === undefined) places.set(key, kept.push(item) - 1);
    else kept[place] = item;
  }
  list.items = kept;
}
