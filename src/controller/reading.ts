/**
 * Desired state into entries: the files of a key are read, watched from then on, and gone on with if they load and no other
 * key makes the project that they name. Files that do not load leave the last good version in place.
 */

import type { Clock } from '../clock.ts';
import type { Project } from '../model/project.ts';
import type { Entry } from './entry.ts';
import type { Leaving } from './leaving.ts';
import type { ProjectNames } from './project-names.ts';
import { newRenewal } from './renewal.ts';
import type { Desired, WatchRequest } from './watch-request.ts';

export interface ReadingParts {
  readonly clock: Clock;
  readonly request: WatchRequest;
  readonly names: ProjectNames;
  readonly leaving: Leaving;
}

export class Reading {
  readonly #parts: ReadingParts;
  /** Keys whose files are being read. */
  readonly #running = new Map<string, Promise<Desired>>();

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  async load(key: string, entry: Entry): Promise<'gone' | undefined> {
    const { clock, names, request } = this.#parts;
    entry.dirty = false;
    entry.failed.forget();
    const readAtMs = clock.now();
    const desired = await this.#read(key);
    if (desired.kind === 'gone') {
      names.release(key);
      return 'gone';
    }
    void request.files.watch(key, desired.files, readAtMs);
    if (desired.kind === 'invalid') entry.invalid = desired.messages;
    else await this.#take(key, entry, desired.project);
    return undefined;
  }

  /**
   * For others than its own worker. False: its files are gone or cannot be read, which the worker is to find out, so that
   * they stay dirty.
   */
  async tryLoad(key: string, entry: Entry): Promise<boolean> {
    const gone = await this.load(key, entry).catch(() => 'unreadable' as const);
    if (gone !== undefined) entry.dirty = true;
    return gone === undefined;
  }

  /** Until it is known what this key asks for. */
  async loadFirst(key: string, entry: Entry): Promise<void> {
    await this.#running.get(key)?.catch(() => {});
    if (entry.dirty) await this.tryLoad(key, entry);
  }

  async #read(key: string): Promise<Desired> {
    const reading = this.#parts.request.load(key);
    this.#running.set(key, reading);
    try {
      return await reading;
    } finally {
      if (this.#running.get(key) === reading) this.#running.delete(key);
    }
  }

  /** Goes on with this version of the files, unless another key makes a project of that name. */
  async #take(key: string, entry: Entry, project: Project): Promise<void> {
    const { names, leaving, request } = this.#parts;
    let owner = names.claim(key, project.name);
    // Of a renamed folder the old name is still being looked for when the new one is read.
    if (owner !== key) {
      await this.#running.get(owner)?.catch(() => {});
      owner = names.claim(key, project.name);
    }
    const { project: before, invalid } = entry;
    entry.seen = undefined;
    entry.renewal = newRenewal(this.#parts.clock);
    if (owner === key) {
      entry.project = project;
      entry.invalid = undefined;
      leaving.keep(project.name);
      const isSame = before?.name === project.name || (before === undefined && !invalid);
      if (!isSame) leaving.leave(key, before?.name, project.name);
      request.onProject?.(project);
    } else {
      entry.project = undefined;
      entry.invalid = [`project ${project.name} is made by ${owner} already; give each its own name`];
    }
  }
}
