/**
 * What a path depends on: every directory entry that is looked up on the way to it, links followed by hand. A link may
 * be swapped (`current -> releases/7`, Kubernetes' `..data`), a parent renamed or made later; each is an entry of some
 * real directory, and watching exactly those entries misses none of it. It only looks, and never fails: a way that
 * ends early is a trail that ends early.
 */

import type { BigIntStats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { dirname, join, parse, resolve, sep } from 'node:path';

export interface Trail {
  readonly entries: readonly Entry[];
  /** Real directories that were looked into -> identity: another one under the same name has another. */
  readonly directories: ReadonlyMap<string, string>;
  /** The path with all links resolved; undefined when there is nothing at its end. */
  readonly end: string | undefined;
  /** When the youngest link on the way was changed; milliseconds since the epoch, 0 without links. */
  readonly linksChangedAtMs: number;
}

/** A name in a real directory. */
export interface Entry {
  readonly directory: string;
  readonly name: string;
}

/** As many links as the kernel follows. */
const MOST_LINKS = 40;

/** Walks trails; what it saw on one is believed on the next, so use one for one look at the world. */
export class TrailWalker {
  readonly #seen = new Map<string, Promise<BigIntStats | undefined>>();

  async walk(path: string): Promise<Trail> {
    const { root } = parse(path);
    const entries: Entry[] = [];
    const directories = new Map([[root, identityOf(await this.#look(root))]]);
    const ahead = segmentsOf(path);
    let at = root;
    let links = 0;
    let linksChangedAtMs = 0;
    const ended = (end: string | undefined): Trail => ({ entries, directories, end, linksChangedAtMs });

    for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
      if (name === '..') {
        at = dirname(at);
        continue;
      }
      const next = join(at, name);
      entries.push({ directory: at, name });
      const stats = await this.#look(next);
      if (stats === undefined) return ended(undefined);
      if (stats.isSymbolicLink()) {
        const target = await readlink(next).catch(() => undefined);
        if (target === undefined || ++links > MOST_LINKS) return ended(undefined);
        linksChangedAtMs = Math.max(linksChangedAtMs, Number(stats.ctimeMs));
        if (resolve(target) === target) at = parse(target).root;
        ahead.unshift(...segmentsOf(target));
      } else {
        if (ahead.length > 0 && !stats.isDirectory()) return ended(undefined);
        if (ahead.length > 0) directories.set(next, identityOf(stats));
        at = next;
      }
    }
    return ended(at);
  }

  /** undefined: nothing there, or nothing we may see. */
  #look(path: string): Promise<BigIntStats | undefined> {
    let look = this.#seen.get(path);
    if (look === undefined) {
      look = lstat(path, { bigint: true }).catch(() => undefined);
      this.#seen.set(path, look);
    }
    return look;
  }
}

/** A file system may give a new directory the number of a removed one; their births differ. */
export function identityOf(stats: BigIntStats | undefined): string {
  return stats === undefined ? '' : `${stats.dev}:${stats.ino}:${stats.birthtimeNs}`;
}

function segmentsOf(path: string): string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep)
    .filter((segment) => segment !== '' && segment !== '.');
}
