/**
 * The files that projects are made of -> keys. For each key it watches exactly the files that it is told, present or
 * not, and emits the key when the bytes of one have changed, came or went. A touch that changes no byte emits nothing.
 *
 * Whether a file changed is decided by digests, never by what the watcher says: that only tells when to look. A file
 * that is empty or gone where it was not before is probably half of a save (truncate then write, remove then rename)
 * and gets the longest time a burst may take; chokidar's `awaitWriteFinish` looks at sizes only and is not used.
 */

import { isAbsolute } from 'node:path';
import type { Clock } from '../clock.ts';
import { ABSENT, contentOf, EMPTY } from './content.ts';
import type { Look } from './debounce.ts';
import { Debounce } from './debounce.ts';
import { every } from './every.ts';
import type { Trail } from './path-trail.ts';
import { PathWatches } from './path-watches.ts';
import type { Emit, Source, SourceProblem } from './source.ts';

/** A file that a project was made from. */
export interface WatchedFile {
  readonly path: string;
  /** False: it was looked for and not there. */
  readonly present: boolean;
}

export interface FileSource extends Source {
  /**
   * Makes `files` the ones whose changes wake `key`. `readAtMs` is when reading them began (Clock.now): what has
   * changed since wakes the key too. Resolves once they are being watched.
   */
  watch(key: string, files: readonly WatchedFile[], readAtMs: number): Promise<void>;
  /** No file wakes the key any more. */
  forget(key: string): Promise<void>;
}

export interface FileSourceOptions {
  readonly clock: Clock;
  /** From the last touch to the look; default 50 ms. */
  readonly debounceMs?: number;
  /** Looks without a touch, for file systems that do not tell (NFS); default 5 min, 0 switches it off. */
  readonly lookEveryMs?: number;
  readonly onProblem?: (problem: SourceProblem) => void;
}

export function fileSource(options: FileSourceOptions): FileSource {
  const { clock, debounceMs = 50, lookEveryMs = 300_000, onProblem = () => {} } = options;
  const sets = new Map<string, FileSet>();
  let emit: Emit = () => {};
  let watches: PathWatches | undefined;

  return {
    start(emitKey, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const opened = new PathWatches({ onTouch: (key, echo) => sets.get(key)?.debounce.touch(echo), onProblem });
      emit = emitKey;
      watches = opened;
      every(lookEveryMs, clock, signal, () => {
        for (const set of sets.values()) set.debounce.touch(true);
      });
      signal.addEventListener(
        'abort',
        () => {
          for (const set of sets.values()) set.debounce.end();
          watches = undefined;
          void opened.close();
        },
        { once: true },
      );
      return Promise.resolve();
    },
    async watch(key, files, readAtMs) {
      if (watches === undefined) return;
      let set = sets.get(key);
      if (set === undefined) {
        set = new FileSet({ key, watches, clock, debounceMs, emit: () => emit(key) });
        sets.set(key, set);
      }
      await set.replace(files, readAtMs);
    },
    async forget(key) {
      const set = sets.get(key);
      sets.delete(key);
      await set?.end();
    },
  };
}

interface FileSetOptions {
  readonly key: string;
  readonly watches: PathWatches;
  readonly clock: Clock;
  readonly debounceMs: number;
  readonly emit: () => void;
}

/** The kernel stamps files with the time of its last tick. */
const STAMP_LAG_MS = 20;
/** Known to no digest: what was read is not what is there. */
const OUTDATED = 'outdated';

/** The files of one key. */
class FileSet {
  readonly debounce: Debounce;
  readonly #options: FileSetOptions;
  /** Path -> what it was when the key was last emitted or the file was first watched; undefined before that. */
  #digests = new Map<string, string | undefined>();
  /** Looks and replacements take turns, so that the newest set of files is the one that is covered. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: FileSetOptions) {
    this.#options = options;
    this.debounce = new Debounce({
      clock: options.clock,
      quietMs: options.debounceMs,
      look: () => this.#inTurn(() => this.#look()),
    });
  }

  replace(files: readonly WatchedFile[], readAtMs: number): Promise<void> {
    const wanted = files.filter(({ path }) => isAbsolute(path));
    const fresh = wanted.filter(({ path }) => !this.#digests.has(path));
    const isSame = fresh.length === 0 && new Set(wanted.map(({ path }) => path)).size === this.#digests.size;
    // Also for the same set: it may be watched only when the turn before has ended.
    if (isSame) return this.#inTurn(() => Promise.resolve());
    this.#digests = new Map(wanted.map(({ path }) => [path, this.#digests.get(path)]));
    return this.#inTurn(async () => {
      const trails = await this.#cover();
      await Promise.all(
        fresh.map(async (file) => {
          const { digest, changedAtMs = 0 } = await contentOf(file.path);
          const youngestMs = Math.max(changedAtMs, trails.get(file.path)?.linksChangedAtMs ?? 0);
          const isAsRead = file.present === (digest !== ABSENT) && youngestMs < readAtMs - STAMP_LAG_MS;
          if (!this.#digests.has(file.path)) return;
          this.#digests.set(file.path, isAsRead ? digest : OUTDATED);
          if (!isAsRead) this.debounce.touch();
        }),
      );
    });
  }

  async end(): Promise<void> {
    this.debounce.end();
    await this.#inTurn(() => this.#options.watches.drop(this.#options.key));
  }

  async #look(): Promise<Look> {
    await this.#cover();
    const known = [...this.#digests].filter(([, digest]) => digest !== undefined);
    const found = await Promise.all(
      known.map(async ([path, before]) => ({ path, before, now: (await contentOf(path)).digest })),
    );
    const changed = found.filter(({ before, now }) => now !== before);
    return {
      isDoubtful: changed.some(({ now }) => now === ABSENT || now === EMPTY),
      commit: () => {
        for (const { path, now } of changed) if (this.#digests.has(path)) this.#digests.set(path, now);
        if (changed.some(({ path }) => this.#digests.has(path))) this.#options.emit();
      },
    };
  }

  #cover(): Promise<ReadonlyMap<string, Trail>> {
    return this.#options.watches.cover(this.#options.key, { paths: [...this.#digests.keys()] });
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
