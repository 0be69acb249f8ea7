/**
 * What is wrong with a Compose file, said so that a person or a program can act on it.
 *
 * Stages add diagnostics and go on wherever they can, so that one run names every fault. A diagnostic is data; how
 * it looks on a terminal is decided in src/cli/render.
 */

import { position, type Source } from './source.ts';

export type DiagnosticCode =
  | 'file-not-found'
  | 'file-unreadable'
  | 'file-too-large'
  | 'not-text'
  | 'yaml-syntax'
  | 'yaml-too-complex'
  | 'duplicate-key'
  | 'non-string-key'
  | 'empty-file'
  | 'interpolation'
  | 'missing-variable'
  | 'unset-variable'
  | 'unknown-key'
  | 'missing-key'
  | 'wrong-type'
  | 'invalid-value'
  | 'duplicate-item'
  | 'merge-conflict'
  | 'extends'
  | 'include'
  | 'cycle'
  | 'undefined-reference'
  | 'conflict'
  | 'env-file'
  | 'project-name'
  | 'unsupported'
  | 'obsolete'
  | 'ambiguous-file';

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  /** One sentence; names the subject. */
  readonly message: string;
  /** Absolute path, or `-` for standard input. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** From 1, in UTF-16 units. */
  readonly column?: number;
  /** Where in the document: `services.web.ports[0]`. */
  readonly path?: string;
  /** What may stand there. */
  readonly expected?: string;
  /** The known word that was probably meant. */
  readonly suggestion?: string;
  /** What to do about it, as an imperative. */
  readonly remedy?: string;
  /** The line of the file it points at, for rendering. */
  readonly sourceLine?: string;
}

/** A place in a file. */
export interface Place {
  readonly source: Source;
  readonly offset: number;
}

/** Where in a document, from the root: keys and list positions. */
export type Path = readonly (string | number)[];

export interface Finding {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly at?: Place | undefined;
  readonly file?: string | undefined;
  readonly path?: Path | undefined;
  readonly expected?: string | undefined;
  readonly suggestion?: string | undefined;
  readonly remedy?: string | undefined;
  /** Its line is not shown: values of variables stand there, which may be secret. Default false. */
  readonly hidesLine?: boolean;
}

/** By file and place; those without a place come first. */
export function byPlace(a: Diagnostic, b: Diagnostic): number {
  const [fileA, fileB] = [a.file ?? '', b.file ?? ''];
  if (fileA !== fileB) return fileA < fileB ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** Text of a path: `services.web.ports[0]`. */
export function formatPath(path: Path): string {
  let out = '';
  for (const part of path) {
    if (typeof part === 'number') out += `[${part}]`;
    else out += out === '' ? part : `.${part}`;
  }
  return out;
}

/** Faults of no single part that leave the rest of the model readable. */
const PARTLESS = new Set<DiagnosticCode>(['unknown-key', 'project-name']);

/** More than this many are never of use, and a hostile file must not fill the memory with them. */
const LIMIT = 500;

/** Collects what the stages find; equal findings (same place, same text) count once. */
export class Findings {
  readonly errors: Diagnostic[] = [];
  readonly warnings: Diagnostic[] = [];
  /** Parts of the model with at least one error: `services.web`, `networks.front`. */
  readonly brokenParts = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #places = new Map<Source, Set<number>>();
  /** True once an error was found that belongs to no single part, so that later stages cannot go on. */
  fatal = false;

  error(finding: Finding): void {
    const [section, name] = finding.path ?? [];
    if (typeof section === 'string' && typeof name === 'string') this.brokenParts.add(partKey(section, name));
    else if (!PARTLESS.has(finding.code)) this.fatal = true;
    if (finding.at !== undefined) this.#mark(finding.at);
    this.#add(this.errors, finding, 'error');
  }

  warn(finding: Finding): void {
    this.#add(this.warnings, finding, 'warning');
  }

  /** Further errors are not kept: finding out more about them is for nothing. */
  get isFull(): boolean {
    return this.errors.length >= LIMIT;
  }

  /** Something is wrong at this very place. */
  hasErrorAt(place: Place): boolean {
    return this.#places.get(place.source)?.has(place.offset) === true;
  }

  isBroken(section: string, name: string): boolean {
    return this.brokenParts.has(partKey(section, name));
  }

  #mark({ source, offset }: Place): void {
    const offsets = this.#places.get(source);
    if (offsets === undefined) this.#places.set(source, new Set([offset]));
    else offsets.add(offset);
  }

  #add(list: Diagnostic[], finding: Finding, severity: 'error' | 'warning'): void {
    if (list.length >= LIMIT) return;
    const { at, file, message } = finding;
    const key = `${at?.source.path ?? file}:${at?.offset}:${message}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    list.push(toDiagnostic(finding, severity));
  }
}

function partKey(section: string, name: string): string {
  return `${section}\u0000${name}`;
}

/** A message may quote a value, and a value may be as long as its file. */
const LONGEST_MESSAGE = 600;

function shorten(text: string): string {
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}...` : text;
}

function toDiagnostic(finding: Finding, severity: 'error' | 'warning'): Diagnostic {
  const { at, path, expected, suggestion, remedy, hidesLine = false } = finding;
  const place = at === undefined ? undefined : position(at.source, at.offset);
  const file = at?.source.path ?? finding.file;
  return {
    code: finding.code,
    severity,
    message: shorten(finding.message),
    ...(file === undefined ? {} : { file }),
    ...(place === undefined ? {} : { line: place.line, column: place.column }),
    ...(place === undefined || hidesLine ? {} : { sourceLine: place.text }),
    ...(path === undefined || path.length === 0 ? {} : { path: formatPath(path) }),
    ...(expected === undefined ? {} : { expected }),
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}
