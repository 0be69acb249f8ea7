/**
 * Writes a part of the model as the JSON that Docker Compose writes of it, byte for byte.
 *
 * Members come in the order of the shape (shape.ts), zero values are left out, maps are sorted by key, and text is
 * escaped as Go's encoder does. It decides nothing about which members a hash covers (config-hash.ts does).
 */

import type { Field, Shape } from './shape.ts';

/** JSON whose object members keep the order in which they are to be written. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;

/** An object as ordered pairs. */
export class JsonObject {
  readonly members: readonly (readonly [string, Json])[];
  constructor(members: readonly (readonly [string, Json])[]) {
    this.members = members;
  }
}

const NANOSECONDS_PER_SECOND = 1_000_000_000;

/** A duration as Go prints it: `1h0m0s`, `1.5s`, `2m30s`, `10µs`. */
export function formatDuration(ns: number): string {
  if (ns === 0) return '0s';
  const sign = ns < 0 ? '-' : '';
  const abs = Math.abs(ns);
  if (abs < 1000) return `${sign}${abs}ns`;
  if (abs < 1_000_000) return `${sign}${fraction(abs, 1000)}µs`;
  if (abs < NANOSECONDS_PER_SECOND) return `${sign}${fraction(abs, 1_000_000)}ms`;
  const seconds = Math.floor(abs / NANOSECONDS_PER_SECOND);
  const rest = abs - seconds * NANOSECONDS_PER_SECOND;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const inMinute = fraction((seconds % 60) * NANOSECONDS_PER_SECOND + rest, NANOSECONDS_PER_SECOND);
  if (hours > 0) return `${sign}${hours}h${minutes}m${inMinute}s`;
  return minutes > 0 ? `${sign}${minutes}m${inMinute}s` : `${sign}${inMinute}s`;
}

function fraction(value: number, unit: number): string {
  const whole = Math.floor(value / unit);
  const rest = value - whole * unit;
  if (rest === 0) return String(whole);
  const digits = String(rest)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '');
  return `${whole}.${digits}`;
}

/** The number whose shortest text is that of the 32-bit float nearest to `value`. */
export function toFloat32(value: number): number {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single;
  for (let precision = 1; precision <= 9; precision++) {
    const candidate = Number(single.toPrecision(precision));
    if (Math.fround(candidate) === single) return candidate;
  }
  return single;
}

/** Permission bits as Compose prints them: `0440`. */
export function formatMode(mode: number): string {
  return `0${mode.toString(8)}`;
}

/** Orders text by Unicode code points, as Go orders map keys. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above every other UTF-16 unit.
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
  }
  return a.length - b.length;
}

/** Turns a model value into the JSON its shape prescribes. */
export function toJson(value: unknown, shape: Shape): Json {
  switch (shape.is) {
    case 'string':
    case 'bool':
    case 'int':
    case 'ratio':
      return primitive(value);
    case 'bytes':
      return String(value);
    case 'duration':
      return formatDuration(Number(value));
    case 'mode':
      return formatMode(Number(value));
    case 'env-file':
      return isRecord(value) && value['required'] === true
        ? primitive(value['path'])
        : structToJson(value, shape.fields);
    case 'ulimit':
      return isRecord(value) || value === 0 ? structToJson(value, shape.fields) : primitive(value);
    case 'list':
      return Array.isArray(value) ? value.map((item: unknown) => toJson(item, shape.of)) : null;
    case 'map':
      return mapToJson(value, shape.of);
    case 'struct':
      return structToJson(value, shape.fields);
    case 'any':
      return anyToJson(value);
  }
}

function mapToJson(value: unknown, of: Shape): Json {
  if (!isRecord(value)) return new JsonObject([]);
  const keys = Object.keys(value).toSorted(compareText);
  return new JsonObject(keys.map((key) => [key, value[key] === null ? null : toJson(value[key], of)]));
}

function structToJson(value: unknown, fields: readonly Field[]): Json {
  const record = isRecord(value) ? value : {};
  const members: [string, Json][] = [];
  for (const field of fields) {
    const member = record[field.name];
    if (member === undefined || member === null) {
      if (field.print === 'always') members.push([field.printed, null]);
      else if (field.print === 'zero') members.push([field.printed, toJson(zeroOf(field.shape), field.shape)]);
      else if (field.print === 'struct') members.push([field.printed, toJson({}, field.shape)]);
    } else if (field.print !== 'unless-zero' || !isZero(member)) {
      members.push([field.printed, toJson(member, field.shape)]);
    }
  }
  return new JsonObject(members);
}

function zeroOf(shape: Shape): string | number {
  return shape.is === 'string' ? '' : 0;
}

function anyToJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map((item: unknown) => anyToJson(item));
  if (isRecord(value)) {
    return new JsonObject(
      Object.keys(value)
        .toSorted(compareText)
        .map((key) => [key, anyToJson(value[key])]),
    );
  }
  return primitive(value);
}

function primitive(value: unknown): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'number':
    case 'bigint':
      return value;
    default:
      return null;
  }
}

function isZero(value: unknown): boolean {
  if (value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Compact without `indent`; with it one member a line, as Go indents. */
export function writeJson(json: Json, indent = ''): string {
  return write(json, indent, indent === '' ? '' : '\n');
}

function write(json: Json, indent: string, newline: string): string {
  if (json === null) return 'null';
  if (typeof json === 'string') return quote(json);
  if (typeof json === 'number') return writeNumber(json);
  if (typeof json !== 'object') return String(json);
  const inner = newline + indent;
  if (json instanceof JsonObject) {
    if (json.members.length === 0) return '{}';
    const colon = indent === '' ? ':' : ': ';
    const members = json.members.map(([key, value]) => `${inner}${quote(key)}${colon}${write(value, indent, inner)}`);
    return `{${members.join(',')}${newline}}`;
  }
  if (json.length === 0) return '[]';
  return `[${json.map((item) => inner + write(item, indent, inner)).join(',')}${newline}]`;
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  return Object.is(value, -0) ? '-0' : String(value);
}

const NEEDS_ESCAPE = /[\u0000-\u001f"\\<>&\u2028\u2029\ud800-\udfff\u007f]/;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A JSON string as Go's encoder writes it (`<`, `>`, `&` and U+2028/9 escaped). */
function quote(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return `"${text}"`;
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const short = SHORT_ESCAPES[char];
    if (short !== undefined) out += short;
    else if (code < 0x20 || char === '<' || char === '>' || char === '&' || code === 0x2028 || code === 0x2029) {
      out += `\\u${code.toString(16).padStart(4, '0')}`;
    } else if (code >= 0xd800 && code <= 0xdfff) out += '\\ufffd';
    else out += char;
  }
  return `${out}"`;
}
