/**
 * Reads `.env`, env files and label files.
 *
 * The grammar is that of Compose's own reader: `KEY=value`, `KEY: value`, `export`, bare keys, comments, quotes that
 * may span lines. `raw` files are read line by line with nothing interpreted, as `docker run --env-file` does. What is
 * wrong with them is said by line and key, without any of their text beyond: it may be a secret, or a part of one that
 * spans lines.
 */

import { substitute, type Lookup, type TemplateListener } from './template.ts';

export interface DotenvFault {
  readonly message: string;
  /** From 1. */
  readonly line: number;
}

export interface DotenvContext {
  /** Variables from outside the file; they win over those of the file. */
  readonly lookup: Lookup;
  readonly listener: TemplateListener;
}

const SPACE_IN_LINE = new Set(['\t', '\v', '\f', '\r', ' ', '\u0085', '\u00a0']);
const SPACE = /\s|\u0085/u;
const KEY_CHAR = /[_.\-[\]\p{L}\p{N}]/u;
const ESCAPES = /\\(?:[abcfnrtv$"\\]|0\d{0,3})/g;

/** Adds the variables of a file to `values`; a fault ends the reading. */
export function parseDotenv(
  text: string,
  values: Map<string, string>,
  context: DotenvContext,
): DotenvFault | undefined {
  return new DotenvParser(text, values, context).parse();
}

class DotenvParser {
  readonly #text: string;
  readonly #values: Map<string, string>;
  readonly #context: DotenvContext;
  #at = 0;

  constructor(text: string, values: Map<string, string>, context: DotenvContext) {
    this.#text = text.startsWith('\uFEFF') ? text.slice(1) : text;
    this.#values = values;
    this.#context = context;
  }

  parse(): DotenvFault | undefined {
    while (this.#skipToStatement()) {
      const fault = this.#statement();
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** Past blanks, empty lines and comment lines; false at the end of the file. */
  #skipToStatement(): boolean {
    for (;;) {
      while (this.#at < this.#text.length && SPACE.test(this.#text[this.#at] ?? '')) this.#at++;
      if (this.#at >= this.#text.length) return false;
      if (this.#text[this.#at] !== '#') return true;
      const end = this.#text.indexOf('\n', this.#at);
      if (end === -1) return false;
      this.#at = end;
    }
  }

  #statement(): DotenvFault | undefined {
    const start = this.#at;
    const exported = /^export\s+/.exec(this.#text.slice(start, start + 64));
    if (exported !== null) {
      this.#at += 'export'.length;
      this.#skipSpaceInLine();
    }
    const keyStart = this.#at;
    let end = keyStart;
    let separator = '';
    for (; end < this.#text.length && separator === ''; end++) {
      const char = String.fromCodePoint(this.#text.codePointAt(end) ?? 0);
      if (char === '=' || char === ':' || char === '\n') separator = char;
      else if (!SPACE_IN_LINE.has(char) && !KEY_CHAR.test(char)) return this.#badKey(char, end);
      if (char.length === 2) end++;
    }
    if (separator === '') return this.#bareKeyAtEnd(keyStart);
    const key = this.#text.slice(keyStart, end - 1).trimEnd();
    if (key.includes(' ')) return this.#fault(`key cannot contain a space`, keyStart);
    this.#at = end;
    if (separator === '\n') return this.#inherit(key);
    this.#skipSpaceInLine();
    return this.#value(key);
  }

  /** A last line without `=` and without an end has no key at all for the reference: it is an empty one. */
  #bareKeyAtEnd(keyStart: number): DotenvFault | undefined {
    const rest = this.#text.slice(keyStart);
    this.#at = this.#text.length;
    return rest === '' ? this.#fault('zero length string', keyStart) : this.#assign('', rest);
  }

  #inherit(key: string): undefined {
    const value = this.#context.lookup(key);
    if (value !== undefined) {
      this.#context.listener.used?.(key, value);
      this.#values.set(key, value);
    }
    return undefined;
  }

  #value(key: string): DotenvFault | undefined {
    const quote = this.#text[this.#at];
    if (quote === '"' || quote === "'") return this.#quoted(key, quote);
    const lineEnd = this.#text.indexOf('\n', this.#at);
    const line = this.#text.slice(this.#at, lineEnd === -1 ? undefined : lineEnd);
    const start = this.#at;
    this.#at = lineEnd === -1 ? this.#text.length : lineEnd + 1;
    const comment = line.indexOf(' #');
    return this.#assign(key, (comment === -1 ? line : line.slice(0, comment)).trimEnd(), start);
  }

  #quoted(key: string, quote: string): DotenvFault | undefined {
    const start = this.#at;
    let out = '';
    let escaped = false;
    for (let i = start + 1; i < this.#text.length; i++) {
      const char = this.#text[i] ?? '';
      if (char === quote && !escaped) {
        this.#at = i + 1;
        return quote === '"' ? this.#assign(key, expandEscapes(out), start) : this.#set(key, out);
      }
      if (!escaped && char === '\\') {
        escaped = true;
        continue;
      }
      if (escaped && char !== quote) out += '\\';
      escaped = false;
      out += char;
    }
    return this.#fault(`unterminated quoted value of ${key}`, start);
  }

  /** Sets a key to a text whose variables are substituted. */
  #assign(key: string, template: string, at = this.#at): DotenvFault | undefined {
    const { lookup, listener } = this.#context;
    const result = substitute(template, (name) => lookup(name) ?? this.#values.get(name), listener);
    if (result.ok) return this.#set(key, result.text);
    if (result.fault.kind === 'required') {
      const reason = result.fault.reason === '' ? '' : `: ${result.fault.reason}`;
      return this.#fault(`required variable ${result.fault.name} is missing a value${reason}`, at);
    }
    const problem = result.fault.kind === 'format' ? 'invalid interpolation format in' : 'too long:';
    return this.#fault(`${problem} the value of ${key}`, at);
  }

  #set(key: string, value: string): undefined {
    this.#values.set(key, value);
    return undefined;
  }

  #skipSpaceInLine(): void {
    while (SPACE_IN_LINE.has(this.#text[this.#at] ?? '')) this.#at++;
  }

  #badKey(char: string, at: number): DotenvFault {
    return this.#fault(`unexpected character ${JSON.stringify(char)} in a variable name`, at);
  }

  #fault(message: string, at: number): DotenvFault {
    let line = 1;
    for (let i = this.#text.indexOf('\n'); i !== -1 && i < at; i = this.#text.indexOf('\n', i + 1)) line++;
    return { message, line };
  }
}

/** The escapes that double quotes allow; any other backslash stays. */
function expandEscapes(text: string): string {
  return text.replace(ESCAPES, (match) => {
    const code = match[1] ?? '';
    // `$$` is what the substitution that follows turns into a literal dollar sign.
    if (code === '$') return '$$';
    if (code === '0') {
      const octal = match.slice(2);
      return octal.length === 3 && /^[0-3]?[0-7]{2,3}$/.test(octal)
        ? String.fromCodePoint(Number.parseInt(octal, 8))
        : match;
    }
    return SIMPLE_ESCAPES[code] ?? match;
  });
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  '\\': '\\',
};

/** Adds the variables of a file in `raw` format: the text after `=`, as it is. */
export function parseRawEnv(text: string, values: Map<string, string>, lookup: Lookup): DotenvFault | undefined {
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split(/\r?\n/);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    const key = equals === -1 ? line : line.slice(0, equals);
    if (key === '') return { message: 'there is no variable name before the =', line: index + 1 };
    if (/\s/.test(key)) return { message: 'a variable name contains whitespace', line: index + 1 };
    const value = equals === -1 ? lookup(key) : line.slice(equals + 1);
    if (value !== undefined) values.set(key, value);
  }
  return undefined;
}
