/**
 * Tree -> model values, each by its shape (model/compose-shapes.ts).
 *
 * What validation let pass may still be no value of its type (a size that is no size, a negative count); it is
 * reported here. Members that are not set stay absent.
 */

import type { Field, ListForm, MapForm, Printing, Shape } from '../model/shape.ts';
import type { Whole } from '../model/project.ts';
import { compareText, toFloat32 } from '../model/canonical-json.ts';
import { castText, parseFloatText } from './casts.ts';
import { formatPath, type Findings, type Path } from './diagnostic.ts';
import { readHosts } from './hosts.ts';
import { describeKind, scalarText, type ListNode, type MapNode, type Node, type TextNode } from './node.ts';
import { parseBytes, parseDuration } from './units.ts';
import { splitWords } from './words.ts';

/** Members of something, by name. */
type Members = Record<string, unknown>;

/** A mapping whose keys come from a file: without a prototype, so that `constructor` in it is only a name. */
export function dictionary<T>(entries: Iterable<readonly [string, T]> = []): Record<string, T> {
  const result = Object.create(null) as Record<string, T>;
  for (const [key, value] of entries) result[key] = value;
  return result;
}

/** The value of a node; undefined where there is none or a fault was reported. */
export function decode(node: Node, shape: Shape, path: Path, findings: Findings): unknown {
  return new Decoder(findings).value(node, shape, path);
}

class Decoder {
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  value(node: Node, shape: Shape, path: Path): unknown {
    if (node.kind === 'bad' || (node.kind === 'null' && shape.is !== 'any')) return undefined;
    switch (shape.is) {
      case 'string':
        return this.#text(node, shape.from === 'string-or-number', path);
      case 'bool':
        return this.#bool(node, path);
      case 'int':
        return shape.wide && node.kind === 'int' ? node.value : this.#int(node, shape, path);
      case 'ratio':
        return this.#ratio(node, path);
      case 'bytes':
        return this.#bytes(node, path);
      case 'duration':
        return this.#duration(node, path);
      case 'mode':
        return this.#mode(node, path);
      case 'any':
        return plainValue(node);
      case 'ulimit':
        return node.kind === 'int' ? node.value : this.#struct(node, shape.fields, path);
      case 'env-file':
      case 'struct':
        return this.#struct(node, shape.fields, path);
      case 'list':
        return this.#list(node, shape.of, shape.from, path);
      case 'map':
        return this.#map(node, shape.of, shape.from, path);
    }
  }

