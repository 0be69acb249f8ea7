/**
 * What the modules that turn short forms into long ones share.
 */

import { formatPath, type Findings, type Path } from './diagnostic.ts';
import { badNode, mapNode, set, type MapNode, type Node } from './node.ts';

/** Turns a short form into the long one; what is no short form is left as it is. */
export type Form = (node: Node, path: Path, findings: Findings) => Node;

/** A key and its value. */
export type Pair = readonly [string, Node];

/** A mapping that stands where another node stood. */
export function record(at: Node, pairs: readonly Pair[]): MapNode {
  return mapNode(
    at.at,
    pairs.map(([key, value]) => ({ key, at: at.at, value })),
  );
}

/** Sets the keys that a mapping lacks. */
export function addMissing(map: MapNode, pairs: readonly Pair[]): void {
  for (const [key, value] of pairs) if (!map.entries.has(key)) set(map, key, value);
}

/** Reports that a short form cannot be read. */
export function refuse(node: Node, message: string, path: Path, findings: Findings): Node {
  findings.error({ code: 'invalid-value', message: `${formatPath(path)}: ${message}`, at: node.at, path });
  return badNode(node.at);
}
