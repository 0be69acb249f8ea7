/**
 * Watches paths for several holders: whatever happens that may change what a path leads to or what is there, its
 * holder is told. Paths need not exist, nor the directories above them.
 */

import { basename, dirname, join } from 'node:path';
import type { Touch } from './directory-watches.ts';
import { DirectoryWatches } from './directory-watches.ts';
import type { Entry, Trail } from './path-trail.ts';
import { TrailWalker } from './path-trail.ts';
import type { SourceProblem } from './source.ts';

export interface Cover {
  readonly paths: readonly string[];
  /** Directories of which every entry matters. */
  readonly listings?: readonly string[];
}

export interface PathWatchesOptions {
  /** `echo`: it may be a late word of a touch that was told already. */
  readonly onTouch: (holder: string, echo: boolean) => void;
  readonly onProblem: (problem: SourceProblem) => void;
}

/** Rounds of looking and opening after which what still moves is left to the next touch. */
const MOST_ROUNDS = 5;
/** Stands for every name in a directory; no entry has it. */
const ANY = '/';
/** The walk to an entry of a directory looks into that directory. Not there, as a rule, and it need not be. */
const SOME_NAME = '.reeve-any';

export class PathWatches {
  readonly #options: PathWatchesOptions;
  readonly #directories: DirectoryWatches;
  /** Directory -> name -> those who are told. */
  readonly #wanted = new Map<string, Map<string, Set<string>>>();
  readonly #entries = new Map<string, readonly Entry[]>();

  constructor(options: PathWatchesOptions) {
    this.#options = options;
    this.#directories = new DirectoryWatches({
      onTouch: (touch) => this.#tell(touch),
      onProblem: options.onProblem,
      isWanted: (directory, name) => {
        const names = this.#wanted.get(directory);
        return names !== undefined && (names.has(name) || names.has(ANY));
      },
    });
  }

  /**
   * Makes these the paths that `holder` is told of, and gives their trails. Once it has resolved no touch after the
   * walk of those trails is missed. One call at a time for one holder.
   */
  async cover(holder: string, { paths, listings = [] }: Cover): Promise<ReadonlyMap<string, Trail>> {
    for (let round = 1; ; round++) {
      const walker = new TrailWalker();
      const walk = async (path: string): Promise<[string, Trail]> => [path, await walker.walk(path)];
      const trails = new Map(await Promise.all(paths.map(walk)));
      const inside = await Promise.all(listings.map((directory) => walker.walk(join(directory, SOME_NAME))));
      const all = [...trails.values(), ...inside];
      this.#want(holder, [
        ...all.flatMap((trail) => trail.entries),
        ...inside.flatMap((trail) => trail.entries.filter(({ name }) => name === SOME_NAME)).map(anyOf),
      ]);
      const directories = new Map(all.flatMap((trail) => [...trail.directories]));
      // What happened before a directory was watched was not told: look again.
      if (!(await this.#directories.hold(holder, directories))) return trails;
      if (round === MOST_ROUNDS) {
        this.#options.onTouch(holder, false);
        return trails;
      }
    }
  }

  /** The holder is told of nothing any more. */
  async drop(holder: string): Promise<void> {
    this.#want(holder, []);
    this.#entries.delete(holder);
    await this.#directories.hold(holder, new Map());
  }

  close(): Promise<void> {
    return this.#directories.close();
  }

  #want(holder: string, entries: readonly Entry[]): void {
    for (const { directory, name } of this.#entries.get(holder) ?? []) {
      const names = this.#wanted.get(directory);
      const holders = names?.get(name);
      holders?.delete(holder);
      if (holders?.size === 0) names?.delete(name);
      if (names?.size === 0) this.#wanted.delete(directory);
    }
    this.#entries.set(holder, entries);
    for (const { directory, name } of entries) {
      const names = this.#wanted.get(directory) ?? new Map<string, Set<string>>();
      this.#wanted.set(directory, names);
      names.set(name, (names.get(name) ?? new Set()).add(holder));
    }
  }

  #tell({ directory, name, echo }: Touch): void {
    const names = this.#wanted.get(directory);
    const itself = this.#wanted.get(dirname(directory))?.get(basename(directory));
    const told =
      name === undefined
        ? [...(names?.values() ?? []), itself ?? []].flatMap((holders) => [...holders])
        : [...(names?.get(name) ?? []), ...(names?.get(ANY) ?? [])];
    for (const holder of new Set(told)) this.#options.onTouch(holder, echo);
  }
}

function anyOf({ directory }: Entry): Entry {
  return { directory, name: ANY };
}
