/**
 * Who is running, and whose timers fire. It stands on the simulation's one time: that stands still until everything that can
 * happen without it has happened; then the next timer fires. What a process of reeve begins is its own, however deep in a
 * library (the async context carries it), and a dead owner's timers never fire.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { delayBy, type CancelTimer, type Clock } from '../../src/clock.ts';
import { SimTime } from '../support/sim/time.ts';

/** Something that lives and can die: a process of reeve, or the world around it. */
export interface Owner {
  readonly name: string;
  alive: boolean;
}

export const WORLD: Owner = { name: 'world', alive: true };

/** Turns of the event loop after which nothing moves any more: promises and ticks need none, a stray immediate one. */
const TURNS = 2;
/** A day that is in its bounds has some thousands. */
const MOST_TIMERS = 50_000;
const realImmediate = setImmediate;

export class Time implements Clock {
  readonly #context = new AsyncLocalStorage<Owner>();
  sim = new SimTime();
  #fired = 0;
  /** Called whenever all is at rest. */
  atRest: () => void = () => {};

  now(): number {
    return this.sim.engineNowMs();
  }

  monotonic(): number {
    return this.sim.elapsedMs;
  }

  delay(ms: number, signal: AbortSignal): Promise<void> {
    return delayBy(this, ms, signal);
  }

  setTimer(ms: number, callback: () => void): CancelTimer {
    const owner = this.owner();
    return this.sim.after(ms, () => {
      if (owner.alive) this.as(owner, callback);
    });
  }

  owner(): Owner {
    return this.#context.getStore() ?? WORLD;
  }

  /** Runs `work` as that owner, with everything that follows from it. */
  as<T>(owner: Owner, work: () => T): T {
    return this.#context.run(owner, work);
  }

  reset(): void {
    this.sim = new SimTime();
    this.#fired = 0;
    this.atRest = () => {};
  }

  /** Lets time pass until `holds`, at most until that moment; whether it came to hold. */
  async passUntil(holds: () => boolean, limitMs: number): Promise<boolean> {
    const { sim } = this;
    await rest();
    while (!holds()) {
      this.atRest();
      const dueMs = sim.nextDueMs();
      if (dueMs === undefined || dueMs > limitMs) {
        sim.skipTo(limitMs);
        return false;
      }
      sim.fireNext();
      this.#fired += 1;
      if (this.#fired > MOST_TIMERS) throw new Error(`more than ${MOST_TIMERS} timers went off`);
      await rest();
    }
    return true;
  }

  async pass(ms: number): Promise<void> {
    await this.passUntil(() => false, this.sim.elapsedMs + ms);
  }
}

/** Resolves when every promise that can settle without time has settled. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) {
    await new Promise<void>((resolve) => {
      realImmediate(resolve);
    });
  }
}
