/**
 * The part of plain-yaml.ts that reads within a line: scalars, aliases, flow collections.
 *
 * Like it, it gives up (throws GiveUp) on anything it is not sure of.
 */

import type { AliasSyntax, ScalarSyntax, Syntax } from './syntax.ts';

/** Thrown to hand the file over to the yaml library; never leaves plain-yaml.ts. */
export class GiveUp extends Error {
  override readonly name = 'GiveUp';

  constructor() {
    super('not plain YAML');
  }
}

const MAX_DEPTH = 30;
/** Characters that a plain scalar may not begin with here: indicators, and those that need a closer look. */
const BAD_FIRST = new Set('-?:,[]{}#&*!|>\'"%@`'.split(''));
const FLOW_END = new Set(',[]{}'.split(''));
const NAME = /[a-zA-Z0-9_.-]+/y;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '"': '"',
  '\\': '\\',
  '0': '\0',
  e: '\u001b',
};

export class FlowReader {
  readonly #text: string;
  /** After `collection`: where it ended. */
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The name of an anchor or alias. */
  nameAt(at: number, end: number): string {
    NAME.lastIndex = at;
    const name = NAME.exec(this.#text)?.[0] ?? '';
    const after = this.#text[at + name.length];
    const isEnd = at + name.length >= end || after === ' ' || (after !== undefined && FLOW_END.has(after));
    if (name === '' || !isEnd) throw new GiveUp();
    return name;
  }

  /** An alias that ends the line. */
  alias(at: number, end: number): AliasSyntax {
    const name = this.nameAt(at + 1, end);
    if (!isBlank(this.#text, at + 1 + name.length, end)) throw new GiveUp();
    return { kind: 'alias', offset: at, name };
  }

  /** A quoted scalar from its opening quote to just after its closing one. */
  quoted(at: number, close: number): ScalarSyntax {
    const raw = this.#text.slice(at + 1, close - 1);
    if (/[\t\r\n]/.test(raw)) throw new GiveUp();
    const text = this.#text[at] === "'" ? raw.replaceAll("''", "'") : unescape(raw);
    return { kind: 'scalar', offset: at, text, plain: false };
  }

  /** A plain scalar up to `end` or a comment; in a flow collection also up to its punctuation. */
  plain(at: number, end: number, inFlow: boolean): ScalarSyntax {
    const text = this.#text;
    const first = text[at] ?? '';
    const isNegative = first === '-' && /[^ ,[\]{}]/.test(text[at + 1] ?? ' ') && at + 1 < end;
    const isOdd = (first === ':' || first === '?') && !inFlow && text[at + 1] !== ' ' && at + 1 < end;
    if (BAD_FIRST.has(first) && !isNegative && !isOdd) throw new GiveUp();
    let i = at;
    for (; i < end; i++) {
      const char = text[i] ?? '';
      if (char === '#' && text[i - 1] === ' ') break;
      if (char === ':' && (i + 1 >= end || text[i + 1] === ' ' || (inFlow && FLOW_END.has(text[i + 1] ?? '')))) {
        if (!inFlow) throw new GiveUp();
        break;
      }
      if (inFlow && FLOW_END.has(char)) break;
      if (char === '\t' || char === '\r') throw new GiveUp();
    }
    this.at = i;
    return { kind: 'scalar', offset: at, text: text.slice(at, i).trimEnd(), plain: true };
  }

  /** A flow list or mapping; its further lines must be indented by more than `indent`. */
  collection(at: number, indent: number): Syntax {
    this.at = at;
    return this.#collection(indent, 0);
  }

  #collection(indent: number, depth: number): Syntax {
    if (depth > MAX_DEPTH) throw new GiveUp();
    const offset = this.at;
    const isMap = this.#text[offset] === '{';
    const close = isMap ? '}' : ']';
    const pairs: { key: Syntax; value: Syntax }[] = [];
    const items: Syntax[] = [];
    this.at++;
    for (;;) {
      this.#skipSpace(indent);
      if (this.#text[this.at] === close) break;
      if (isMap) pairs.push(this.#pair(indent, depth));
      else items.push(this.#item(indent, depth));
      this.#skipSpace(indent);
      const after = this.#text[this.at];
      if (after === ',') this.at++;
      else if (after !== close) throw new GiveUp();
    }
    this.at++;
    return isMap ? { kind: 'map', offset, pairs } : { kind: 'list', offset, items };
  }

  #pair(indent: number, depth: number): { key: Syntax; value: Syntax } {
    const key = this.#scalar();
    if (this.#text[this.at] !== ':') throw new GiveUp();
    this.at++;
    const after = this.#text[this.at] ?? '';
    if (key.plain && after !== ' ' && after !== '\n' && !FLOW_END.has(after)) throw new GiveUp();
    this.#skipSpace(indent);
    const next = this.#text[this.at] ?? '';
    if (next === ',' || next === '}') return { key, value: { kind: 'scalar', offset: this.at, text: '', plain: true } };
    return { key, value: this.#item(indent, depth) };
  }

  #item(indent: number, depth: number): Syntax {
    const first = this.#text[this.at] ?? '';
    if (first === '[' || first === '{') return this.#collection(indent, depth + 1);
    if (first === '*') {
      const offset = this.at;
      const name = this.nameAt(offset + 1, this.#lineEnd());
      this.at += name.length + 1;
      return { kind: 'alias', offset, name };
    }
    const scalar = this.#scalar();
    // `[a: b]` and `[a` with more on the next line are for the library.
    const after = this.#text[this.at] ?? '';
    if (after === ':' || (scalar.plain && after !== ',' && after !== ']' && after !== '}')) throw new GiveUp();
    return scalar;
  }

  #scalar(): ScalarSyntax {
    const { at } = this;
    const end = this.#lineEnd();
    const first = this.#text[at];
    if (first !== '"' && first !== "'") return this.plain(at, end, true);
    const close = quotedEnd(this.#text, at, end);
    if (close === -1) throw new GiveUp();
    this.at = close;
    return this.quoted(at, close);
  }

  #lineEnd(): number {
    const feed = this.#text.indexOf('\n', this.at);
    const end = feed === -1 ? this.#text.length : feed;
    return this.#text[end - 1] === '\r' ? end - 1 : end;
  }

  /** Past blanks, line ends and comments. */
  #skipSpace(indent: number): void {
    const text = this.#text;
    for (;;) {
      const char = text[this.at];
      if (char === ' ') this.at++;
      else if (char === '#' && text[this.at - 1] === ' ') this.at = this.#lineEnd();
      else if (char === '\r' && text[this.at + 1] === '\n') this.at++;
      else if (char === '\n') this.#nextLine(indent);
      else return;
    }
  }

  #nextLine(indent: number): void {
    const start = ++this.at;
    while (this.#text[this.at] === ' ') this.at++;
    const char = this.#text[this.at];
    const isEmpty = char === '\n' || char === '\r' || char === '#';
    if (!isEmpty && this.at - start <= indent) throw new GiveUp();
    if (char === '#') this.at = this.#lineEnd();
  }
}

/** Just after the quote that closes the one at `at`; -1 when it is not closed before `end`. */
export function quotedEnd(text: string, at: number, end: number): number {
  const quote = text[at];
  for (let i = at + 1; i < end; i++) {
    const char = text[i];
    if (char === '\\' && quote === '"') i++;
    else if (char === quote && quote === "'" && text[i + 1] === "'") i++;
    else if (char === quote) return i + 1;
  }
  return -1;
}

/** Nothing but spaces, and perhaps a comment. */
export function isBlank(text: string, from: number, end: number): boolean {
  let at = from;
  while (at < end && (text[at] === ' ' || text[at] === '\r')) at++;
  return at >= end || (text[at] === '#' && (at > from || text[at - 1] === ' '));
}

function unescape(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replaceAll(/\\(.)/gsu, (_, char: string) => {
    const value = ESCAPES[char];
    if (value === undefined) throw new GiveUp();
    return value;
  });
}
