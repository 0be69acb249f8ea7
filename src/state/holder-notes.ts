/**
 * Who holds each lease, for people who wait for it: a small file beside the lock, or memory where nobody else looks. It
 * decides nothing. Written without the database, so that a run with nothing to do writes nothing there: the first write
 * after an opening and the closing after one cost four syncs of the disk.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { LeaseHolder } from './state.ts';

/** Of a project's lock file: the path of its note. Compose's project names have no dot. */
const SUFFIX = '.holder';

export class HolderNotes {
  readonly #lockPath: (project: string) => string | undefined;
  readonly #own = new Map<string, LeaseHolder>();

  /** `lockPath` gives undefined where nobody but this process can look. */
  constructor(lockPath: (project: string) => string | undefined) {
    this.#lockPath = lockPath;
  }

  /** A note that cannot be written or removed is of no account: the next holder's takes its place. */
  write(project: string, holder: LeaseHolder): void {
    this.#own.set(project, holder);
    this.#attempt(project, (path) => writeFileSync(path, JSON.stringify(holder), { mode: 0o600 }));
  }

  remove(project: string): void {
    this.#own.delete(project);
    this.#attempt(project, (path) => rmSync(path, { force: true }));
  }

  /** undefined: nobody left a note, or it is just being written. */
  read(project: string): LeaseHolder | undefined {
    const own = this.#own.get(project);
    if (own) return own;
    let text = '';
    this.#attempt(project, (path) => {
      text = readFileSync(path, 'utf8');
    });
    return holderOf(text);
  }

  #attempt(project: string, work: (path: string) => void): void {
    const path = this.#lockPath(project);
    if (path === undefined) return;
    try {
      work(path + SUFFIX);
    } catch {
      // There is none, the disk is full, or the folder was taken away: nobody is named.
    }
  }
}

function holderOf(text: string): LeaseHolder | undefined {
  const note = /^\{"pid":(\d+),"command":("(?:[^"\\]|\\.)*"),"sinceMs":(\d+)\}$/.exec(text);
  if (!note) return undefined;
  return { pid: Number(note[1]), command: String(JSON.parse(note[2] ?? '""')), sinceMs: Number(note[3]) };
}
