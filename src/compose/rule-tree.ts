/**
 * Rules that hold at places of the model, looked up step by step while a tree is walked.
 *
 * A table says `services.*.ports[].target`; walking with a compiled table costs one map look-up a level, where
 * comparing each path with each pattern would cost their product.
 */

export interface RuleTree<T> {
  readonly rule: T | undefined;
  readonly byKey: ReadonlyMap<string, RuleTree<T>>;
  readonly anyKey: RuleTree<T> | undefined;
  readonly items: RuleTree<T> | undefined;
}

interface MutableTree<T> {
  rule: T | undefined;
  byKey: Map<string, MutableTree<T>>;
  anyKey: MutableTree<T> | undefined;
  items: MutableTree<T> | undefined;
}

/** Compiles a table whose keys are patterns: `*` stands for any key, `[]` for the items of a list. */
export function compileRules<T>(table: Readonly<Record<string, T>>): RuleTree<T> {
  const root = emptyTree<T>();
  for (const [pattern, rule] of Object.entries(table)) {
    let tree = root;
    for (const part of pattern.replaceAll('[]', '.[]').split('.')) tree = child(tree, part);
    tree.rule = rule;
  }
  return root;
}

/** The rules below a key of a mapping; undefined when there are none. */
export function below<T>(tree: RuleTree<T> | undefined, key: string): RuleTree<T> | undefined {
  return tree === undefined ? undefined : (tree.byKey.get(key) ?? tree.anyKey);
}

function child<T>(tree: MutableTree<T>, part: string): MutableTree<T> {
  if (part === '[]') return (tree.items ??= emptyTree());
  if (part === '*') return (tree.anyKey ??= emptyTree());
  const known = tree.byKey.get(part);
  if (known !== undefined) return known;
  const created = emptyTree<T>();
  tree.byKey.set(part, created);
  return created;
}

function emptyTree<T>(): MutableTree<T> {
  return { rule: undefined, byKey: new Map(), anyKey: undefined, items: undefined };
}
