/**
 * One lease a project, so that two loops never act on one project at the same time.
 *
 * Whether a lease is held is the kernel's word (file-lock.ts, one lock file a project beside the database): a holder that
 * died has lost it already, so nothing is ever taken from a living one. The row in the database only says who. Loops of
 * one process come in order of arrival; between processes the kernel decides. Who waits is woken by the file's new
 * time, which a release sets, and looks again by itself a few times a second for a holder that died.
 */

import { utimesSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isStateError } from '../model/errors.ts';
import type { Database } from './database.ts';
import { tryLock } from './file-lock.ts';
import type { FileLock } from './file-lock.ts';
import { fileNameOf } from './location.ts';
import { numberOf, textOf } from './row.ts';
import type { Lease, LeaseHolder, Leases } from './state.ts';
import { Turns } from './turns.ts';

type LeaseRequest = Parameters<Leases['acquire']>[0];

/** A holder that died wakes nobody; looking costs a tenth of a millisecond. */
const LOOK_AGAIN_MS = 250;

export class SqliteLeases implements Leases {
  readonly #database: Database;
  readonly #directory: string | undefined;
  readonly #now: () => number;
  readonly #turns = new Turns();
  readonly #held = new Map<string, Lease>();

  /** `directory` undefined: nobody but this process can see the database. */
  constructor(parts: {
    readonly database: Database;
    readonly directory: string | undefined;
    readonly now: () => number;
  }) {
    this.#database = parts.database;
    this.#directory = parts.directory;
    this.#now = parts.now;
  }

  async acquire(request: LeaseRequest): Promise<Lease> {
    const { project, signal } = request;
    signal.throwIfAborted();
    const say = sayOnce(request);
    if (this.#turns.isTaken(project)) say(this.#holderOf(project));
    await this.#turns.take(project, signal);
    try {
      const lock = this.#lock(project) ?? (await this.#awaitLock(request, say));
      return this.#hold(request, lock);
    } catch (error) {
      this.#turns.pass(project);
      throw error;
    }
  }

  holder(project: string): LeaseHolder | undefined {
    const holder = this.#holderOf(project);
    if (!holder || this.#held.has(project)) return holder;
    const lock = this.#lock(project);
    if (!lock) return holder;
    lock.unlock();
    this.#ring(project);
    return undefined;
  }

  releaseAll(): void {
    for (const lease of this.#held.values()) lease.release();
  }

  #hold({ project, command }: LeaseRequest, lock: FileLock): Lease {
    let released = false;
    const lease: Lease = {
      isHeld: () => !released && lock.isHeld(),
      release: () => {
        if (released) return;
        released = true;
        this.#held.delete(project);
        this.#forgetHolder(project);
        lock.unlock();
        this.#ring(project);
        this.#turns.pass(project);
      },
    };
    try {
      this.#database.writeQuickly(() => {
        const row = [project, process.pid, command, this.#now()];
        this.#database.run('INSERT OR REPLACE INTO lease_holder VALUES (?, ?, ?, ?)', ...row);
      });
    } catch (error) {
      lock.unlock();
      throw error;
    }
    this.#held.set(project, lease);
    return lease;
  }

  /** Only says who: a row that stays behind is put right by the next holder, so a release never fails by it. */
  #forgetHolder(project: string): void {
    try {
      this.#database.writeQuickly(() => {
        this.#database.run('DELETE FROM lease_holder WHERE project = ?', project);
      });
    } catch (error) {
      if (!isStateError(error)) throw error;
    }
  }

  #holderOf(project: string): LeaseHolder | undefined {
    const row = this.#database.get('SELECT pid, command, since_ms FROM lease_holder WHERE project = ?', project);
    return row && { pid: numberOf(row, 'pid'), command: textOf(row, 'command'), sinceMs: numberOf(row, 'since_ms') };
  }

  #lock(project: string): FileLock | undefined {
    const path = this.#lockPath(project);
    return path === undefined ? NO_LOCK : tryLock(path);
  }

  async #awaitLock(
    { project, signal }: LeaseRequest,
    say: (holder: LeaseHolder | undefined) => void,
  ): Promise<FileLock> {
    const bell = listen(this.#lockPath(project) ?? '', signal);
    try {
      for (;;) {
        const lock = this.#lock(project);
        if (lock) return lock;
        say(this.#holderOf(project));
        await bell.next();
        signal.throwIfAborted();
      }
    } finally {
      bell.close();
    }
  }

  #ring(project: string): void {
    const path = this.#lockPath(project);
    if (path === undefined) return;
    try {
      const now = new Date();
      utimesSync(path, now, now);
    } catch {
      // Who waits looks again by itself.
    }
  }

  #lockPath(project: string): string | undefined {
    return this.#directory && join(this.#directory, fileNameOf(project));
  }
}

const NO_LOCK: FileLock = { isHeld: () => true, unlock: () => undefined };

function sayOnce({ onWait }: LeaseRequest): (holder: LeaseHolder | undefined) => void {
  let said = false;
  return (holder) => {
    if (said || !holder) return;
    said = true;
    onWait?.(holder);
  };
}

interface Bell {
  /** Resolves at the next ring, after a while without one, or when the signal is aborted. */
  next(): Promise<void>;
  close(): void;
}

/**
 * Listens to the directory, not to the file: where watching opens what it watches (kqueue), closing the lock file
 * would drop the lock. The watcher does not keep the process alive; the timer does, for somebody waits.
 */
function listen(path: string, signal: AbortSignal): Bell {
  let rung = false;
  let wake: () => void = () => undefined;
  const ring = (): void => {
    rung = true;
    wake();
  };
  const watcher = watchQuietly(dirname(path), (name) => {
    if (name === null || name === basename(path)) ring();
  });
  const timer = setInterval(ring, LOOK_AGAIN_MS);
  signal.addEventListener('abort', ring, { once: true });
  return {
    next: async () => {
      if (!rung) await new Promise<void>((resolve) => (wake = resolve));
      rung = false;
    },
    close: () => {
      watcher?.close();
      clearInterval(timer);
      signal.removeEventListener('abort', ring);
    },
  };
}

/** Undefined where the system has no watches left: then the timer alone wakes. */
function watchQuietly(path: string, notice: (name: string | null) => void): { close(): void } | undefined {
  try {
    const watcher = watch(path, { persistent: false }, (_event, name) => notice(name));
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
