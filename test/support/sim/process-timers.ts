/** Timers of what runs in a container: they stand still while it is paused, and go with it. */
import type { CancelTimer } from '../../../src/clock.ts';
import type { SimTime } from './time.ts';

interface Alarm {
  leftMs: number;
  sinceMs: number;
  readonly ring: () => void;
  cancel: CancelTimer | undefined;
}

export class ProcessTimers {
  readonly #time: SimTime;
  readonly #alarms = new Set<Alarm>();
  #isFrozen = false;

  constructor(time: SimTime) {
    this.#time = time;
  }

  /** Infinity: never. */
  after(ms: number, ring: () => void): CancelTimer {
    if (!Number.isFinite(ms)) return () => {};
    const alarm: Alarm = { leftMs: ms, sinceMs: 0, ring, cancel: undefined };
    this.#alarms.add(alarm);
    if (!this.#isFrozen) this.#run(alarm);
    return () => {
      alarm.cancel?.();
      this.#alarms.delete(alarm);
    };
  }

  freeze(): void {
    if (this.#isFrozen) return;
    this.#isFrozen = true;
    for (const alarm of this.#alarms) {
      alarm.cancel?.();
      alarm.leftMs -= this.#time.elapsedMs - alarm.sinceMs;
    }
  }

  thaw(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    for (const alarm of this.#alarms) this.#run(alarm);
  }

  /** None of them rings any more. */
  clear(): void {
    for (const alarm of this.#alarms) alarm.cancel?.();
    this.#alarms.clear();
    this.#isFrozen = false;
  }

  #run(alarm: Alarm): void {
    alarm.sinceMs = this.#time.elapsedMs;
    alarm.cancel = this.#time.after(alarm.leftMs, () => {
      this.#alarms.delete(alarm);
      alarm.ring();
    });
  }
}
