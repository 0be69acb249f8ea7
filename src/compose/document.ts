/**
 * Syntax tree -> the loader's tree: anchors and merge keys are gone, scalars have their values, `!reset` and
 * `!override` are turned into a list of paths.
 *
 * Aliases are copied, so a small file can ask for a huge tree: the number of nodes and the depth are bounded.
 */

import { formatPath, type Findings, type Path, type Place } from './diagnostic.ts';
import { badNode, listNode, mapNode, nullNode, type Entry, type Node } from './node.ts';
import { plainScalar, taggedScalar } from './scalars.ts';
import { position, type Source } from './source.ts';
import type { ListSyntax, MapSyntax, ScalarSyntax, Syntax } from './syntax.ts';

/** One YAML document of a file. */
export interface Document {
  readonly root: Node;
  /** Paths marked `!reset` or `!override`: what stands there in earlier files is taken out. */
  readonly resets: readonly Path[];
}

/** Of nodes that come from aliases; the others are bounded by the size of the file. */
const MAX_COPIES = 200_000;
const MAX_DEPTH = 100;
const MERGE_KEY = '<<';

/** Builds the tree of a document; faults are reported and leave a `bad` node. */
export function buildDocument(syntax: Syntax, source: Source, findings: Findings): Document {
  const builder = new Builder(source, findings);
  builder.collectAnchors(syntax, 0);
  return { root: builder.build(syntax) ?? nullNode({ source, offset: syntax.offset }), resets: builder.resets };
}

class Builder {
  readonly resets: Path[] = [];
  /** Of the node that is built; changed in place. */
  readonly #path: (string | number)[] = [];
  readonly #source: Source;
  readonly #findings: Findings;
  readonly #anchors = new Map<string, Syntax>();
  /** Aliases resolve to the nearest anchor before them. */
  readonly #aliases = new Map<Syntax, Syntax>();
  readonly #open = new Set<Syntax>();
  #copies = 0;
  /** Aliases that the node which is built is inside of. */
  #aliasDepth = 0;
  #stopped = false;

  constructor(source: Source, findings: Findings) {
    this.#source = source;
    this.#findings = findings;
  }

  collectAnchors(syntax: Syntax, depth: number): void {
    if (depth > MAX_DEPTH) return;
    if (syntax.anchor !== undefined) this.#anchors.set(syntax.anchor, syntax);
    if (syntax.kind === 'alias') {
      const target = this.#anchors.get(syntax.name);
      if (target !== undefined) this.#aliases.set(syntax, target);
    } else if (syntax.kind === 'list') {
      for (const item of syntax.items) this.collectAnchors(item, depth + 1);
    } else if (syntax.kind === 'map') {
      for (const { key, value } of syntax.pairs) {
        this.collectAnchors(key, depth + 1);
        this.collectAnchors(value, depth + 1);
      }
    }
  }

  /** Undefined: the node is marked `!reset` and is not there at all. */
  build(syntax: Syntax): Node | undefined {
    const path = this.#path;
    const at = this.#place(syntax);
    if (this.#stopped) return badNode(at);
    if (this.#aliasDepth > 0) this.#copies++;
    if (this.#copies > MAX_COPIES || path.length > MAX_DEPTH) {
      this.#stopped = true;
      const message =
        path.length > MAX_DEPTH ? 'the file is nested too deeply' : 'the aliases of the file expand to too many values';
      this.#findings.error({ code: 'yaml-too-complex', message, at });
      return badNode(at);
    }
    if (syntax.tag === '!reset') {
      this.resets.push([...path]);
      return undefined;
    }
    if (syntax.tag === '!override') this.resets.push([...path]);
    switch (syntax.kind) {
      case 'alias':
        return this.#alias(syntax);
      case 'scalar':
        return this.#scalar(syntax, at);
      case 'list':
        return this.#list(syntax, at);
      case 'map':
        return this.#map(syntax, at);
    }
  }

  #alias(syntax: Syntax): Node | undefined {
    const at = this.#place(syntax);
    const target = this.#aliases.get(syntax);
    const name = syntax.kind === 'alias' ? syntax.name : '';
    if (target === undefined) return this.#fail('yaml-syntax', `unknown anchor "${name}" referenced`, at);
    if (this.#open.has(target)) return this.#fail('cycle', `the anchor "${name}" contains itself`, at);
    this.#aliasDepth++;
    const node = this.build(target);
    this.#aliasDepth--;
    return node;
  }

  #scalar(syntax: ScalarSyntax, at: Place): Node {
    if (syntax.tag === undefined) {
      return syntax.plain ? plainScalar(syntax.text, at) : { kind: 'string', at, value: syntax.text };
    }
    if (syntax.tag === '!') return { kind: 'string', at, value: syntax.text };
    const node = taggedScalar(syntax.tag, syntax.text, at);
    if (node !== undefined) return node;
    const type = syntax.tag.split(':').at(-1) ?? '';
    return this.#fail('wrong-type', `cannot read "${syntax.text}" as !!${type}`, at);
  }

  #list(syntax: ListSyntax, at: Place): Node {
    this.#open.add(syntax);
    const items: Node[] = [];
    for (const [index, item] of syntax.items.entries()) {
      this.#path.push(index);
      const node = this.build(item);
      this.#path.pop();
      if (node !== undefined) items.push(node);
    }
    this.#open.delete(syntax);
    return listNode(at, items);
  }

