/**
 * Watches single directories, without what is below them, and tells which of their entries were touched. The only file
 * that knows chokidar. It decides nothing about what a touch means; it is a hint, and may come twice or for nothing.
 *
 * One chokidar watcher per directory: that one can be closed and opened again by itself when another directory takes
 * its place, while `unwatch` of a shared watcher goes on ignoring everything below. Its `raw` events are the touches
 * as they happen; its own events are checked and throttled, so they come up to 50 ms late and are told as echoes, but
 * they also come where a backend gives no names or only polls.
 */

import { basename, dirname, resolve } from 'node:path';
import type { FSWatcher } from 'chokidar';
import { watch } from 'chokidar';
import { messageOf } from '../model/errors.ts';
import type { SourceProblem } from './source.ts';

export interface Touch {
  readonly directory: string;
  /** undefined: some entry, or the directory itself. */
  readonly name: string | undefined;
  /** It may tell late of a touch that was told already. */
  readonly echo: boolean;
}

export interface DirectoryWatchesOptions {
  readonly onTouch: (touch: Touch) => void;
  readonly onProblem: (problem: SourceProblem) => void;
  /** False: nobody cares about this entry. Asked often. */
  readonly isWanted: (directory: string, name: string) => boolean;
}

interface Watch {
  readonly identity: string;
  readonly holders: Set<string>;
  readonly ready: Promise<void>;
  isReady: boolean;
  close(): Promise<void>;
}

/** Where the kernel has no watch left to give. */
const EXHAUSTED = new Set(['ENOSPC', 'EMFILE', 'ENFILE']);
/** An unreadable directory on the way cannot be watched; those below it can. */
const FORBIDDEN = new Set(['EACCES', 'EPERM']);
const POLLING_INTERVAL_MS = 1_000;

export class DirectoryWatches {
  readonly #options: DirectoryWatchesOptions;
  readonly #watches = new Map<string, Watch>();
  #isClosed = false;

  constructor(options: DirectoryWatchesOptions) {
    this.#options = options;
  }

  /**
   * Makes `directories` (path -> identity) the ones that `holder` needs, and closes those that nobody needs any more.
   * Resolves when all are being watched; true when one of them was not yet, so that touches may have been missed.
   */
  async hold(holder: string, directories: ReadonlyMap<string, string>): Promise<boolean> {
    if (this.#isClosed) return false;
    for (const [directory, held] of this.#watches)
      if (!directories.has(directory)) this.#release(holder, directory, held);
    const opening: Promise<void>[] = [];
    for (const [directory, identity] of directories) {
      let held = this.#watches.get(directory);
      if (held?.identity !== identity) {
        held = this.#open(directory, identity, held);
        this.#watches.set(directory, held);
      }
      held.holders.add(holder);
      if (!held.isReady) opening.push(held.ready);
    }
    await Promise.all(opening);
    return opening.length > 0;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#watches.values()].map((held) => held.close()));
    this.#watches.clear();
  }

  #release(holder: string, directory: string, held: Watch): void {
    if (!held.holders.delete(holder) || held.holders.size > 0) return;
    this.#watches.delete(directory);
    void held.close();
  }

  #open(directory: string, identity: string, replaced: Watch | undefined): Watch {
    const opened = Promise.withResolvers<void>();
    let watcher: FSWatcher | undefined;
    let closed: Promise<void> | undefined;
    const open = (polling: boolean): void => {
      if (closed === undefined) watcher = this.#watch(directory, polling, { onReady, onExhausted });
    };
    const onReady = (): void => {
      held.isReady = true;
      opened.resolve();
    };
    const onExhausted = (): void => {
      void watcher?.close().then(() => open(true));
    };
    const held: Watch = {
      identity,
      holders: new Set(replaced?.holders),
      ready: opened.promise,
      isReady: false,
      close() {
        opened.resolve();
        closed ??= watcher?.close() ?? Promise.resolve();
        return closed;
      },
    };
    // chokidar shares one handle per path: opened before the old one is closed, the new one would listen to the old.
    void (replaced?.close() ?? Promise.resolve()).then(() => open(false));
    return held;
  }

  #watch(
    directory: string,
    polling: boolean,
    { onReady, onExhausted }: { readonly onReady: () => void; readonly onExhausted: () => void },
  ): FSWatcher {
    const { onTouch, onProblem, isWanted } = this.#options;
    const watcher = watch(directory, {
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      ...(polling ? { backend: 'polling', pollingInterval: POLLING_INTERVAL_MS } : {}),
      ignored: (path) => {
        const entry = resolve(path);
        return entry !== directory && !isWanted(dirname(entry), basename(entry));
      },
    });
    watcher.on('ready', onReady);
    watcher.on('raw', (_event, name, details) => {
      const from = watchedPathOf(details) ?? directory;
      onTouch({ directory: from, name: name ?? undefined, echo: false });
      // inotify tells of the directory's own end under its own name.
      if (name === basename(from)) onTouch({ directory: dirname(from), name, echo: false });
    });
    watcher.on('all', (_event, path) => {
      const entry = resolve(path);
      if (entry === directory) onTouch({ directory, name: undefined, echo: true });
      else onTouch({ directory: dirname(entry), name: basename(entry), echo: true });
    });
    watcher.on('error', (error) => {
      const code = codeOf(error);
      if (FORBIDDEN.has(code)) return;
      const exhausted = EXHAUSTED.has(code) && !polling;
      const remedy = exhausted ? `; looking every second instead (raise fs.inotify.max_user_watches)` : '';
      onProblem({ path: directory, message: `cannot be watched: ${messageOf(error)}${remedy}`, cause: error });
      if (exhausted) onExhausted();
    });
    return watcher;
  }
}

function watchedPathOf(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined;
  return typeof details.watchedPath === 'string' ? resolve(details.watchedPath) : undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
