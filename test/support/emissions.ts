/**
 * What a source emitted, to be waited for. A test waits for an emission with a deadline, never for time to pass; that
 * something was not emitted is shown by a later emission that came in its stead.
 */

import assert from 'node:assert/strict';
import type { Emit, Wake } from '../../src/source/source.ts';

export interface Emission {
  readonly key: string;
  readonly wake: Wake;
  /** `performance.now()` at that moment. */
  readonly atMs: number;
}

const DEADLINE_MS = 10_000;

export class Emissions {
  /** Not yet taken, oldest first. */
  readonly pending: Emission[] = [];
  #wake: () => void = () => {};

  readonly emit: Emit = (key, wake = {}) => {
    this.pending.push({ key, wake, atMs: performance.now() });
    this.#wake();
  };

  /** Takes the oldest emission, waiting for it; anything but `key` fails. */
  async take(key: string): Promise<Emission> {
    const emission = await this.next(key);
    assert.equal(emission.key, key);
    return emission;
  }

  /** Takes the oldest emission, waiting for it. */
  async next(expected = 'nothing'): Promise<Emission> {
    const deadline = Promise.withResolvers<never>();
    const timer = setTimeout(() => deadline.reject(new Error(`${expected} was not emitted in time`)), DEADLINE_MS);
    try {
      for (;;) {
        const emission = this.pending.shift();
        if (emission !== undefined) return emission;
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([woken, deadline.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** The keys not yet taken, which are taken by that. */
  takeAll(): string[] {
    return this.pending.splice(0).map(({ key }) => key);
  }
}
