/**
 * One lease a project, so that two loops never act on one project at the same time.
 *
 * Whether a lease is held is the kernel's word (file-lock.ts, one lock file a project beside the database): a holder that
 * died has lost it already, so nothing is ever taken from a living one. A note beside it (holder-notes.ts) says who. Loops of
 * one process come in order of arrival; between processes the kernel decides. Who waits is woken by the file's new
 * time, which a release sets, and looks again by itself a few times a second for a holder that died. Who insists tells the
 * holder as often (wants.ts).
 */

import { utimesSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tryLock } from './file-lock.ts';
import type { FileLock } from './file-lock.ts';
import { HolderNotes } from './holder-notes.ts';
import { fileNameOf } from './location.ts';
import type { Lease, LeaseHolder, Leases } from './state.ts';
import { Turns } from './turns.ts';
import { Wants } from './wants.ts';

type LeaseRequest = Parameters<Leases['acquire']>[0];

/** A holder that died wakes nobody; looking costs a tenth of a millisecond. */
const LOOK_AGAIN_MS = 250;

export class FileLeases implements Leases {
  readonly #directory: string | undefined;
  readonly #now: () => number;
  readonly #turns = new Turns();
  readonly #held = new Map<string, Lease>();
  #isClosed = false;
  readonly #wants = new Wants((project) => {
    const path = this.#lockPath(project);
    return path && `${path}.wanted`;
  });
  readonly #notes = new HolderNotes((project) => this.#lockPath(project));

  /** `directory` undefined: nobody but this process can see the state. */
  constructor(parts: { readonly directory: string | undefined; readonly now: () => number }) {
    this.#directory = parts.directory;
    this.#now = parts.now;
  }

  async acquire(request: LeaseRequest): Promise<Lease> {
    const { project, signal, insists = false } = request;
    signal.throwIfAborted();
    return insists ? await this.#wants.during(project, () => this.#acquire(request)) : await this.#acquire(request);
  }

  async #acquire(request: LeaseRequest): Promise<Lease> {
    const { project, signal } = request;
    const say = sayOnce(request);
    if (this.#turns.isTaken(project)) say(this.#notes.read(project));
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
    const holder = this.#notes.read(project);
    if (!holder || this.#held.has(project)) return holder;
    const lock = this.#lock(project);
    if (!lock) return holder;
    lock.unlock();
    this.#ring(project);
    return undefined;
  }

  /** For good: one that is still waited for is not held either. */
  close(): void {
    this.#isClosed = true;
    for (const lease of this.#held.values()) lease.release();
  }

  #hold({ project, command }: LeaseRequest, lock: FileLock): Lease {
    if (this.#isClosed) {
      lock.unlock();
      throw new Error(`${project}: the state was closed while its lease was waited for`);
    }
    let released = false;
    const lease: Lease = {
      isHeld: () => !released && lock.isHeld(),
      onWanted: (listener) => this.#wants.listen(project, listener),
      release: () => {
        if (released) return;
        released = true;
        this.#held.delete(project);
        this.#notes.remove(project);
        lock.unlock();
        this.#ring(project);
        this.#turns.pass(project);
      },
    };
    this.#notes.write(project, { pid: process.pid, command, sinceMs: this.#now() });
    this.#held.set(project, lease);
    return lease;
  }

  #lock(project: string): FileLock | undefined {
    const path = this.#lockPath(project);
    return path === undefined ? NO_LOCK : tryLock(path);
  }

  async #awaitLock(
    { project, signal, insists = false }: LeaseRequest,
    say: (holder: LeaseHolder | undefined) => void,
  ): Promise<FileLock> {
    const bell = listen(this.#lockPath(project) ?? '', signal);
    try {
      for (;;) {
        const lock = this.#lock(project);
        if (lock) return lock;
        say(this.#notes.read(project));
        if (insists) this.#wants.ring(project);
        await bell.next();
        signal.throwIfAborted();
      }
    } finally {
      bell.close();
      if (insists) this.#wants.rest(project);
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
