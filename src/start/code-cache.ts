/**
 * Keeps compiled code between two starts, in the user's own cache: what lies in a shared temporary folder could be planted
 * there. Nothing depends on it: whatever goes wrong here, the program starts a little slower.
 */

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CompiledCode } from './compiled-code.ts';
import { packCode, unpackCode } from './compiled-code.ts';

/** Of other builds and other Nodes too; each is about a megabyte. */
const KEPT_FILES = 4;
const SUFFIX = '.code';

/** Where the code of a build is kept. `buildId` names its very bytes. */
export function codeCachePath(buildId: string, environment: Readonly<Record<string, string | undefined>>): string {
  const chosen = environment['XDG_CACHE_HOME'];
  const home = chosen !== undefined && chosen !== '' ? chosen : join(homedir(), '.cache');
  return join(home, 'reeve', `${buildId}-${process.version}-${process.arch}${SUFFIX}`);
}

export function readCodeCache(path: string): CompiledCode {
  try {
    return unpackCode(readFileSync(path));
  } catch {
    return new Map();
  }
}

/** On the disk before it has its name, so that nobody ever reads a part of it. */
export function writeCodeCache(path: string, code: CompiledCode): void {
  const draft = `${path}.${process.pid}`;
  try {
    makeFolder(dirname(path));
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeSync(file, packCode(code));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
    removeOldest(dirname(path));
  } catch {
    discard(draft);
  }
}

function discard(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // There is no such folder, which is why it was not written.
  }
}

/** Not recursively: Node never returns where one cannot be (/proc). */
function makeFolder(folder: string): void {
  for (const path of [dirname(folder), folder]) {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) mkdirSync(path, 0o700);
  }
}

function removeOldest(folder: string): void {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => join(folder, name))
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const file of files.slice(KEPT_FILES)) rmSync(file, { force: true });
}
