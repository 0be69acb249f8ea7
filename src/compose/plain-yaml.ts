/**
 * Reads the YAML that nearly every Compose file is made of: block mappings and lists, plain and quoted scalars on one
 * line, flow collections, literal blocks, anchors, aliases, comments.
 *
 * It never guesses: whatever it is not sure of (tags, folded scalars, several documents, tabs, any error) makes it
 * give up, and the yaml library reads the file instead. It exists because that library takes most of the time of a
 * load, and a watcher loads again at every change.
 */

import { FlowReader, GiveUp, isBlank, quotedEnd } from './plain-flow.ts';
import type { ListSyntax, MapSyntax, Syntax } from './syntax.ts';

const MAX_DEPTH = 60;
const LONE_RETURN = /\r(?!\n)/;
const MARKER_LINE = /^(---|\.\.\.)/m;
const CARRIAGE_RETURN = 13;
const TAB = 9;
const SPACE = 32;
const HASH = 35;
const DASH = 45;
const COLON = 58;

/** The tree of a file's only document; undefined when this reader is not the one to read it. */
export function readPlainYaml(text: string): Syntax | undefined {
  if (text.includes('\r') && LONE_RETURN.test(text)) return undefined;
  try {
    return new BlockReader(text).document();
  } catch (error) {
    if (error instanceof GiveUp) return undefined;
    throw error;
  }
}

