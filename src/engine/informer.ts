/**
 * Things of one kind as the engine last told of them: listed once, then asked for again one by one as somebody names them.
 *
 * A name is a hint, never a fact: what became of the thing is asked of the engine when it is next wanted, so names may
 * come twice, late, in any order or for nothing. One that comes while the engine is being asked counts for the next time.
 * What a lost name would have told is found out by the next list, which is due after a doubt and at a certain age.
 */

import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { unlessAborted } from '../unless-aborted.ts';

export interface InformerSource<T> {
  list(signal: AbortSignal): Promise<readonly T[]>;
  /** undefined: it is gone, or no concern of ours. */
  find(key: string, signal: AbortSignal): Promise<T | undefined>;
  keyOf(item: T): string;
}

/** Past so many names at once a list is cheaper, and nothing grows without bound while nobody looks. */
const MOST_NAMED = 500;

export class Informer<T> {
  readonly #source: InformerSource<T>;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #items = new Map<string, T>();
  #named = new Set<string>();
  /** When the last list began; undefined: anything may have happened since. */
  #listedAtMs: number | undefined;
  #doubts = 0;
  #version = 0;
  /** Settles, never rejects. */
  #refreshing: Promise<void> | undefined;

  constructor(source: InformerSource<T>, clock: Pick<Clock, 'monotonic'>) {
    this.#source = source;
    this.#clock = clock;
  }

  /** Something may have become of it. */
  name(key: string): void {
    this.#named.add(key);
    if (this.#named.size > MOST_NAMED) this.doubt();
  }

  /** False: it is none of these things, as far as is known. */
  mayHave(key: string): boolean {
    return this.#items.has(key) || this.#refreshing !== undefined;
  }

  /** Anything may have become of any of them. */
  doubt(): void {
    this.#listedAtMs = undefined;
    this.#doubts += 1;
    this.#named.clear();
  }

  /** Another number whenever the engine told something else. */
  get version(): number {
    return this.#version;
  }

  /** The things that pass, as last told. */
  known(passes: (item: T) => boolean): T[] {
    return [...this.#items.values()].filter(passes);
  }

  /**
   * Asks for what was named since, or for all of them where the last list began before `sinceMs` or is in doubt. Gives
   * the moment from which on everything that is remembered is true, but for names that were lost.
   */
  async refresh(sinceMs: number, signal: AbortSignal): Promise<number> {
    while (this.#refreshing) await unlessAborted(this.#refreshing, signal);
    const listedAtMs = this.#listedAtMs;
    const isDue = listedAtMs === undefined || listedAtMs < sinceMs;
    if (!isDue && this.#named.size === 0) return listedAtMs;
    const began = this.#clock.monotonic();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#refreshing = promise;
    try {
      await (isDue ? this.#list(signal) : this.#findNamed(signal));
    } finally {
      this.#refreshing = undefined;
      resolve();
    }
    return this.#listedAtMs ?? began;
  }

  async #list(signal: AbortSignal): Promise<void> {
    const [began, doubts] = [this.#clock.monotonic(), this.#doubts];
    // Also when the list fails: then it is still due.
    this.#named = new Set();
    this.#listedAtMs = undefined;
    const items = await this.#source.list(signal);
    this.#version += 1;
    this.#items.clear();
    for (const item of items) this.#items.set(this.#source.keyOf(item), item);
    if (doubts === this.#doubts) this.#listedAtMs = began;
  }

  #take(key: string, item: T | undefined): void {
    const before = this.#items.get(key);
    if (isDeepStrictEqual(item, before)) return;
    this.#version += 1;
    if (item === undefined) this.#items.delete(key);
    else this.#items.set(this.#source.keyOf(item), item);
  }

  async #findNamed(signal: AbortSignal): Promise<void> {
    const named = this.#named;
    this.#named = new Set();
    try {
      const found = await Promise.all(
        [...named].map(async (key) => [key, await this.#source.find(key, signal)] as const),
      );
      for (const [key, item] of found) this.#take(key, item);
    } catch (error) {
      for (const key of named) this.#named.add(key);
      throw error;
    }
  }
}
