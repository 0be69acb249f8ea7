/**
 * Waits until a check holds. It is tried at once, after every event of the engine, and, for what the engine does not tell
 * (files, output), a few times a second; it fails at its deadline with what the check last said.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { recordEvents } from './engine.ts';

export interface EventuallyOptions {
  /** How long the check may take to hold, in milliseconds. Default 20 000. */
  readonly deadlineMs?: number;
}

const betweenTriesMs = 100;

/** Resolves with what the check returns the first time that it does not throw. */
export async function eventually<T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { deadlineMs = 20_000 } = options;
  const deadline = performance.now() + deadlineMs;
  let wake = Promise.withResolvers<void>();
  await using _recording = await recordEvents(() => {
    wake.resolve();
  });
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= deadline) throw new Error(`not so within ${deadlineMs} ms`, { cause: error });
    }
    await Promise.race([wake.promise, delay(betweenTriesMs)]);
    wake = Promise.withResolvers<void>();
  }
}
