/**
 * Lays one model over another: mappings merge by key, lists are appended, anything else is replaced.
 *
 * The exceptions are a table (merge-rules). The base is changed in place and returned. A null in the override keeps
 * the base, except where a rule says otherwise.
 */

import { formatPath, type Findings, type Path } from './diagnostic.ts';
import { badNode, describeKind, type Entry, type MapNode, type Node } from './node.ts';
import { appendLists, MERGE_RULES, type Merger, type MergeRule } from './merge-rules.ts';
import { below, type RuleTree } from './rule-tree.ts';

/** Merges a whole model. */
export function mergeModels(base: MapNode, override: MapNode, findings: Findings): MapNode {
  new Merge(findings).mappings(base, override, [], MERGE_RULES);
  return base;
}

/** Merges one service over another, as `extends` does. */
export function mergeServices(name: string, base: MapNode, override: MapNode, findings: Findings): MapNode {
  const rules = below(below(MERGE_RULES, 'services'), name);
  new Merge(findings).mappings(base, override, ['services', name], rules);
  return base;
}

class Merge implements Merger {
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  mappings(base: MapNode, override: MapNode, path: Path, rules: RuleTree<MergeRule> | undefined): MapNode {
    for (const [key, entry] of override.entries) {
      const known = base.entries.get(key);
      if (known === undefined) base.entries.set(key, entry);
      else base.entries.set(key, this.#entry(known, entry, [...path, key], below(rules, key)));
    }
    return base;
  }

  #entry(base: Entry, override: Entry, path: Path, rules: RuleTree<MergeRule> | undefined): Entry {
    const value = this.values(base.value, override.value, path, rules);
    // A fault in a value that the override replaced is to be shown in the override.
    return { key: base.key, at: value === override.value ? override.at : base.at, value };
  }

  values(base: Node, override: Node, path: Path, rules: RuleTree<MergeRule> | undefined): Node {
    if (override.kind === 'bad' || base.kind === 'bad') return override.kind === 'bad' ? override : base;
    if (rules?.rule !== undefined) return rules.rule(base, override, path, this, rules);
    if (override.kind === 'null') return base;
    if (base.kind === 'map') {
      return override.kind === 'map' ? this.mappings(base, override, path, rules) : this.refuse(base, override, path);
    }
    if (base.kind === 'list') {
      return override.kind === 'list' ? appendLists(base, override) : this.refuse(base, override, path);
    }
    return override;
  }

  refuse(base: Node, override: Node, path: Path): Node {
    this.#findings.error({
      code: 'merge-conflict',
      message: `cannot override ${formatPath(path)}: ${describeKind(base.kind)} there, ${describeKind(override.kind)} here`,
      at: override.at,
      path,
      expected: describeKind(base.kind),
    });
    return badNode(override.at);
  }
}
