/**
 * Reads the files of one load and remembers each one, found or not, so that a watcher knows exactly what to watch.
 *
 * Reading is bounded: size, regular files only (pipes where the caller names the file itself), text only where text
 * is meant. It throws nothing: what cannot be read is a fault.
 */

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { isAbsolute, normalize } from 'node:path';

import type { InputFile } from '../model/project.ts';
import type { DiagnosticCode } from './diagnostic.ts';
import { readPipe } from './pipe.ts';
import type { Source } from './source.ts';

export interface ReadFault {
  readonly code: DiagnosticCode;
  readonly message: string;
  /** True: nothing is there. */
  readonly missing: boolean;
}

export type ReadResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: ReadFault };

/** The largest Compose file, env file or label file that is read. */
export const MAX_TEXT_BYTES = 16 * 1024 * 1024;
/** The largest config or secret; engines refuse larger ones in any case. */
const MAX_CONTENT_BYTES = 64 * 1024 * 1024;

export class InputFiles {
  readonly #files = new Map<string, InputFile>();
  readonly #sources = new Map<string, Source>();

  get list(): readonly InputFile[] {
    return [...this.#files.values()];
  }

  note(path: string, kind: InputFile['kind'], present: boolean): void {
    const known = this.#files.get(path);
    if (known === undefined || (present && !known.present)) this.#files.set(path, { path, kind, present });
  }

  /** Whether a regular file (or a pipe) is there; noted either way. */
  exists(path: string, kind: InputFile['kind']): boolean {
    const stats = statSync(path, { throwIfNoEntry: false });
    const present = stats !== undefined && !stats.isDirectory();
    this.note(path, kind, present);
    return present;
  }

  /** The text of a file as a source for positions. The same file is read once a load. */
  readSource(path: string, kind: InputFile['kind'], allowPipe = false): ReadResult<Source> {
    const known = this.#sources.get(path);
    if (known !== undefined) return { ok: true, value: known };
    const bytes = this.readBytes(path, kind, MAX_TEXT_BYTES, allowPipe);
    if (!bytes.ok) return bytes;
    const text = decodeText(bytes.value);
    if (text === undefined) return fail('not-text', `${path} is not a text file (UTF-8)`);
    const source: Source = { path, text };
    this.#sources.set(path, source);
    return { ok: true, value: source };
  }

  readBytes(path: string, kind: InputFile['kind'], limit = MAX_CONTENT_BYTES, allowPipe = false): ReadResult<Buffer> {
    const result = readBounded(path, limit, allowPipe);
    this.note(path, kind, result.ok || !result.fault.missing);
    return result;
  }
}

/** Standard input, which `path` stands for, held to what a file is held to. */
export function stdinSource(content: string | Uint8Array, path: string): ReadResult<Source> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  if (bytes.length > MAX_TEXT_BYTES) return tooLarge('standard input', MAX_TEXT_BYTES);
  const text = decodeText(bytes);
  if (text === undefined) return fail('not-text', 'standard input is not text (UTF-8)');
  return { ok: true, value: { path, text } };
}

/** Text of bytes; undefined when they are no UTF-8 or hold a NUL. A byte order mark is dropped. */
export function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readBounded(path: string, limit: number, allowPipe: boolean): ReadResult<Buffer> {
  if (!isAbsolute(path) || path.includes('\u0000')) return fail('file-unreadable', `${path}: not a usable path`);
  let file: number | undefined;
  try {
    // Before opening: to open a pipe that nobody writes to would block (pipe.ts).
    const before = statSync(path);
    if (before.isDirectory()) return fail('file-unreadable', `${path} is a directory`);
    if (!before.isFile() && !allowPipe) return fail('file-unreadable', `${path} is not a regular file`);
    if (before.isFIFO()) return pipeContent(path, limit);
    file = openSync(path, 'r');
    const size = fstatSync(file).size;
    if (size > limit) return tooLarge(path, limit);
    return readAll(file, path, limit, size);
  } catch (error) {
    return describeError(path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function pipeContent(path: string, limit: number): ReadResult<Buffer> {
  const content = readPipe(path, limit);
  switch (content) {
    case 'too-large':
      return tooLarge(path, limit);
    case 'no-writer':
      return fail('file-unreadable', `${path} is a pipe that nobody writes to`);
    case 'silent':
      return fail('file-unreadable', `${path} is a pipe whose writer says nothing`);
    default:
      return { ok: true, value: content.bytes };
  }
}

function readAll(file: number, path: string, limit: number, size: number): ReadResult<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.max(64 * 1024, size + 1 - total));
    const count = readSync(file, chunk, 0, chunk.length, null);
    if (count === 0) return { ok: true, value: chunks.length === 1 ? (chunks[0] ?? chunk) : Buffer.concat(chunks) };
    total += count;
    if (total > limit) return tooLarge(path, limit);
    chunks.push(chunk.subarray(0, count));
  }
}

function tooLarge(path: string, limit: number): ReadResult<never> {
  return fail('file-too-large', `${path} is larger than ${limit / 1024 / 1024} MiB`);
}

function describeError(path: string, error: unknown): ReadResult<never> {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return isRemote(path) ? refuseRemote(path) : fail('file-not-found', `${path} not found`, true);
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    ELOOP: 'too many symbolic links',
    EISDIR: 'is a directory',
    ENAMETOOLONG: 'the name is too long',
  };
  return fail('file-unreadable', `cannot read ${path}: ${reasons[code] ?? code}`);
}

/** Compose reads Git repositories and OCI artifacts too. */
const REMOTE = /(?:^|\/)((?:oci|https?|ssh|git):\/{1,2}|git@|github\.com\/)/;

function isRemote(path: string): boolean {
  return REMOTE.test(path);
}

function refuseRemote(path: string): ReadResult<never> {
  const resource = path.slice(REMOTE.exec(path)?.index ?? 0).replace(/^\//, '');
  return fail('unsupported', `remote files are not supported: ${resource}`);
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
}

function fail(code: DiagnosticCode, message: string, missing = false): ReadResult<never> {
  return { ok: false, fault: { code, message, missing } };
}

/** Joins and cleans a path as Go's `filepath.Join` does: no `.`/`..` inside, no slash at the end. */
export function joinPath(base: string, path: string): string {
  const joined = normalize(`${base}/${path}`);
  return joined.length > 1 && joined.endsWith('/') ? joined.slice(0, -1) : joined;
}

/** `~` at the beginning is the home directory. */
export function expandHome(path: string, home: string | undefined): string {
  return path.startsWith('~') && home !== undefined && home !== '' ? joinPath(home, path.slice(1)) : path;
}
