/** Turns by name, inside one process: one at a time, in order of arrival. */

export class Turns {
  readonly #queues = new Map<string, (() => void)[]>();

  isTaken(name: string): boolean {
    return this.#queues.has(name);
  }

  /** Resolves when the turn has come, which must then be passed on; rejects with the signal's reason. */
  async take(name: string, signal: AbortSignal): Promise<void> {
    const queue = this.#queues.get(name);
    if (!queue) {
      this.#queues.set(name, []);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const come = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(come), 1);
        reject(signal.reason);
      };
      queue.push(come);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Gives the turn to who came first. */
  pass(name: string): void {
    const next = this.#queues.get(name)?.shift();
    if (next) next();
    else this.#queues.delete(name);
  }
}
