/**
 * Short forms that are a matter of shape alone: a text for a list, a list for a mapping.
 */

import { addMissing, record, refuse, type Form, type Pair } from './form.ts';
import { boolNode, listNode, mapNode, nullNode, scalarText, set, textNode, type Node } from './node.ts';

/** A text is a list of one. */
export const stringToList: Form = (node) => (node.kind === 'string' ? listNode(node.at, [node]) : node);

/** A text becomes a mapping with the text under one key. */
export function textUnder(key: string): Form {
  return (node) => (node.kind === 'string' ? record(node, [[key, node]]) : node);
}

/** A list of names is a mapping of names to nothing. */
export const listToNulls: Form = (node) => {
  if (node.kind !== 'list') return node;
  return mapNode(
    node.at,
    node.items.flatMap((item) =>
      item.kind === 'string' ? [{ key: item.value, at: item.at, value: nullNode(item.at) }] : [],
    ),
  );
};

/** Dependencies are a mapping with condition and required. */
export const dependsOn: Form = (node) => {
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

/** Env files are a list of mappings. */
export const envFile: Form = (node) => {
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

/** The word `all` is a request for all of them. */
export const gpus: Form = (node) =>
  node.kind === 'string' ? listNode(node.at, [record(node, [['count', textNode(node.at, 'all')]])]) : node;

/** A list of `K=V` is a mapping. */
export const keyValues: Form = (node, path, findings) => {
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

/** A list of `ID[=PATH]` is a mapping. */
export const ssh: Form = (node, path, findings) => {
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

/** A boolean or a number is its text. */
export const anyToText: Form = (node) =>
  node.kind === 'bool' || node.kind === 'int' || node.kind === 'float' ? textNode(node.at, scalarText(node)) : node;

function dependencyDefaults(node: Node): Pair[] {
  return [
    ['condition', textNode(node.at, 'service_started')],
    ['required', boolNode(node.at, true)],
  ];
}
