/**
 * Time as a port: whoever waits, measures or stamps takes a Clock, so that tests can hold time still.
 *
 * `now` is for people and records and may jump when the machine's clock is set; `monotonic` never goes back and is
 * the one to wait and measure by. Never mix the two.
 */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some fixed moment; never goes back. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as that is aborted. */
  delay(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls back once after `ms`, unless the returned function was called before. */
  setTimer(ms: number, callback: () => void): CancelTimer;
}

export type CancelTimer = () => void;

/** setTimeout fires at once when asked for more than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Not performance.now(): the first use of that loads all of node:perf_hooks.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  delay: (ms, signal) => delayBy(systemClock, ms, signal),
  setTimer(ms, callback) {
    let timer = setTimeout(elapse, Math.min(ms, LONGEST_TIMER_MS), ms);
    function elapse(leftMs: number): void {
      const restMs = leftMs - LONGEST_TIMER_MS;
      if (restMs > 0) timer = setTimeout(elapse, Math.min(restMs, LONGEST_TIMER_MS), restMs);
      else callback();
    }
    return () => clearTimeout(timer);
  },
};

/** `delay` by a clock's own timers; for clocks to implement it with. */
export function delayBy(clock: Pick<Clock, 'setTimer'>, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = (): void => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.setTimer(ms, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}
