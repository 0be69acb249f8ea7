/**
 * Takes out of a model what a later document marks `!reset` or `!override`.
 */

import type { Path } from './diagnostic.ts';
import type { Node } from './node.ts';

/**
 * Removes the marked keys from a tree whose root stands at `prefix`; marks elsewhere are not looked at. List items
 * are never removed: only keys can be.
 */
export function applyResets(root: Node, resets: readonly Path[], prefix: Path = []): void {
  for (const path of resets) {
    if (path.length > prefix.length && prefix.every((part, i) => path[i] === part)) {
      remove(root, path.slice(prefix.length));
    }
  }
}

function remove(root: Node, path: Path): void {
  let node: Node | undefined = root;
  for (const part of path.slice(0, -1)) {
    if (node?.kind !== 'map' || typeof part !== 'string') return;
    node = node.entries.get(part)?.value;
  }
  const last = path.at(-1);
  if (node?.kind === 'map' && typeof last === 'string') node.entries.delete(last);
}
