/** Does something each period until the signal is aborted; what it does must not throw. A period of 0 is never. */

import type { Clock } from '../clock.ts';

export function every(periodMs: number, clock: Clock, signal: AbortSignal, act: () => void): void {
  if (periodMs <= 0 || signal.aborted) return;
  const round = (): void => {
    act();
    cancel = clock.setTimer(periodMs, round);
  };
  let cancel = clock.setTimer(periodMs, round);
  signal.addEventListener('abort', () => cancel(), { once: true });
}
