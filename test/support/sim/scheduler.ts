/**
 * What happens next: a request is served, a stream delivers, or time goes on to the next timer. Chosen by seed, and only
 * when the process is at rest, so that a seed gives one history. At rest is: a few turns of the event loop brought nothing,
 * no request is half read, and no work is out on the thread pool.
 */
import type { FrontDesk } from './desk.ts';
import type { Faults } from './faults.ts';
import type { Random } from './random.ts';
import type { SimTime } from './time.ts';

export interface SchedulerOptions {
  /** Turns without news after which the process is at rest. */
  readonly quietTurns: number;
  /** How often time goes on although requests wait. */
  readonly impatience: number;
}

export const DEFAULT_SCHEDULE: SchedulerOptions = { quietTurns: 8, impatience: 0.1 };

/** A wait in which requests stay unserved is at most this long. */
const LONGEST_IMPATIENCE_MS = 100;

export interface SchedulerParts {
  readonly desk: FrontDesk;
  readonly time: SimTime;
  readonly random: Random;
  readonly faults: () => Faults;
  readonly options: SchedulerOptions;
}

/** A run that did not come to its end within its bounds. */
export class Endless extends Error {
  override readonly name = 'Endless';
}

export interface Bounds {
  /** Virtual time from now on; default 24 hours. */
  readonly forMs?: number;
  /** Requests from now on; default 20 000. */
  readonly requests?: number;
}

export class Scheduler {
  readonly #parts: SchedulerParts;
  #isPlaying = false;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  /** Lets things happen until the work is settled; throws when it goes beyond its bounds. */
  async run<T>(work: Promise<T>, bounds: Bounds = {}): Promise<T> {
    const { desk, time } = this.#parts;
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    work.then(settle, settle);
    const untilMs = time.elapsedMs + (bounds.forMs ?? 86_400_000);
    const untilServed = desk.served + (bounds.requests ?? 20_000);
    for (;;) {
      await this.#rest(() => isSettled);
      if (isSettled) return await work;
      if (desk.served > untilServed) throw new Endless('more requests than the run may make');
      if (time.elapsedMs > untilMs) throw new Endless('it takes longer than the run may take');
      if (!(await this.#step())) throw new Endless('nothing is left that could happen, and it has not ended');
    }
  }

  /** Lets so much virtual time pass, with all that happens in it. */
  async pass(ms: number): Promise<void> {
    const { time } = this.#parts;
    const untilMs = time.elapsedMs + ms;
    for (;;) {
      await this.#rest();
      const next = time.nextDueMs();
      if (!this.#hasWork() && (next === undefined || next > untilMs)) break;
      await this.#step(untilMs);
    }
    time.skipTo(untilMs);
  }

  /** Everything is served that waits, and what follows of it, without time going on. */
  async calm(): Promise<void> {
    await this.pass(0);
  }

  /** Lets things happen as they come, for code that knows nothing of the simulation; until the returned call. */
  play(): () => Promise<void> {
    this.#isPlaying = true;
    const playing = this.#play();
    return async () => {
      this.#isPlaying = false;
      this.#parts.desk.news();
      await playing;
    };
  }

  async #play(): Promise<void> {
    while (this.#isPlaying) {
      await this.#rest();
      if (!this.#isPlaying) return;
      if (!(await this.#step())) await this.#parts.desk.nextNews();
    }
  }

  #hasWork(): boolean {
    const { desk } = this.#parts;
    return desk.parked.length > 0 || desk.deliverable().length > 0;
  }

  /** One thing happens; false when there is nothing. */
  async #step(untilMs = Infinity): Promise<boolean> {
    const { desk, time, random, faults } = this.#parts;
    await faults().step?.();
    const streams = desk.deliverable();
    const count = desk.parked.length + streams.length;
    const dueMs = time.nextDueMs() ?? Infinity;
    const mayWait = dueMs <= untilMs && dueMs - time.elapsedMs <= LONGEST_IMPATIENCE_MS;
    if (count === 0 || (mayWait && random.chance(this.#parts.options.impatience))) {
      return dueMs <= untilMs && time.fireNext();
    }
    const choice = random.below(count);
    const parked = desk.parked[choice];
    if (parked) desk.serve(parked);
    else streams[choice - desk.parked.length]?.deliver();
    return true;
  }

  async #rest(isOver: () => boolean = () => false): Promise<void> {
    const { desk, options } = this.#parts;
    let quiet = 0;
    let seen = desk.newsCount;
    while (quiet < options.quietTurns) {
      await turn();
      if (isOver()) return;
      quiet = desk.newsCount === seen && !desk.isReading ? quiet + 1 : 0;
      seen = desk.newsCount;
      if (quiet === options.quietTurns && isThreadPoolBusy()) quiet = 0;
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Work that ends by itself without anything coming in: files, names, compression. */
function isThreadPoolBusy(): boolean {
  return process
    .getActiveResourcesInfo()
    .some((name) => /^(?:FSReq|GetAddrInfo|RandomBytes|Zlib|PBKDF2|Scrypt)/.test(name));
}