  #map(syntax: MapSyntax, at: Place): Node {
    this.#open.add(syntax);
    const own = mapNode(at);
    const seen = new Map<string, number>();
    const merged: Syntax[] = [];
    for (const { key, value } of syntax.pairs) {
      const name = this.#keyText(key);
      if (name === undefined) continue;
      if (seen.has(name)) this.#duplicate(name, seen.get(name) ?? 0, key);
      else seen.set(name, key.offset);
      if (name === MERGE_KEY && key.kind === 'scalar' && key.plain) merged.push(value);
      else this.#addEntry(own.entries, name, key, value);
    }
    for (const value of merged) this.#merge(own.entries, value);
    this.#open.delete(syntax);
    return own;
  }

  #addEntry(entries: Map<string, Entry>, name: string, key: Syntax, value: Syntax): void {
    this.#path.push(name);
    const node = this.build(value);
    this.#path.pop();
    if (node !== undefined) entries.set(name, { key: name, at: this.#place(key), value: node });
  }

  #duplicate(name: string, first: number, key: Syntax): void {
    const { line } = position(this.#source, first);
    const message = `mapping key "${name}" already defined at line ${line}`;
    this.#fail('duplicate-key', message, this.#place(key), name);
  }

  /** `<<`: entries that the mapping does not have itself; of several sources the earlier wins. */
  #merge(entries: Map<string, Entry>, value: Syntax): void {
    const target = value.kind === 'alias' ? (this.#aliases.get(value) ?? value) : value;
    const sources = target.kind === 'list' && !this.#open.has(target) ? target.items : [value];
    for (const source of sources) {
      const node = this.build(source);
      if (node === undefined || node.kind === 'bad') continue;
      if (node.kind !== 'map') {
        this.#fail('wrong-type', 'a merge key takes a mapping or a list of mappings', node.at, MERGE_KEY);
        continue;
      }
      for (const entry of node.entries.values()) if (!entries.has(entry.key)) entries.set(entry.key, entry);
    }
  }

  #keyText(key: Syntax): string | undefined {
    const path = this.#path;
    const target = key.kind === 'alias' ? this.#aliases.get(key) : key;
    const at = this.#place(key);
    if (target?.kind === 'scalar') {
      const node = this.#scalar(target, at);
      if (node.kind === 'string') return node.value;
      if (node.kind === 'bad') return undefined;
    }
    const shown = target?.kind === 'scalar' ? target.text || 'null' : (target?.kind ?? 'alias');
    const where = path.length === 0 ? 'at top level' : `in ${formatPath(path)}`;
    const message = `non-string key ${where}: ${shown}`;
    this.#findings.error({
      code: 'non-string-key',
      message,
      at,
      path,
      expected: 'a string',
      remedy: `quote it: "${shown}"`,
    });
    return undefined;
  }

  #fail(
    code: 'yaml-syntax' | 'cycle' | 'wrong-type' | 'duplicate-key',
    message: string,
    at: Place,
    key?: string,
  ): Node {
    this.#findings.error({ code, message, at, path: key === undefined ? this.#path : [...this.#path, key] });
    return badNode(at);
  }

  #place(syntax: Syntax): Place {
    return { source: this.#source, offset: syntax.offset };
  }
}
