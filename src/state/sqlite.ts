/**
 * Opens the state of one engine: an SQLite database, beside it a directory of lock files.
 *
 * Opening is done under a lock, so that two processes never make, migrate or set aside at the same time. A file that is no
 * database of ours, or a damaged one, is renamed, never deleted, and a new one made: what is lost with it is history, and
 * a hook may run again. The tables that decide are checked each time; the output too when a run met damage.
 * Where it cannot be written an error is thrown, here or by the call: nothing runs as if it had been recorded.
 * Who runs for long renews it before each run, for a file may be removed or damaged at any time. What ran meanwhile keeps the
 * old one, where nothing durable can be written any more: a record of its hooks is never taken for one of the new file.
 */

import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isStateError, messageOf, StateError } from '../model/errors.ts';
import { Bell } from './bell.ts';
import { SqliteContents } from './contents.ts';
import { Database, IN_MEMORY, loadSqlite, suspicionPath } from './database.ts';
import { tryLock } from './file-lock.ts';
import { SqliteHistory } from './history.ts';
import { HookOutput } from './hook-output.ts';
import { SqliteInventory } from './inventory.ts';
import { LedgerRetention } from './ledger-retention.ts';
import { SqliteHookLedger } from './ledger.ts';
import { FileLeases } from './leases.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { Limits } from './limits.ts';
import type { EnvironmentVariables } from './location.ts';
import { fileNameOf, preparePrivateDirectory, preparePrivateFile, statePath, unwritableError } from './location.ts';
import { isOurs, migrate } from './migrations.ts';
import { textOf } from './row.ts';
import type { State } from './state.ts';

/** Which engine's state, or which file's; `:memory:` is one that nobody shares. */
export type StatePlace =
  | { readonly engineId: string; readonly environment: EnvironmentVariables }
  | { readonly path: string };

export type OpenStateOptions = StatePlace & {
  /** Milliseconds since the epoch; default the machine's clock. */
  readonly now?: () => number;
  /** Default: limits.ts. */
  readonly limits?: Partial<Limits>;
};

/** How long opening waits for another process that opens. */
const OPENING_TIMEOUT_MS = 10_000;

/** Loads what opening takes, some milliseconds of a start, so that it can be done while something else is waited for. */
export function loadLibraries(): void {
  loadSqlite();
  fileNameOf('/');
}

/** Gives a state that can be renewed: its parts are those of the newest one that was opened. */
export function openState(options: OpenStateOptions): State {
  let current = openOnce(options);
  const opened = [current];
  return {
    get hooks() {
      return current.hooks;
    },
    get history() {
      return current.history;
    },
    get inventory() {
      return current.inventory;
    },
    get contents() {
      return current.contents;
    },
    get leases() {
      return current.leases;
    },
    revision: () => `${opened.length}.${current.revision()}`,
    path: current.path,
    notices: current.notices,
    renew: () => {
      if (current.isIntact()) return current.renewLocks();
      current = openOnce(options);
      opened.push(current);
      return current.notices.length > 0 ? current.notices : [madeAnew(current.path)];
    },
    close: () => {
      for (const one of opened.splice(0)) one.close();
    },
  };
}

interface OpenedState extends Omit<State, 'renew'> {
  isIntact(): boolean;
  renewLocks(): readonly string[];
}

function openOnce(options: OpenStateOptions): OpenedState {
  const path = 'path' in options ? options.path : statePath(options.engineId, options.environment);
  const clock = options.now ?? Date.now;
  const now = (): number => Math.round(clock());
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const notices: string[] = [];
  const database = path === IN_MEMORY ? openInMemory() : openFile(path, now, notices);
  const output = new HookOutput(database, limits);
  const retention = new LedgerRetention({ database, output, limits, now });
  const leases = new FileLeases({ directory: path === IN_MEMORY ? undefined : lockDirectory(path), now });
  let closed = false;
  return {
    hooks: new SqliteHookLedger({ database, output, retention, now }),
    history: new SqliteHistory(database, limits),
    inventory: new SqliteInventory(
      database,
      new Bell(path === IN_MEMORY ? undefined : `${lockDirectory(path)}/.holds`),
    ),
    contents: new SqliteContents(database),
    leases,
    revision: () => database.revision(),
    path,
    notices,
    isIntact: () => database.isIntact(),
    renewLocks: () => {
      if (path === IN_MEMORY || existsSync(lockDirectory(path))) return [];
      preparePrivateDirectory(lockDirectory(path));
      return [`${lockDirectory(path)} was removed while reeve used it and was made anew`];
    },
    close: () => {
      if (closed) return;
      closed = true;
      leases.close();
      output.flush();
      database.close();
    },
  };
}

function openInMemory(): Database {
  const database = new Database(IN_MEMORY);
  migrate(database);
  return database;
}

function lockDirectory(path: string): string {
  return `${path}.locks`;
}

function openFile(path: string, now: () => number, notices: string[]): Database {
  preparePrivateDirectory(dirname(path));
  preparePrivateDirectory(lockDirectory(path));
  const lock = tryLock(`${lockDirectory(path)}/.open`, OPENING_TIMEOUT_MS);
  if (!lock) throw unwritableError(path, new Error('another process has been opening it for too long'));
  try {
    return openChecked(path);
  } catch (error) {
    if (!isStateError(error, 'corrupt')) throw error;
    notices.push(setAside(path, now(), error));
    return openChecked(path);
  } finally {
    lock.unlock();
  }
}

/** Throws a StateError with code `corrupt` for a file that is to be set aside. */
function openChecked(path: string): Database {
  preparePrivateFile(path);
  const database = new Database(path);
  try {
    if (!isOurs(database)) throw damaged(path, 'the database of another program');
    migrate(database);
    check(database);
    database.writeQuickly(() => undefined);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Tables that decide what is owed, adopted or held. */
const DECIDING_TABLES = ['hook_record', 'hook_delivered', 'adopted_container', 'withheld_value', 'inventory', 'hold'];

function check(database: Database): void {
  const suspicion = suspicionPath(database.path);
  const isSuspect = existsSync(suspicion);
  const checks = isSuspect ? ['PRAGMA quick_check(1)'] : DECIDING_TABLES.map((table) => `PRAGMA quick_check(${table})`);
  for (const sql of checks) {
    const found = database.all(sql).map((row) => textOf(row, 'quick_check'));
    if (found[0] !== 'ok') throw damaged(database.path, found[0] ?? 'malformed');
  }
  if (isSuspect) rmSync(suspicion, { force: true });
}

function damaged(path: string, what: string): StateError {
  return new StateError('corrupt', `${path}: ${what}`, { cause: new Error(what) });
}

function madeAnew(path: string): string {
  return (
    `${path} was removed or replaced while reeve used it and was made anew; history is lost, hooks that succeeded may ` +
    `run again, and what was stopped or suspended by hand is no longer held`
  );
}

/** Gives the sentence that says so. */
function setAside(path: string, atMs: number, error: StateError): string {
  const aside = `${path}.corrupt-${new Date(atMs).toISOString().replaceAll(':', '')}`;
  try {
    renameSync(path, aside);
    if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`);
    rmSync(`${path}-shm`, { force: true });
    rmSync(suspicionPath(path), { force: true });
  } catch (failure) {
    throw unwritableError(path, failure);
  }
  return (
    `${path} could not be used (${messageOf(error.cause)}) and was set aside as ${basename(aside)}; ` +
    `history is lost, and hooks that succeeded may run again`
  );
}
