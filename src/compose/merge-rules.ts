/**
 * The attributes that do not merge as their kind says, and how they do.
 *
 * A rule gets the base and the override and returns the merged node. Lists of `K=V` become unique by key afterwards
 * (unique.ts), so that here they are only appended.
 */

import {
  scalarText,
  listNode,
  mapNode,
  nullNode,
  textNode,
  boolNode,
  getText,
  type ListNode,
  type MapNode,
  type Node,
} from './node.ts';
import { compareText } from '../model/canonical-json.ts';
import { compileRules } from './rule-tree.ts';

export type MergeRule = (base: Node, override: Node, merger: Merger) => Node;

/** What a rule may call back (merge.ts), about the place it was found at. */
export interface Merger {
  /** Merges by key, in place of the base. */
  mappings(base: MapNode, override: MapNode): MapNode;
  /** Reports that the two cannot be merged. */
  refuse(base: Node, override: Node): Node;
}

/** The override stands, even when it is null. */
const replace: MergeRule = (_base, override) => override;

/** Both become lists (a mapping one of `K=V`) and are appended. */
const asSequence: MergeRule = (base, override) => appendLists(toSequence(base), toSequence(override));

/** As a sequence, but items that the base has already are not repeated. */
const hosts: MergeRule = (base, override) => {
  const own = toSequence(base);
  const known = new Set(own.items.map((item) => (item.kind === 'string' ? item.value : item)));
  own.items.push(
    ...toSequence(override).items.filter((item) => !known.has(item.kind === 'string' ? item.value : item)),
  );
  return own;
};

/** Lists become mappings whose values are made by `value`. */
function asMapping(value: (item: Node) => Node): MergeRule {
  return (base, override, merger) => {
    const right = toMapping(base, value);
    const left = toMapping(override, value);
    if (left === undefined) return override.kind === 'null' ? base : merger.refuse(base, override);
    if (right === undefined) return base.kind === 'null' ? left : merger.refuse(base, override);
    return merger.mappings(right, left);
  };
}

const build: MergeRule = (base, override, merger) => {
  const right = toBuild(base);
  const left = toBuild(override);
  if (left === undefined) return override.kind === 'null' ? base : merger.refuse(base, override);
  if (right === undefined) return left;
  return merger.mappings(right, left);
};

/** Options of different drivers do not mix. */
const logging: MergeRule = (base, override, merger) => {
  if (override.kind === 'null') return base;
  if (base.kind !== 'map' || override.kind !== 'map') return merger.refuse(base, override);
  const mine = getText(base, 'driver');
  const theirs = getText(override, 'driver');
  const same = mine === undefined || theirs === undefined || mine === theirs;
  return same ? merger.mappings(base, override) : override;
};

/**
 * Pools of the same subnet merge; a pool of the override with another subnet is added once, and the base's own pool
 * is kept only if some override has its subnet. Odd, but it is what Compose does.
 */
const ipam: MergeRule = (base, override, merger) => {
  if (base.kind !== 'list' || override.kind !== 'list') return merger.refuse(base, override);
  const pools: MapNode[] = [];
  const indexOf = (pool: MapNode): number =>
    pools.findIndex((known) => getText(known, 'subnet') === getText(pool, 'subnet'));
  for (const original of base.items) {
    for (const other of override.items) {
      if (original.kind !== 'map' || other.kind !== 'map') return merger.refuse(original, other);
      if (getText(original, 'subnet') !== getText(other, 'subnet') && indexOf(other) === -1) {
        pools.push(other);
        continue;
      }
      const merged = merger.mappings(original, other);
      const index = indexOf(merged);
      if (index === -1) pools.push(merged);
      else pools[index] = merged;
    }
  }
  return listNode(override.at, pools);
};

export const MERGE_RULES = compileRules<MergeRule>({
  'networks.*.ipam.config': ipam,
  'networks.*.labels': asSequence,
  'volumes.*.labels': asSequence,
  'services.*.annotations': asSequence,
  'services.*.build': build,
  'services.*.build.args': asSequence,
  'services.*.build.additional_contexts': asSequence,
  'services.*.build.extra_hosts': hosts,
  'services.*.build.labels': asSequence,
  'services.*.command': replace,
  'services.*.depends_on': asMapping((item) =>
    mapNode(item.at, [
      { key: 'condition', at: item.at, value: textNode(item.at, 'service_started') },
      { key: 'required', at: item.at, value: boolNode(item.at, true) },
    ]),
  ),
  'services.*.deploy.labels': asSequence,
  'services.*.dns': asSequence,
  'services.*.dns_opt': asSequence,
  'services.*.dns_search': asSequence,
  'services.*.entrypoint': replace,
  'services.*.env_file': asSequence,
  'services.*.label_file': asSequence,
  'services.*.environment': asSequence,
  'services.*.extra_hosts': hosts,
  'services.*.healthcheck.test': replace,
  'services.*.labels': asSequence,
  'services.*.logging': logging,
  'services.*.models': asMapping((item) => nullNode(item.at)),
  'services.*.networks': asMapping((item) => nullNode(item.at)),
  'services.*.sysctls': asSequence,
  'services.*.tmpfs': asSequence,
  'services.*.ulimits.*': replace,
});

/** The items of both lists, in the place of the first. */
export function appendLists(base: ListNode, override: ListNode): ListNode {
  base.items = [...base.items, ...override.items];
  return base;
}

function toSequence(node: Node): ListNode {
  if (node.kind === 'list') return node;
  if (node.kind === 'string') return listNode(node.at, [node]);
  const items: Node[] = [];
  if (node.kind === 'map') {
    for (const { key, value } of node.entries.values()) {
      if (value.kind === 'null') items.push(textNode(value.at, key));
      else for (const one of value.kind === 'list' ? value.items : [value]) items.push(pairText(key, one));
    }
    items.sort((a, b) => (a.kind === 'string' && b.kind === 'string' ? compareText(a.value, b.value) : 0));
  }
  return listNode(node.at, items);
}

/** `K=V` for a scalar; anything else is left for validation to refuse. */
function pairText(key: string, value: Node): Node {
  if (value.kind === 'map' || value.kind === 'list' || value.kind === 'bad') return value;
  return textNode(value.at, `${key}=${scalarText(value)}`);
}

function toMapping(node: Node, value: (item: Node) => Node): MapNode | undefined {
  if (node.kind === 'map') return node;
  if (node.kind !== 'list') return undefined;
  const map = mapNode(node.at);
  for (const item of node.items) {
    if (item.kind !== 'string') return undefined;
    map.entries.set(item.value, { key: item.value, at: item.at, value: value(item) });
  }
  return map;
}

function toBuild(node: Node): MapNode | undefined {
  if (node.kind === 'map') return node;
  return node.kind === 'string' ? mapNode(node.at, [{ key: 'context', at: node.at, value: node }]) : undefined;
}
