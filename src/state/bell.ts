/**
 * Tells processes that share a state directory that something in it changed which they may act on: a file whose time is
 * set, and a watch on its directory. Carries no content; whoever hears it looks for itself. An in-memory state has none.
 */

import { closeSync, openSync, rmSync, utimesSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

export class Bell {
  readonly #path: string | undefined;

  /** `path` undefined: nobody else can hear it. */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  ring(): void {
    if (this.#path === undefined) return;
    closeSync(openSync(this.#path, 'a', 0o600));
    const now = new Date();
    utimesSync(this.#path, now, now);
  }

  /** Nobody rings it any more. */
  remove(): void {
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }

  /** Calls back after each ring of any process; does not keep this one alive. Gives the way to stop. */
  listen(listener: () => void): () => void {
    const path = this.#path;
    if (path === undefined) return () => {};
    // Without a watch who listens finds out by itself, later.
    try {
      const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
        if (name === basename(path)) listener();
      });
      watcher.on('error', () => watcher.close());
      return () => watcher.close();
    } catch {
      return () => {};
    }
  }
}
