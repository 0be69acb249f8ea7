/**
 * A directory of projects: each immediate sub-folder with a Compose file is one. `listProjects` says which there are;
 * the source emits the path of a folder when it came, went, or got or lost its Compose file, and all of them at first.
 * What is in the files is the file source's business.
 *
 * Hidden folders are none of ours. A link to a folder counts as a folder, but one real folder is one project: its own
 * name in this directory wins over links to it, else the first of them. A directory that is gone says nothing about its
 * projects: it is reported, and what differs when it is back is emitted then.
 */

import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import { messageOf } from '../model/errors.ts';
import type { Look } from './debounce.ts';
import { Debounce } from './debounce.ts';
import { every } from './every.ts';
import { PathWatches } from './path-watches.ts';
import type { Emit, Source, SourceProblem } from './source.ts';

/** As Compose looks for them, the first one wins. */
export const COMPOSE_FILE_NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

export type ProjectFolder =
  | { readonly kind: 'project'; readonly name: string; readonly path: string; readonly composeFile: string }
  /** Whether it is a project cannot be seen; that is its problem and no other folder's. */
  | { readonly kind: 'unreadable'; readonly name: string; readonly path: string; readonly message: string };

type Folder = ProjectFolder | { readonly kind: 'none'; readonly name: string; readonly path: string };

/** The projects of a directory, by folder name. Rejects when the directory itself cannot be read. */
export async function listProjects(directory: string): Promise<ProjectFolder[]> {
  return (await listFolders(directory)).filter((folder) => folder.kind !== 'none');
}

async function listFolders(directory: string): Promise<Folder[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const visible = entries.filter(
    (entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink()),
  );
  // Real folders before links, so that a folder's own name wins.
  visible.sort((a, b) => Number(a.isSymbolicLink()) - Number(b.isSymbolicLink()) || compareText(a.name, b.name));
  const looked = await Promise.all(visible.map(({ name }) => lookAt(name, join(resolve(directory), name))));
  const byRealPath = new Map<string, Folder>();
  for (const { folder, real } of looked.filter((each) => each !== undefined))
    if (!byRealPath.has(real)) byRealPath.set(real, folder);
  return [...byRealPath.values()].toSorted((a, b) => compareText(a.name, b.name));
}

/** undefined: no folder, or gone meanwhile. */
async function lookAt(name: string, path: string): Promise<{ folder: Folder; real: string } | undefined> {
  try {
    const stats = await statIfThere(path);
    if (stats?.isDirectory() !== true) return undefined;
    const real = await realpath(path);
    for (const file of COMPOSE_FILE_NAMES) {
      const composeFile = join(path, file);
      if ((await statIfThere(composeFile))?.isFile() === true)
        return { folder: { kind: 'project', name, path, composeFile }, real };
    }
    return { folder: { kind: 'none', name, path }, real };
  } catch (error) {
    return { folder: { kind: 'unreadable', name, path, message: messageOf(error) }, real: path };
  }
}

/** A link in a circle or to nowhere is not there. */
async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export interface DirectorySourceOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** From the last touch to the look; default 50 ms. */
  readonly debounceMs?: number;
  /** Looks without a touch, for file systems that do not tell (NFS); default 5 min, 0 switches it off. */
  readonly lookEveryMs?: number;
  readonly onProblem?: (problem: SourceProblem) => void;
}

/** Emits paths of folders, as `listProjects` gives them. */
export function directorySource(options: DirectorySourceOptions): Source {
  return {
    async start(emit, signal) {
      signal.throwIfAborted();
      const watched = new WatchedDirectory({ ...options, directory: resolve(options.directory) }, emit);
      signal.addEventListener('abort', () => watched.end(), { once: true });
      await watched.start();
      signal.throwIfAborted();
      every(options.lookEveryMs ?? 300_000, options.clock, signal, () => watched.lookSoon());
    },
  };
}

/** Any word: the watches are this directory's own. */
const HOLDER = 'directory';
/** Rounds of listing and watching after which what still moves is left to the next touch. */
const MOST_ROUNDS = 5;

class WatchedDirectory {
  readonly #options: DirectorySourceOptions;
  readonly #onProblem: (problem: SourceProblem) => void;
  readonly #emit: Emit;
  readonly #debounce: Debounce;
  readonly #watches: PathWatches;
  /** What was made known: path -> what to compare. */
  #known: ReadonlyMap<string, string> = new Map();
  #folders: readonly Folder[] = [];
  #problem = '';

  constructor(options: DirectorySourceOptions, emit: Emit) {
    this.#options = options;
    this.#emit = emit;
    this.#onProblem = options.onProblem ?? (() => {});
    const { clock, debounceMs = 50 } = options;
    this.#debounce = new Debounce({ clock, quietMs: debounceMs, look: () => this.#look() });
    this.#watches = new PathWatches({ onTouch: (_, echo) => this.#debounce.touch(echo), onProblem: this.#onProblem });
  }

  async start(): Promise<void> {
    (await this.#look()).commit();
  }

  lookSoon(): void {
    this.#debounce.touch(true);
  }

  end(): void {
    this.#debounce.end();
    void this.#watches.close();
  }

  async #look(): Promise<Look> {
    try {
      const found = new Map((await this.#list()).filter(isProject).map((folder) => [folder.path, wordFor(folder)]));
      const isGone = (path: string): boolean => !found.has(path);
      return { isDoubtful: [...this.#known.keys()].some(isGone), commit: () => this.#makeKnown(found) };
    } catch (error) {
      return { isDoubtful: true, commit: () => this.#report(error) };
    }
  }

  /** Lists until everything listed is watched: what happens after that is told. */
  async #list(): Promise<readonly Folder[]> {
    const { directory } = this.#options;
    for (let round = 1; ; round++) {
      const covered = this.#folders.map(({ path }) => path);
      const paths = covered.flatMap((path) => COMPOSE_FILE_NAMES.map((name) => join(path, name)));
      await this.#watches.cover(HOLDER, { paths, listings: [directory] });
      this.#folders = await listFolders(directory);
      if (this.#folders.every(({ path }) => covered.includes(path))) return this.#folders;
      if (round === MOST_ROUNDS) {
        this.#debounce.touch();
        return this.#folders;
      }
    }
  }

  #makeKnown(found: ReadonlyMap<string, string>): void {
    const before = this.#known;
    this.#known = found;
    this.#problem = '';
    for (const path of new Set([...before.keys(), ...found.keys()]))
      if (before.get(path) !== found.get(path)) this.#emit(path);
  }

  #report(error: unknown): void {
    const message = messageOf(error);
    if (message === this.#problem) return;
    this.#problem = message;
    this.#onProblem({ path: this.#options.directory, message, cause: error });
  }
}

function isProject(folder: Folder): folder is ProjectFolder {
  return folder.kind !== 'none';
}

function wordFor(folder: ProjectFolder): string {
  return folder.kind === 'project' ? folder.composeFile : folder.message;
}
