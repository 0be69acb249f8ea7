/**
 * Lays one model over another: mappings merge by key, lists are appended, anything else is replaced.
 *
 * The exceptions are a table (merge-rules.ts). The base is changed in place and returned. A null in the override keeps
 * the base, except where a rule says otherwise.
 */

import { formatPath, type Findings, type Path } from './diagnostic.ts';
import { appendLists, MERGE_RULES, type MergeRule } from './merge-rules.ts';
import { badNode, describeKind, type Entry, type MapNode, type Node } from './node.ts';
import { below, type RuleTree } from './rule-tree.ts';

/** Merges a whole model. */
export function mergeModels(base: MapNode, override: MapNode, findings: Findings): MapNode {
  return mergeMappings(base, override, { path: [], rules: MERGE_RULES, findings });
}

/** Merges one service over another, as `extends` does. */
export function mergeServices(name: string, base: MapNode, override: MapNode, findings: Findings): MapNode {
  const rules = below(below(MERGE_RULES, 'services'), name);
  return mergeMappings(base, override, { path: ['services', name], rules, findings });
}

/** Where in the model the merge is. */
interface Spot {
  readonly path: Path;
  readonly rules: RuleTree<MergeRule> | undefined;
  readonly findings: Findings;
}

function mergeMappings(base: MapNode, override: MapNode, spot: Spot): MapNode {
  for (const [key, entry] of override.entries) {
    const known = base.entries.get(key);
    if (known === undefined) base.entries.set(key, entry);
    else {
      const inner = { ...spot, path: [...spot.path, key], rules: below(spot.rules, key) };
      base.entries.set(key, mergeEntries(known, entry, inner));
    }
  }
  return base;
}

function mergeEntries(base: Entry, override: Entry, spot: Spot): Entry {
  const value = mergeNodes(base.value, override.value, spot);
  // A fault in a value that the override replaced is to be shown in the override.
  return { key: base.key, at: value === override.value ? override.at : base.at, value };
}

function mergeNodes(base: Node, override: Node, spot: Spot): Node {
  if (override.kind === 'bad' || base.kind === 'bad') return override.kind === 'bad' ? override : base;
  const rule = spot.rules?.rule;
  if (rule !== undefined) {
    return rule(base, override, {
      mappings: (right, left) => mergeMappings(right, left, spot),
      refuse: (right, left) => refuse(right, left, spot),
    });
  }
  if (override.kind === 'null') return base;
  if (base.kind === 'map')
    return override.kind === 'map' ? mergeMappings(base, override, spot) : refuse(base, override, spot);
  if (base.kind === 'list')
    return override.kind === 'list' ? appendLists(base, override) : refuse(base, override, spot);
  return override;
}

function refuse(base: Node, override: Node, { path, findings }: Spot): Node {
  const [there, here] = [describeKind(base.kind), describeKind(override.kind)];
  findings.error({
    code: 'merge-conflict',
    message: `cannot override ${formatPath(path)}: ${there} there, ${here} here`,
    at: override.at,
    path,
    expected: there,
  });
  return badNode(override.at);
}
