/**
 * An exclusive lock between processes, held by the kernel for as long as the holder lives.
 *
 * It is SQLite's own file lock: an empty database with an exclusive transaction open. The kernel drops it with the
 * process, however that ends, so a holder is never taken for dead or alive by guessing from pids, start times and boot
 * ids, which do not mean the same in two containers that share a state directory. Nothing is ever written to the file, and
 * it is never removed: a lock on a removed file would exclude nobody.
 */

import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { openConnection, resultCodeOf, SQLITE_BUSY } from './database.ts';
import { preparePrivateFile, unwritableError } from './location.ts';

export interface FileLock {
  /** False when the file was removed or replaced: then somebody else may hold a lock of the same name. */
  isHeld(): boolean;
  unlock(): void;
}

/** Takes the lock; undefined when another holder keeps it for longer than `timeoutMs` (default 0), which blocks. */
export function tryLock(path: string, timeoutMs = 0): FileLock | undefined {
  preparePrivateFile(path);
  let connection: DatabaseSync | undefined;
  try {
    connection = openConnection(path, { timeout: timeoutMs });
    connection.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    connection?.close();
    if (resultCodeOf(error) === SQLITE_BUSY) return undefined;
    throw unwritableError(path, error);
  }
  return heldLock(path, connection);
}

function heldLock(path: string, connection: DatabaseSync): FileLock {
  const inode = statSync(path, { throwIfNoEntry: false })?.ino;
  return {
    isHeld: () => connection.isOpen && inode !== undefined && statSync(path, { throwIfNoEntry: false })?.ino === inode,
    unlock: () => {
      if (connection.isOpen) connection.close();
    },
  };
}
