/**
 * Where the state of one engine is kept: `$XDG_STATE_HOME/reeve/<engine id>.db`, else under `~/.local/state`.
 *
 * Only the user may look inside: the directory is 0700 and the files 0600; SQLite gives its WAL and shared memory the
 * mode of the database. Files that SQLite may hold a lock on are never opened here, not even to read: closing such a
 * descriptor would drop this process's POSIX locks on the file. They are created with O_EXCL and changed by path.
 */

import { createHash } from 'node:crypto';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { messageOf, StateError } from '../model/errors.ts';

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** Path of the database of an engine. */
export function statePath(engineId: string, environment: EnvironmentVariables): string {
  return join(stateHome(environment), 'reeve', `${fileNameOf(engineId)}.db`);
}

/** The XDG specification wants a relative `XDG_STATE_HOME` to be ignored. */
function stateHome(environment: EnvironmentVariables): string {
  const chosen = environment['XDG_STATE_HOME'];
  if (chosen !== undefined && isAbsolute(chosen)) return chosen;
  const home = environment['HOME'];
  return join(home !== undefined && isAbsolute(home) ? home : homedir(), '.local', 'state');
}

/** A name of letters, digits, `.`, `_` and `-`; a name that had to be changed ends in a digest, so that none meet. */
export function fileNameOf(id: string): string {
  const safe = id
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^\.+/, '')
    .slice(0, 100);
  if (safe === id && safe !== '') return safe;
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 8);
  return safe === '' ? digest : `${safe}-${digest}`;
}

/** Makes the directory where it is missing and closes it to others where it is ours. */
export function preparePrivateDirectory(path: string): void {
  attempt(path, () => {
    makeDirectory(path);
    const found = statSync(path);
    if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700);
  });
}

/** With its parents, one by one: Node's own way never returns where one cannot be (/proc), and says ENOENT of a read-only file system. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Somebody else made it meanwhile.
    if (!isFileError(error, 'EEXIST')) throw error;
  }
}

/** Makes the file where it is missing and closes it to others. */
export function preparePrivateFile(path: string): void {
  attempt(path, () => {
    if (!existsSync(path)) createFile(path);
    const found = statSync(path);
    if (found.isFile() && (found.mode & 0o077) !== 0) chmodSync(path, 0o600);
  });
}

function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!isFileError(error, 'EEXIST')) throw error;
  }
}

function attempt(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (isFileError(error, 'ENOSPC') || isFileError(error, 'EDQUOT')) throw fullError(path, error);
    throw unwritableError(path, error);
  }
}

function isFileError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** The place cannot be used; says what to do. */
export function unwritableError(path: string, cause: unknown): StateError {
  return new StateError(
    'unwritable',
    `${path}: reeve cannot keep its state here (${messageOf(cause)}); ` +
      `make it writable for you, or set XDG_STATE_HOME to a directory that is`,
    { cause },
  );
}

/** No room is left; says what to do. */
export function fullError(path: string, cause: unknown): StateError {
  return new StateError(
    'full',
    `${path}: reeve cannot keep its state, the disk is full (${messageOf(cause)}); ` +
      `make room, or set XDG_STATE_HOME to a directory on another disk`,
    { cause },
  );
}
