/**
 * The tree that every stage of the loader works on: a document without anchors, tags or merge keys, in which each
 * value still knows where it was written.
 *
 * A tree belongs to one load and is changed in place by the stages; nothing of it leaves src/compose.
 */

import type { Place } from './diagnostic.ts';

export interface Entry {
  readonly key: string;
  /** Where the key stands. */
  readonly at: Place;
  value: Node;
}

export interface MapNode {
  readonly kind: 'map';
  readonly at: Place;
  /** By key. A Map, so that `__proto__` is a name like any other. */
  readonly entries: Map<string, Entry>;
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: Place;
  items: Node[];
}

export interface TextNode {
  readonly kind: 'string';
  readonly at: Place;
  readonly value: string;
}

export interface NumberNode {
  /** `int` also holds what only a bigint can; both remember which of the two YAML saw. */
  readonly kind: 'int' | 'float';
  readonly at: Place;
  readonly value: number | bigint;
}

export interface BoolNode {
  readonly kind: 'bool';
  readonly at: Place;
  readonly value: boolean;
}

export interface NullNode {
  readonly kind: 'null';
  readonly at: Place;
}

export interface TimestampNode {
  readonly kind: 'timestamp';
  readonly at: Place;
  readonly value: string;
}

/** Stands where a fault was already reported; later stages say nothing about it. */
export interface BadNode {
  readonly kind: 'bad';
  readonly at: Place;
}

export type ScalarNode = TextNode | NumberNode | BoolNode | NullNode | TimestampNode;
export type Node = MapNode | ListNode | ScalarNode | BadNode;
export type NodeKind = Node['kind'];

export function mapNode(at: Place, entries: Iterable<Entry> = []): MapNode {
  const map = new Map<string, Entry>();
  for (const entry of entries) map.set(entry.key, entry);
  return { kind: 'map', at, entries: map };
}

export function listNode(at: Place, items: Node[]): ListNode {
  return { kind: 'list', at, items };
}

export function textNode(at: Place, value: string): TextNode {
  return { kind: 'string', at, value };
}

export function boolNode(at: Place, value: boolean): BoolNode {
  return { kind: 'bool', at, value };
}

export function intNode(at: Place, value: number): NumberNode {
  return { kind: 'int', at, value };
}

export function nullNode(at: Place): NullNode {
  return { kind: 'null', at };
}

export function badNode(at: Place): BadNode {
  return { kind: 'bad', at };
}

/** The value under a key, if the node is a mapping that has it. */
export function get(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
}

/** The text under a key, if there is one. */
export function getText(node: Node | undefined, key: string): string | undefined {
  const value = get(node, key);
  return value?.kind === 'string' ? value.value : undefined;
}

/** Sets a key; a new one is placed where the value is. */
export function set(map: MapNode, key: string, value: Node): void {
  const entry = map.entries.get(key);
  if (entry === undefined) map.entries.set(key, { key, at: value.at, value });
  else entry.value = value;
}

/** The entries of a mapping under a key; none when it is absent or something else. */
export function entriesOf(node: Node | undefined, key: string): Entry[] {
  const value = get(node, key);
  return value?.kind === 'map' ? [...value.entries.values()] : [];
}

/** A copy that shares nothing that a stage would change. */
export function clone<T extends Node>(node: T): T;
export function clone(node: Node): Node {
  if (node.kind === 'map') {
    const entries = new Map<string, Entry>();
    for (const [key, entry] of node.entries) entries.set(key, { key, at: entry.at, value: clone(entry.value) });
    return { kind: 'map', at: node.at, entries };
  }
  return node.kind === 'list' ? { kind: 'list', at: node.at, items: node.items.map((item) => clone(item)) } : node;
}

/** Equal in value; places do not count. */
export function equalNodes(a: Node, b: Node): boolean {
  if (a.kind === 'map' && b.kind === 'map') {
    if (a.entries.size !== b.entries.size) return false;
    for (const [key, entry] of a.entries) {
      const other = b.entries.get(key);
      if (other === undefined || !equalNodes(entry.value, other.value)) return false;
    }
    return true;
  }
  if (a.kind === 'list' && b.kind === 'list') {
    return a.items.length === b.items.length && a.items.every((item, i) => equalNodes(item, b.items[i] ?? item));
  }
  if (a.kind !== b.kind) return false;
  return 'value' in a && 'value' in b ? a.value === b.value : true;
}

/** Text that two nodes share exactly when they are equal in value. */
export function nodeKey(node: Node): string {
  if (node.kind === 'map') {
    const entries = [...node.entries.values()].map((entry) => `${JSON.stringify(entry.key)}:${nodeKey(entry.value)}`);
    return `{${entries.toSorted().join(',')}}`;
  }
  if (node.kind === 'list') return `[${node.items.map((item) => nodeKey(item)).join(',')}]`;
  return 'value' in node ? `${node.kind}:${JSON.stringify(String(node.value))}` : node.kind;
}

/** What a person calls a value of this kind. */
export function describeKind(kind: NodeKind): string {
  return KIND_WORDS[kind];
}

const KIND_WORDS: Readonly<Record<NodeKind, string>> = {
  map: 'a mapping',
  list: 'a list',
  string: 'a string',
  int: 'an integer',
  float: 'a number',
  bool: 'a boolean',
  null: 'nothing (null)',
  timestamp: 'a timestamp',
  bad: 'something unreadable',
};

/** A scalar as Go's `fmt.Sprint` writes it; what a number becomes where a string is kept. */
export function scalarText(node: ScalarNode): string {
  switch (node.kind) {
    case 'string':
    case 'timestamp':
      return node.value;
    case 'bool':
    case 'int':
      return String(node.value);
    case 'float':
      return formatFloat(Number(node.value));
    case 'null':
      return '';
  }
}

/** Shortest text of a 64-bit float, with an exponent from 1e+06 on and below 1e-4, as Go's `%v`. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const abs = Math.abs(value);
  if (abs !== 0 && (abs < 1e-4 || abs >= 1e6)) {
    const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
    const digits = exponent.replace(/^[-+]/, '').padStart(2, '0');
    return `${mantissa}e${exponent.startsWith('-') ? '-' : '+'}${digits}`;
  }
  return String(value);
}