class BlockReader {
  readonly #text: string;
  readonly #flow: FlowReader;
  /** Of the current line, which is neither blank nor a comment: its columns before the content, and the content. */
  #indent: number = -1;
  #start = 0;
  #end = 0;
  /** Where the line after the current one begins. */
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#flow = new FlowReader(text);
  }

  document(): Syntax {
    this.#advance();
    if (this.#indent === 0 && this.#text.slice(this.#start, this.#end) === '---') this.#advance();
    if (this.#indent !== 0) throw new GiveUp();
    const root = /[[{]/.test(this.#text[this.#start] ?? '') ? this.#flowDocument() : this.#block();
    if (!this.#isAtEnd()) throw new GiveUp();
    return root;
  }

  /** JSON, as programs write it. A marker of another document would pass for a scalar. */
  #flowDocument(): Syntax {
    if (MARKER_LINE.test(this.#text.slice(this.#start))) throw new GiveUp();
    return this.#collection(-1, this.#start);
  }

  /** To the next line that says something; the indent is -1 at the end of the text. */
  #advance(): void {
    const text = this.#text;
    for (let at = this.#next; at < text.length; at = this.#next) {
      const feed = text.indexOf('\n', at);
      let end = feed === -1 ? text.length : feed;
      this.#next = end + 1;
      if (end > at && text.charCodeAt(end - 1) === CARRIAGE_RETURN) end--;
      let start = at;
      while (start < end && text.charCodeAt(start) === SPACE) start++;
      if (start === end || text.charCodeAt(start) === HASH) continue;
      if (text.charCodeAt(start) === TAB) throw new GiveUp();
      if (start === at && isMarker(text, at, end) && at > 0) throw new GiveUp();
      this.#indent = start - at;
      this.#start = start;
      this.#end = end;
      return;
    }
    this.#indent = -1;
  }

  #isAtEnd(): boolean {
    return this.#indent === -1;
  }

  #block(): Syntax {
    if (++this.#depth > MAX_DEPTH) throw new GiveUp();
    const block = this.#isItem() ? this.#list() : this.#map();
    this.#depth--;
    return block;
  }

  #isItem(): boolean {
    if (this.#text.charCodeAt(this.#start) !== DASH) return false;
    return this.#start + 1 === this.#end || this.#text.charCodeAt(this.#start + 1) === SPACE;
  }

  #list(): ListSyntax {
    const indent = this.#indent;
    const offset = this.#start;
    const items: Syntax[] = [];
    while (this.#indent === indent && this.#isItem()) {
      let at = this.#start + 1;
      while (at < this.#end && this.#text.charCodeAt(at) === SPACE) at++;
      items.push(this.#item(indent, at));
    }
    if (this.#indent > indent) throw new GiveUp();
    return { kind: 'list', offset, items };
  }

  #item(indent: number, at: number): Syntax {
    if (at === this.#end || this.#text.charCodeAt(at) === HASH) return this.#value(indent, this.#end, false);
    const isNested =
      this.#text.charCodeAt(at) === DASH && (at + 1 === this.#end || this.#text.charCodeAt(at + 1) === SPACE);
    if (!isNested && this.#keyEnd(at) === -1) return this.#value(indent, at, false);
    // `- key: value`: the rest of the line is the first line of a block that begins at this column.
    this.#indent += at - this.#start;
    this.#start = at;
    return this.#block();
  }

  #map(): MapSyntax {
    const indent = this.#indent;
    const offset = this.#start;
    const pairs: { key: Syntax; value: Syntax }[] = [];
    while (this.#indent === indent) {
      const keyStart = this.#start;
      const keyEnd = this.#keyEnd(keyStart);
      if (keyEnd === -1) throw new GiveUp();
      const key = this.#key(keyStart, keyEnd);
      let at = this.#text.indexOf(':', keyEnd) + 1;
      while (at < this.#end && this.#text.charCodeAt(at) === SPACE) at++;
      pairs.push({ key, value: this.#value(indent, at, true) });
      if (this.#indent === indent && this.#isItem()) throw new GiveUp();
    }
    if (this.#indent > indent) throw new GiveUp();
    return { kind: 'map', offset, pairs };
  }

  /** Where the key that begins at `at` ends; -1 when no key begins there. */
  #keyEnd(at: number): number {
    const text = this.#text;
    const first = text[at];
    if (first === '"' || first === "'") {
      const close = quotedEnd(text, at, this.#end);
      if (close === -1 || text.charCodeAt(close) !== COLON) return -1;
      return close + 1 === this.#end || text.charCodeAt(close + 1) === SPACE ? close : -1;
    }
    for (let i = at; i < this.#end; i++) {
      const code = text.charCodeAt(i);
      if (code === COLON && (i + 1 === this.#end || text.charCodeAt(i + 1) === SPACE)) return i;
      if (code === HASH && text.charCodeAt(i - 1) === SPACE) return -1;
      if (code === TAB) throw new GiveUp();
    }
    return -1;
  }

  #key(start: number, end: number): Syntax {
    const text = this.#text.slice(start, end);
    if (text.startsWith('"') || text.startsWith("'")) return this.#flow.quoted(start, end);
    if (text === '' || /^[-?:,[\]{}#&*!|>%@`]/.test(text) || text.endsWith(' ')) throw new GiveUp();
    return { kind: 'scalar', offset: start, text, plain: true };
  }

  /** What stands at `at` on the current line, or below it; leaves the reader on the line after it. */
  #value(indent: number, at: number, inMap: boolean): Syntax {
    const text = this.#text;
    switch (text.charCodeAt(at < this.#end ? at : -1)) {
      case 0x26: // &
        return this.#anchored(indent, at, inMap);
      case 0x2a: // *
        return this.#leave(indent, this.#flow.alias(at, this.#end));
      case 0x5b: // [
      case 0x7b: // {
        return this.#collection(indent, at);
      case 0x22: // "
      case 0x27: {
        const close = quotedEnd(text, at, this.#end);
        if (close === -1 || !isBlank(text, close, this.#end)) throw new GiveUp();
        return this.#leave(indent, this.#flow.quoted(at, close));
      }
      case 0x7c: // |
        return this.#literal(indent, at);
      default:
        if (isBlank(text, at, this.#end)) return this.#below(indent, at, inMap);
        return this.#leave(indent, this.#flow.plain(at, this.#end, false));
    }
  }

  #anchored(indent: number, at: number, inMap: boolean): Syntax {
    const name = this.#flow.nameAt(at + 1, this.#end);
    let rest = at + 1 + name.length;
    while (rest < this.#end && this.#text.charCodeAt(rest) === SPACE) rest++;
    const first = this.#text.charCodeAt(rest < this.#end ? rest : -1);
    if (first === 0x26 || first === 0x2a || (!inMap && rest < this.#end)) throw new GiveUp();
    return { ...this.#value(indent, rest, inMap), anchor: name };
  }

  /** A value on the lines below, or none at all. */
  #below(indent: number, at: number, inMap: boolean): Syntax {
    const end = Math.min(at, this.#end);
    this.#advance();
    if (this.#indent > indent) return this.#block();
    if (inMap && this.#indent === indent && this.#isItem()) return this.#list();
    return { kind: 'scalar', offset: end, text: '', plain: true };
  }

  /** After a value that ends on its line: what follows must not continue it. */
  #leave(indent: number, value: Syntax): Syntax {
    this.#advance();
    if (this.#indent > indent) throw new GiveUp();
    return value;
  }

  #collection(indent: number, at: number): Syntax {
    const value = this.#flow.collection(at, indent);
    const close = this.#flow.at;
    const feed = this.#text.indexOf('\n', close);
    const end = feed === -1 ? this.#text.length : feed;
    if (!isBlank(this.#text, close, end)) throw new GiveUp();
    this.#next = end + 1;
    return this.#leave(indent, value);
  }

  /** `|` or `|-`, with the lines below as they are. */
  #literal(indent: number, at: number): Syntax {
    const header = this.#text.slice(at, this.#end);
    if (header !== '|' && header !== '|-') throw new GiveUp();
    const lines: string[] = [];
    let margin = -1;
    let lastFilled = 0;
    let from = this.#next;
    for (; from < this.#text.length;) {
      const feed = this.#text.indexOf('\n', from);
      const end = feed === -1 ? this.#text.length : feed;
      const line = this.#text.slice(from, end);
      const content = /[^ ]/.exec(line)?.index ?? -1;
      if (line.includes('\r') || line.includes('\t')) throw new GiveUp();
      if (content !== -1 && margin === -1) {
        if (content <= indent || lines.length > 0) throw new GiveUp();
        margin = content;
      }
      if (content !== -1 && content < margin) {
        if (content > indent) throw new GiveUp();
        break;
      }
      if (content === -1 && line.length > Math.max(margin, 0)) throw new GiveUp();
      lines.push(content === -1 ? '' : line.slice(margin));
      if (content !== -1) lastFilled = lines.length;
      from = end + 1;
    }
    if (lastFilled === 0) throw new GiveUp();
    this.#next = from;
    this.#advance();
    const body = lines.slice(0, lastFilled).join('\n');
    return { kind: 'scalar', offset: at, text: header === '|' ? `${body}\n` : body, plain: false };
  }
}

/** `---`, `...` or `%` at the beginning of a line. */
function isMarker(text: string, at: number, end: number): boolean {
  const head = text.slice(at, Math.min(end, at + 4));
  return head.startsWith('%') || /^(---|\.\.\.)(\s|$)/.test(head);
}
