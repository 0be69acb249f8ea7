/**
 * Waits that are settled by events: look at once, then after every event that matters, after every reconnection and,
 * because an engine drops events of a slow listener, now and then without any. Never two looks at the same time, and
 * none is left out: an event during a look makes another one follow.
 */

import type { CancelTimer, Clock } from '../clock.ts';
import type { EngineNotice } from './engine.ts';

export interface Wait<T> {
  readonly subscribe: (listener: (notice: EngineNotice) => void) => () => void;
  /** Events that may have changed what `look` sees. */
  readonly matters: (notice: EngineNotice) => boolean;
  /** undefined: not yet. A throw ends the wait. */
  readonly look: () => Promise<T | undefined>;
  /** Looks without an event, in milliseconds; default 5000. */
  readonly recheckMs?: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The first value that `look` gives. Rejects with the signal's reason when aborted. */
export function waitFor<T>(wait: Wait<T>): Promise<T> {
  const { signal } = wait;
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    let isLooking = false;
    let isStale = false;
    let isOver = false;

    const finish = (settle: () => void): void => {
      isOver = true;
      cancel();
      unsubscribe();
      signal.removeEventListener('abort', abort);
      settle();
    };
    const abort = (): void => finish(() => reject(signal.reason));
    const look = async (): Promise<void> => {
      if (isLooking) {
        isStale = true;
        return;
      }
      isLooking = true;
      try {
        do {
          isStale = false;
          const value = await wait.look();
          if (isOver) return;
          if (value !== undefined) return finish(() => resolve(value));
        } while (isStale);
      } catch (error) {
        if (!isOver) finish(() => reject(error));
      } finally {
        isLooking = false;
      }
    };

    const recheckSoon = (): CancelTimer =>
      wait.clock.setTimer(wait.recheckMs ?? 5000, () => {
        cancel = recheckSoon();
        void look();
      });
    let cancel = recheckSoon();
    const unsubscribe = wait.subscribe((notice) => {
      if (notice.kind === 'connected' || wait.matters(notice)) void look();
    });
    signal.addEventListener('abort', abort);
    void look();
  });
}