  #struct(node: Node, fields: readonly Field[], path: Path): Members | undefined {
    if (node.kind !== 'map') return this.#wrong(node, 'a mapping', path);
    const result: Members = {};
    for (const { name, shape, print } of fields) {
      const member = node.entries.get(name);
      if (member === undefined) continue;
      const value = this.value(member.value, shape, [...path, name]);
      if (value !== undefined && !isUnset(value, shape, print)) result[name] = value;
    }
    return result;
  }

  #list(node: Node, of: Shape, from: ListForm | undefined, path: Path): unknown[] | undefined {
    if (from === 'hosts') return this.#hosts(node, path);
    if (from === 'ssh') return sshKeys(node);
    if (node.kind === 'string' && from !== undefined) return this.#listFromText(node, from, path);
    if (node.kind !== 'list') return this.#wrong(node, 'a list', path);
    return node.items.map((item, index) => this.value(item, of, [...path, index]) ?? '');
  }

  #listFromText(node: TextNode, from: ListForm, path: Path): string[] | undefined {
    if (from === 'health-test') return ['CMD-SHELL', node.value];
    if (from === 'string') return [node.value];
    const words = splitWords(node.value);
    return words ?? this.#fail(node, 'invalid command line string: a quote is not closed', path);
  }

  #hosts(node: Node, path: Path): string[] | undefined {
    const result = readHosts(node);
    return result.ok ? result.hosts : this.#fail(result.at, result.problem, path);
  }

  #map(node: Node, of: Shape, from: MapForm | undefined, path: Path): Members | undefined {
    if (node.kind === 'list') return this.#mapFromList(node, from, path);
    if (node.kind !== 'map') return this.#wrong(node, 'a mapping', path);
    const entries = [...node.entries.values()].map(({ key, value }): [string, unknown] => [
      key,
      this.#mapValue(value, of, from, [...path, key]),
    ]);
    return dictionary(entries.filter(([, value]) => value !== undefined).toSorted(byKey));
  }

  #mapValue(node: Node, of: Shape, from: MapForm | undefined, path: Path): unknown {
    if (from === 'multi-options') {
      return node.kind === 'list' ? node.items.map((item) => anyText(item)) : [anyText(node)];
    }
    if (node.kind === 'null')
      return from === 'environment' || from === 'nullable' ? null : from === undefined ? undefined : '';
    if (from === undefined || from === 'nullable') return this.value(node, of, path);
    if (node.kind === 'map' || node.kind === 'list') return this.#wrong(node, 'a string, a number or a boolean', path);
    return anyText(node);
  }

  #mapFromList(node: ListNode, from: MapForm | undefined, path: Path): Members | undefined {
    if (from === undefined || from === 'options' || from === 'nullable' || from === 'multi-options') {
      return this.#wrong(node, 'a mapping', path);
    }
    const entries: [string, unknown][] = [];
    for (const [index, item] of node.items.entries()) {
      const text = anyText(item);
      const equals = text.indexOf('=');
      const key = equals === -1 ? text : text.slice(0, equals);
      if (from === 'environment' && /\s$/u.test(key)) {
        this.#fail(item, `environment variable ${key} is declared with a trailing space`, [...path, index]);
      }
      entries.push([key, equals === -1 ? (from === 'environment' ? null : '') : text.slice(equals + 1)]);
    }
    return dictionary(new Map(entries.toSorted(byKey)));
  }

  #text(node: Node, fromNumber: boolean, path: Path): string | undefined {
    if (node.kind === 'string') return node.value;
    if (node.kind === 'int' || (fromNumber && node.kind === 'float')) return scalarText(node);
    return this.#wrong(node, 'a string', path);
  }

  #bool(node: Node, path: Path): boolean | undefined {
    if (node.kind === 'bool') return node.value;
    if (node.kind !== 'string') return this.#wrong(node, 'a boolean', path);
    const result = castText(node, 'boolean');
    if ('problem' in result) return this.#wrong(node, 'a boolean', path);
    if (result.warning !== undefined) {
      this.#findings.warn({ code: 'obsolete', message: result.warning, at: node.at, path });
    }
    return result.node.kind === 'bool' && result.node.value;
  }

  #int(node: Node, { unsigned, all }: Extract<Shape, { is: 'int' }>, path: Path): number | undefined {
    if (all && node.kind === 'string' && node.value.toLowerCase() === 'all') return -1;
    const fromText = node.kind === 'string' && !unsigned && /^[-+]?\d+$/.test(node.value);
    if (node.kind !== 'int' && node.kind !== 'float' && !fromText) {
      return this.#wrong(node, all ? '"all" or an integer' : 'an integer', path);
    }
    const value = Math.trunc(Number(node.value));
    return unsigned && value < 0 ? this.#wrong(node, 'a positive number', path) : value;
  }

  #ratio(node: Node, path: Path): number | undefined {
    const value = node.kind === 'string' ? parseFloatText(node.value) : undefined;
    if (value !== undefined) return toFloat32(value);
    if (node.kind !== 'int' && node.kind !== 'float') return this.#wrong(node, 'a number', path);
    return toFloat32(Number(node.value));
  }

  #bytes(node: Node, path: Path): Whole | undefined {
    if (node.kind === 'int') return node.value;
    // A fraction of a byte is no size; Compose takes such a number for "not set".
    if (node.kind === 'float') return undefined;
    if (node.kind !== 'string') return this.#wrong(node, 'a size such as 512m', path);
    return (
      parseBytes(node.value) ?? this.#fail(node, `invalid size: "${node.value}"`, path, 'a size such as 512m or 2g')
    );
  }

  #duration(node: Node, path: Path): number | undefined {
    if (node.kind === 'map' || node.kind === 'list' || node.kind === 'bad')
      return this.#wrong(node, 'a duration', path);
    const text = scalarText(node);
    return parseDuration(text) ?? this.#fail(node, `invalid duration: "${text}"`, path, 'a duration such as 1m30s');
  }

  #mode(node: Node, path: Path): number | undefined {
    if (node.kind === 'int') return Number(node.value);
    const isOctal = node.kind === 'string' && /^[-+]?[0-7]+$/.test(node.value);
    return isOctal ? Number.parseInt(node.value, 8) : this.#wrong(node, 'permission bits such as "0440"', path);
  }

  #wrong(node: Node, expected: string, path: Path): undefined {
    return this.#fail(node, `must be ${expected}, not ${describeValue(node)}`, path, expected);
  }

  #fail(node: Node, message: string, path: Path, expected?: string): undefined {
    // Validation has already said what is wrong here.
    if (this.#findings.hasErrorAt(node.at)) return undefined;
    const text = `${formatPath(path)}: ${message}`;
    this.#findings.error({ code: 'invalid-value', message: text, at: node.at, path, expected });
    return undefined;
  }
}

/** Where Compose knows no difference between an empty text and none, as after `${UNSET}`, the model has none. */
function isUnset(value: unknown, shape: Shape, print: Printing): boolean {
  return value === '' && print === 'unless-zero' && shape.is === 'string' && shape.keepsEmpty !== true;
}

function describeValue(node: Node): string {
  return node.kind === 'string' ? `"${node.value.slice(0, 60)}"` : describeKind(node.kind);
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return compareText(a[0], b[0]);
}

function anyText(node: Node): string {
  return node.kind === 'map' || node.kind === 'list' || node.kind === 'bad' ? '' : scalarText(node);
}

function sshKeys(node: Node): string[] {
  if (node.kind !== 'map') return [];
  return [...node.entries.values()].map(({ key, value }) => {
    const path = anyText(value);
    return path === '' ? key : `${key}=${path}`;
  });
}

/** A node as plain data, for `x-` members. */
export function plainValue(node: Node): unknown {
  switch (node.kind) {
    case 'map':
      return dictionary([...node.entries.values()].map((entry) => [entry.key, plainValue(entry.value)]));
    case 'list':
      return node.items.map((item) => plainValue(item));
    case 'null':
    case 'bad':
      return null;
    default:
      return node.value;
  }
}

/** The `x-` members of a mapping as plain data; undefined when it has none. */
export function extensionsOf(node: Node | undefined): Members | undefined {
  if (node?.kind !== 'map') return undefined;
  const entries = [...node.entries.values()].filter((entry) => entry.key.startsWith('x-'));
  return entries.length === 0 ? undefined : dictionary(entries.map((entry) => [entry.key, plainValue(entry.value)]));
}

/** The `x-` members as nodes. */
export function extension(node: MapNode, key: string): Node | undefined {
  return node.entries.get(key)?.value;
}
