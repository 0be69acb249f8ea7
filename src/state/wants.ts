/**
 * Who insists on a project that another one holds: the holder is told, in this process at once, in another one by a bell
 * beside the lock, which is rung for as long as somebody waits. Who is not heard waits longer, and that is all.
 */

import { Bell } from './bell.ts';

interface Wanted {
  readonly listeners: Set<() => void>;
  /** Who wants it in this process. */
  count: number;
}

export class Wants {
  readonly #bellPath: (project: string) => string | undefined;
  readonly #wanted = new Map<string, Wanted>();

  /** `bellPath` gives undefined where nobody but this process can listen. */
  constructor(bellPath: (project: string) => string | undefined) {
    this.#bellPath = bellPath;
  }

  /** Somebody insists while this work lasts. */
  async during<T>(project: string, work: () => Promise<T>): Promise<T> {
    const wanted = this.#of(project);
    wanted.count += 1;
    for (const listener of wanted.listeners) listener();
    try {
      return await work();
    } finally {
      wanted.count -= 1;
      this.#tidy(project, wanted);
    }
  }

  /** Tells other processes; to be called again and again, for a holder may have begun to listen since. */
  ring(project: string): void {
    quietly(() => this.#bell(project).ring());
  }

  /** Nobody rings any more. */
  rest(project: string): void {
    quietly(() => this.#bell(project).remove());
  }

  /** Calls back when somebody insists, and at once where somebody does. Gives the way to stop. */
  listen(project: string, listener: () => void): () => void {
    const wanted = this.#of(project);
    wanted.listeners.add(listener);
    const unlisten = this.#bell(project).listen(listener);
    if (wanted.count > 0) listener();
    return () => {
      unlisten();
      wanted.listeners.delete(listener);
      this.#tidy(project, wanted);
    };
  }

  #bell(project: string): Bell {
    return new Bell(this.#bellPath(project));
  }

  #of(project: string): Wanted {
    const known = this.#wanted.get(project) ?? { listeners: new Set(), count: 0 };
    this.#wanted.set(project, known);
    return known;
  }

  #tidy(project: string, { listeners, count }: Wanted): void {
    if (listeners.size === 0 && count === 0) this.#wanted.delete(project);
  }
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // The disk is full, or the folder was taken away.
  }
}
