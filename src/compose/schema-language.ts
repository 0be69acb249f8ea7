/**
 * The language in which schema.ts writes down what a Compose file may say.
 *
 * Alternatives are told apart by the kind of a node alone, so that an error names what is wrong and not that "no
 * alternative matched".
 */

import type { NodeKind } from './node.ts';

export type Rule = ScalarRule | MapRule | ListRule | EitherRule | AnyRule;

export type ScalarType = 'string' | 'number' | 'integer' | 'boolean' | 'null';

export interface ScalarRule {
  readonly is: 'scalar';
  readonly types: readonly ScalarType[];
  readonly oneOf?: readonly string[];
  readonly pattern?: RegExp;
  readonly min?: number;
  readonly max?: number;
}

export interface MapRule {
  readonly is: 'map';
  /** Known keys. */
  readonly keys: ReadonlyMap<string, Rule>;
  /** Rule for other keys that match; without `pattern` every other key does. */
  readonly others?: { readonly pattern?: RegExp; readonly rule: Rule };
  /** Keys that nothing above allows: refused, unless `open`. */
  readonly open: boolean;
  /** Keys beginning with `x-` are allowed. */
  readonly extensible: boolean;
  readonly required: readonly string[];
}

export interface ListRule {
  readonly is: 'list';
  readonly items: Rule;
  readonly unique: boolean;
}

/** Alternatives; which of them is meant follows from the kind of the node. */
export interface EitherRule {
  readonly is: 'either';
  readonly of: readonly Rule[];
}

export interface AnyRule {
  readonly is: 'any';
}

/** A scalar of one of these types. */
export function scalar(...types: ScalarType[]): ScalarRule {
  return { is: 'scalar', types };
}

/** One of these words. */
export function oneOf(...values: string[]): ScalarRule {
  return { is: 'scalar', types: ['string'], oneOf: values };
}

/** Text that matches somewhere. */
export function matching(pattern: RegExp): ScalarRule {
  return { is: 'scalar', types: ['string'], pattern };
}

/** A whole number within bounds, or text. */
export function range(min: number, max?: number): EitherRule {
  return either(scalar('string'), { is: 'scalar', types: ['integer'], min, ...(max === undefined ? {} : { max }) });
}

/** A list. */
export function list(items: Rule): ListRule {
  return { is: 'list', items, unique: false };
}

/** A list of which no two items may be equal. */
export function set(items: Rule): ListRule {
  return { is: 'list', items, unique: true };
}

/** One of several kinds of value. */
export function either(...of: Rule[]): EitherRule {
  return { is: 'either', of };
}

/** What may be said of a mapping with known keys. */
export interface MapOptions {
  readonly required?: readonly string[];
  readonly extensible?: boolean;
  readonly open?: boolean;
}

/** A mapping with known keys; `x-` keys are allowed unless said otherwise. */
export function keys(known: Readonly<Record<string, Rule>>, options: MapOptions = {}): MapRule {
  return {
    is: 'map',
    keys: new Map(Object.entries(known)),
    open: options.open ?? false,
    extensible: options.extensible ?? true,
    required: options.required ?? [],
  };
}

/** A mapping whose keys the user chooses. */
export function named(rule: Rule, pattern?: RegExp, open = false): MapRule {
  return {
    is: 'map',
    keys: new Map(),
    others: pattern === undefined ? { rule } : { pattern, rule },
    open,
    extensible: false,
    required: [],
  };
}

const kindsByRule = new WeakMap<Rule, ReadonlySet<NodeKind>>();

/** Kinds of node that a rule can take; validation chooses an alternative by them. */
export function acceptedKinds(rule: Rule): ReadonlySet<NodeKind> {
  const known = kindsByRule.get(rule);
  if (known !== undefined) return known;
  const kinds = new Set(kindsOf(rule));
  kindsByRule.set(rule, kinds);
  return kinds;
}

function kindsOf(rule: Rule): readonly NodeKind[] {
  switch (rule.is) {
    case 'map':
      return ['map'];
    case 'list':
      return ['list'];
    case 'either':
      return rule.of.flatMap((alternative) => kindsOf(alternative));
    case 'any':
      return ['map', 'list', 'string', 'int', 'float', 'bool', 'null'];
    case 'scalar':
      return rule.types.flatMap((type) => SCALAR_KINDS[type]);
  }
}

const SCALAR_KINDS: Readonly<Record<ScalarType, readonly NodeKind[]>> = {
  string: ['string'],
  number: ['int', 'float'],
  integer: ['int'],
  boolean: ['bool'],
  null: ['null'],
};
