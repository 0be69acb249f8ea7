/**
 * Which value a plain (unquoted) YAML scalar stands for.
 *
 * The rules are those of the YAML library that Compose uses: 1.2 with leftovers of 1.1 (`0755` is octal, `1_000` a
 * number, `yes` text, `2001-12-14` a timestamp). They differ from those of any JavaScript library, so none decides.
 */

import type { Place } from './diagnostic.ts';
import type { ScalarNode } from './node.ts';

const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const TRUES = new Set(['true', 'True', 'TRUE']);
const FALSES = new Set(['false', 'False', 'FALSE']);
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const INTEGER = /^[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)$/;
const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?)?$/;
const SPECIAL: Readonly<Record<string, number>> = {
  '.nan': Number.NaN,
  '.NaN': Number.NaN,
  '.NAN': Number.NaN,
  '.inf': Infinity,
  '.Inf': Infinity,
  '.INF': Infinity,
  '+.inf': Infinity,
  '+.Inf': Infinity,
  '+.INF': Infinity,
  '-.inf': -Infinity,
  '-.Inf': -Infinity,
  '-.INF': -Infinity,
};

/** Beyond 64 bits a whole number is read as a float. */
const MAX_INT = 2n ** 64n - 1n;
const MIN_INT = -(2n ** 63n);

/** The node for a plain scalar's text. */
export function plainScalar(text: string, at: Place): ScalarNode {
  if (NULLS.has(text)) return { kind: 'null', at };
  const first = text.charCodeAt(0);
  const isNumeric = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e;
  if (isNumeric) return numeric(text, at);
  if (TRUES.has(text)) return { kind: 'bool', at, value: true };
  if (FALSES.has(text)) return { kind: 'bool', at, value: false };
  return { kind: 'string', at, value: text };
}

function numeric(text: string, at: Place): ScalarNode {
  if (isTimestamp(text)) return { kind: 'timestamp', at, value: text };
  if (Object.hasOwn(SPECIAL, text)) return { kind: 'float', at, value: SPECIAL[text] ?? 0 };
  const digits = text.startsWith('.') ? text : text.replaceAll('_', '');
  if (INTEGER.test(digits)) {
    const value = parseInteger(digits);
    if (value <= MAX_INT && value >= MIN_INT) {
      const small = Number(value);
      return { kind: 'int', at, value: Number.isSafeInteger(small) ? small : value };
    }
    if (!FLOAT.test(digits)) return { kind: 'string', at, value: text };
  }
  if (FLOAT.test(digits)) return { kind: 'float', at, value: Number(digits) };
  return { kind: 'string', at, value: text };
}

/** An integer in any of the notations that INTEGER matches; a leading zero alone means octal. */
function parseInteger(digits: string): bigint {
  const negative = digits.startsWith('-');
  const body = digits.replace(/^[-+]/, '');
  const octal = /^0[0-7]+$/.test(body) ? `0o${body.slice(1)}` : body;
  const value = BigInt(octal.toLowerCase());
  return negative ? -value : value;
}

function isTimestamp(text: string): boolean {
  if (!TIMESTAMP.test(text)) return false;
  const [year = 0, month = 0, day = 0] = (/^\d+-\d+-\d+/.exec(text)?.[0] ?? '').split('-').map(Number);
  const daysInMonth = new Date(Date.UTC(2000, month, 0)).getUTCDate();
  const leapDay = month === 2 && day === 29;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth && (!leapDay || isLeap);
}

/** A scalar with an explicit core tag (`!!str`, `!!int`, ...); undefined when the text is no such value. */
export function taggedScalar(tag: string, text: string, at: Place): ScalarNode | undefined {
  const plain = plainScalar(text, at);
  switch (tag) {
    case 'tag:yaml.org,2002:str':
      return { kind: 'string', at, value: text };
    case 'tag:yaml.org,2002:binary':
      return { kind: 'string', at, value: Buffer.from(text, 'base64').toString('utf8') };
    case 'tag:yaml.org,2002:int':
      return plain.kind === 'int' ? plain : undefined;
    case 'tag:yaml.org,2002:float':
      if (plain.kind === 'int') return { kind: 'float', at, value: Number(plain.value) };
      return plain.kind === 'float' ? plain : undefined;
    case 'tag:yaml.org,2002:bool':
      return plain.kind === 'bool' ? plain : undefined;
    case 'tag:yaml.org,2002:null':
      return plain.kind === 'null' ? plain : undefined;
    case 'tag:yaml.org,2002:timestamp':
      return plain.kind === 'timestamp' ? plain : undefined;
    default:
      return { kind: 'string', at, value: text };
  }
}
