/**
 * Checks a model against the table of what a Compose file may say (schema.ts).
 *
 * Every fault is reported with the place it stands at. A value of a wrong kind is reported once, where it stands,
 * in terms of what would be right there; keys that are nearly known ones come with a suggestion.
 */

import { formatPath, type Findings, type Place } from './diagnostic.ts';
import { describeKind, nodeKey, type ListNode, type MapNode, type Node, type ScalarNode } from './node.ts';
import { COMPOSE_FILE } from './schema.ts';
import {
  acceptedKinds,
  type EitherRule,
  type ListRule,
  type MapRule,
  type Rule,
  type ScalarRule,
} from './schema-language.ts';
import { nearest } from './suggestion.ts';

/** Reports everything in a model that a Compose file may not say. */
export function validate(root: MapNode, findings: Findings): void {
  new Validation(findings).map(root, COMPOSE_FILE);
}

class Validation {
  readonly #findings: Findings;
  /** Of the node that is checked; changed in place. */
  readonly #path: (string | number)[] = [];

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  check(node: Node, rule: Rule): void {
    if (node.kind === 'bad') return;
    if (rule.is === 'any') return node.kind === 'timestamp' ? this.#wrongType(node, rule) : undefined;
    if (rule.is === 'either') return this.#either(node, rule);
    if (rule.is === 'scalar' && node.kind !== 'map' && node.kind !== 'list') return this.#scalar(node, rule);
    if (rule.is === 'map' && node.kind === 'map') return this.map(node, rule);
    if (rule.is === 'list' && node.kind === 'list') return this.#list(node, rule);
    this.#wrongType(node, rule);
  }

  map(node: MapNode, rule: MapRule): void {
    for (const { key, at, value } of node.entries.values()) {
      const known = rule.keys.get(key);
      if (known !== undefined) this.#below(key, value, known);
      else if (rule.others !== undefined && (rule.others.pattern?.test(key) ?? true)) {
        this.#below(key, value, rule.others.rule);
      } else if (!rule.open && !(rule.extensible && key.startsWith('x-'))) this.#unknownKey(key, at, rule);
    }
    for (const key of rule.required) {
      if (node.entries.has(key)) continue;
      const path = this.#path;
      const message = `${formatPath(path)}: "${key}" is missing`;
      this.#findings.error({ code: 'missing-key', message, at: node.at, path, expected: `the key ${key}` });
    }
  }

  #below(part: string | number, node: Node, rule: Rule): void {
    this.#path.push(part);
    this.check(node, rule);
    this.#path.pop();
  }

  #either(node: Node, rule: EitherRule): void {
    const fitting = rule.of.find((alternative) => accepts(alternative, node));
    if (fitting === undefined) this.#wrongType(node, rule);
    else this.check(node, fitting);
  }

  #list(node: ListNode, rule: ListRule): void {
    for (const [index, item] of node.items.entries()) this.#below(index, item, rule.items);
    if (rule.unique && node.items.length > 1) this.#duplicates(node);
  }

  #duplicates(node: ListNode): void {
    const path = this.#path;
    const seen = new Map<string, number>();
    for (const [index, item] of node.items.entries()) {
      const key = nodeKey(item);
      const first = seen.get(key);
      if (first === undefined) {
        seen.set(key, index);
        continue;
      }
      const message = `${formatPath(path)}: items at ${first} and ${index} are equal`;
      this.#findings.error({
        code: 'duplicate-item',
        message,
        at: item.at,
        path: [...path, index],
        remedy: 'remove one of the two',
      });
    }
  }

  #scalar(node: ScalarNode, rule: ScalarRule): void {
    if (!accepts(rule, node)) return this.#wrongType(node, rule);
    if (node.kind === 'string') this.#text(node.value, node.at, rule);
    if (node.kind === 'int' || node.kind === 'float') this.#bounds(Number(node.value), node.at, rule);
  }

  #text(value: string, at: Place, rule: ScalarRule): void {
    const path = this.#path;
    if (rule.oneOf !== undefined && !rule.oneOf.includes(value)) {
      this.#findings.error({
        code: 'invalid-value',
        message: `${formatPath(path)} must not be "${value}"`,
        at,
        path,
        expected: rule.oneOf.join(', '),
        suggestion: nearest(value, rule.oneOf),
      });
    } else if (rule.pattern !== undefined && !rule.pattern.test(value)) {
      const message = `${formatPath(path)} "${value}" does not match ${rule.pattern.source}`;
      this.#findings.error({ code: 'invalid-value', message, at, path, expected: rule.pattern.source });
    }
  }

  #bounds(value: number, at: Place, rule: ScalarRule): void {
    const path = this.#path;
    const low = rule.min !== undefined && value < rule.min;
    const high = rule.max !== undefined && value > rule.max;
    if (!low && !high) return;
    const bound = low ? `greater than or equal to ${rule.min}` : `less than or equal to ${rule.max}`;
    const message = `${formatPath(path)} must be ${bound}`;
    this.#findings.error({ code: 'invalid-value', message, at, path, expected: bound });
  }

  #wrongType(node: Node, rule: Rule): void {
    const path = this.#path;
    const expected = describeRule(rule);
    const message = `${formatPath(path) || 'the file'} must be ${expected}, not ${describeKind(node.kind)}`;
    const quote = node.kind === 'timestamp' || isQuotable(node, rule);
    const remedy = quote && 'value' in node ? `quote it: "${String(node.value)}"` : undefined;
    this.#findings.error({ code: 'wrong-type', message, at: node.at, path, expected, remedy });
  }

  #unknownKey(key: string, at: Place, rule: MapRule): void {
    const path = this.#path;
    const suggestion = this.#findings.isFull ? undefined : nearest(key, [...rule.keys.keys()]);
    const where = path.length === 0 ? 'the top level' : formatPath(path);
    const expected =
      rule.others?.pattern === undefined ? undefined : `a name that matches ${rule.others.pattern.source}`;
    const message = `${where}: unknown key "${key}"`;
    this.#findings.error({ code: 'unknown-key', message, at, path: [...path, key], expected, suggestion });
  }
}

function accepts(rule: Rule, node: Node): boolean {
  if (rule.is === 'either') return rule.of.some((alternative) => accepts(alternative, node));
  if (rule.is === 'scalar' && node.kind === 'float' && rule.types.includes('integer')) {
    return Number.isInteger(Number(node.value));
  }
  return acceptedKinds(rule).has(node.kind);
}

function isQuotable(node: Node, rule: Rule): boolean {
  return (node.kind === 'int' || node.kind === 'float' || node.kind === 'bool') && acceptedKinds(rule).has('string');
}

/** What a rule takes, in words: `a string or a list`. */
function describeRule(rule: Rule): string {
  const words = [...new Set(ruleWords(rule))];
  return words.length < 2 ? (words[0] ?? 'anything') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function ruleWords(rule: Rule): string[] {
  switch (rule.is) {
    case 'map':
      return ['a mapping'];
    case 'list':
      return ['a list'];
    case 'either':
      return rule.of.flatMap((alternative) => ruleWords(alternative));
    case 'any':
      return ['anything'];
    case 'scalar':
      return rule.types.map((type) => (type === 'null' ? 'nothing' : `${type === 'integer' ? 'an' : 'a'} ${type}`));
  }
}
