/**
 * One connection to an SQLite file: statements kept prepared, every write in a transaction, errors in our words.
 *
 * `node:sqlite` is loaded here, when a connection is opened and not before. A durable write is on the disk when it
 * returns: in WAL mode that takes `synchronous=FULL` (a sync of the WAL at each commit), since NORMAL only keeps the file
 * consistent and may lose the last commits with the machine's power. Leases, output and history can bear that and are
 * written quickly, without a sync.
 */

import { statSync, writeFileSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { isStateError, StateError } from '../model/errors.ts';
import { fullError, unwritableError } from './location.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;
export type Value = SQLInputValue;

export const IN_MEMORY = ':memory:';
const BUSY_TIMEOUT_MS = 10_000;

export class Database {
  readonly path: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #inode: number;
  #durable = false;
  #writes = 0;
  #damaged = false;

  constructor(path: string) {
    this.path = path;
    this.#connection = this.#guarded(() => openConnection(path, { timeout: BUSY_TIMEOUT_MS }));
    try {
      if (path !== IN_MEMORY) this.exec('PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=4194304');
      this.exec('PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY');
    } catch (error) {
      this.#connection.close();
      throw error;
    }
    this.#inode = inodeOf(path);
  }

  /** False: its file was removed or replaced, or turned out to be damaged. */
  isIntact(): boolean {
    return !this.#damaged && inodeOf(this.path) === this.#inode;
  }

  /** For statements without values or rows. */
  exec(sql: string): void {
    this.#guarded(() => this.#connection.exec(sql));
  }

  /** How many rows were written, and the id of the last one inserted. */
  run(sql: string, ...values: readonly Value[]): { readonly changes: number; readonly lastId: number } {
    const { changes, lastInsertRowid } = this.#guarded(() => this.#prepare(sql).run(...values));
    return { changes: Number(changes), lastId: Number(lastInsertRowid) };
  }

  get(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.#guarded(() => this.#prepare(sql).get(...values));
  }

  all(sql: string, ...values: readonly Value[]): Row[] {
    return this.#guarded(() => this.#prepare(sql).all(...values));
  }

  /** Runs `work` as one transaction that is on the disk when this returns. */
  writeDurably<T>(work: () => T): T {
    if (inodeOf(this.path) !== this.#inode) throw lostError(this.path);
    this.#writes += 1;
    return this.#write(true, work);
  }

  /** Runs `work` as one transaction that survives this process, though perhaps not a loss of power. */
  writeQuickly<T>(work: () => T): T {
    return this.#write(false, work);
  }

  /** Another text after each durable write of this connection, and after any of another one. No plan rests on quick ones. */
  revision(): string {
    return `${this.#writes}.${String(this.get('PRAGMA data_version')?.['data_version'])}`;
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #write<T>(durable: boolean, work: () => T): T {
    if (durable !== this.#durable) this.exec(`PRAGMA synchronous=${durable ? 'FULL' : 'NORMAL'}`);
    this.#durable = durable;
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const failure = stateErrorOf(error, this.path);
      this.#damaged ||= isStateError(failure, 'corrupt');
      throw failure;
    }
  }
}

/** Opens a connection without any set-up. */
export function openConnection(path: string, options: { readonly timeout: number }): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  return new DatabaseSync(path, options);
}

/** Node before 24.15 says on loading that SQLite is experimental: of no use to the people who run reeve. */
export function loadSqlite(): typeof import('node:sqlite') {
  const own = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    if (own) Object.defineProperty(process, 'emitWarning', own);
    else Reflect.deleteProperty(process, 'emitWarning');
  }
}

/** SQLite's primary result code; undefined where the error is not SQLite's. */
export function resultCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

export const SQLITE_BUSY = 5;

/** A file beside the database that asks the next run to check the whole of it before using it. */
export function suspicionPath(path: string): string {
  return `${path}.suspect`;
}

function stateErrorOf(error: unknown, path: string): unknown {
  switch (resultCodeOf(error)) {
    case SQLITE_BUSY:
    case 6: // LOCKED
      return new StateError(
        'busy',
        `${path}: another process has kept reeve's state locked for ${BUSY_TIMEOUT_MS / 1000} s; end it and try again`,
        { cause: error },
      );
    case 13: // FULL
      return fullError(path, error);
    case 11: // CORRUPT
    case 26: // NOTADB
      markSuspect(path);
      return new StateError('corrupt', `${path}: reeve's state is damaged; the next run sets it aside`, {
        cause: error,
      });
    case 3: // PERM
    case 8: // READONLY
    case 10: // IOERR
    case 14: // CANTOPEN
      return unwritableError(path, error);
    default:
      return error;
  }
}

function markSuspect(path: string): void {
  if (path === IN_MEMORY) return;
  try {
    writeFileSync(suspicionPath(path), '', { mode: 0o600 });
  } catch {
    // Without the mark the next run only checks less before it starts.
  }
}

function inodeOf(path: string): number {
  return path === IN_MEMORY ? 0 : (statSync(path, { throwIfNoEntry: false })?.ino ?? -1);
}

function lostError(path: string): StateError {
  return new StateError('lost', `${path} was removed or replaced while reeve used it; the next run makes a new one`);
}
