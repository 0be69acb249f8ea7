/**
 * Ctrl-C, SIGTERM, and the end of the terminal that shows the progress: the first ends the beginning of new actions
 * (`drain`), running ones settle within a grace; the second, or the end of the grace, leaves at once (`signal`); a third is
 * the operating system's own. Nothing is lost either way: the next run takes up what was owed.
 */

import type { Clock, CancelTimer } from '../clock.ts';
import { Interrupted } from './exit.ts';
import { renderDuration } from './render/time.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type SignalName = (typeof SIGNALS)[number];

/** What is done on signals; the process as a rule. */
export interface SignalSource {
  on(name: SignalName, listener: () => void): unknown;
  off(name: SignalName, listener: () => void): unknown;
}

export interface InterruptOptions {
  readonly source: SignalSource;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly say: (text: string) => void;
  /** A person sees the progress on a terminal. Elsewhere SIGHUP is not listened to: that would undo what nohup does. */
  readonly onTerminal: boolean;
  /** How long running actions may take to settle; default 30 s. */
  readonly graceMs?: number;
}

export class Interrupts {
  readonly #options: InterruptOptions;
  readonly #drain = new AbortController();
  readonly #signal = new AbortController();
  readonly #onSignal = (): void => this.#interrupt();
  readonly #signals: readonly SignalName[];
  #cancelTimer: CancelTimer = () => {};

  constructor(options: InterruptOptions) {
    this.#options = options;
    this.#signals = SIGNALS.filter((name) => name !== 'SIGHUP' || options.onTerminal);
    for (const name of this.#signals) options.source.on(name, this.#onSignal);
  }

  /** Aborted: no new action begins. */
  get drain(): AbortSignal {
    return this.#drain.signal;
  }

  /** Aborted: everything is left where it is. */
  get signal(): AbortSignal {
    return this.#signal.signal;
  }

  get happened(): boolean {
    return this.#drain.signal.aborted;
  }

  /** As if the reader of the output had pressed Ctrl-C. */
  end(): void {
    this.#drain.abort(new Interrupted('interrupted'));
  }

  close(): void {
    this.#cancelTimer();
    for (const name of this.#signals) this.#options.source.off(name, this.#onSignal);
  }

  #interrupt(): void {
    const { graceMs = 30_000, clock, say } = this.#options;
    if (this.#drain.signal.aborted) {
      this.#leave('leaving at once; the next run takes up what is owed');
      return;
    }
    say(`stopping: nothing new begins, what runs has ${renderDuration(graceMs)} to settle (again: leave at once)`);
    this.#drain.abort(new Interrupted('interrupted'));
    this.#cancelTimer = clock.setTimer(graceMs, () =>
      this.#leave('the grace is over: leaving; the next run takes up what is owed'),
    );
  }

  #leave(why: string): void {
    this.close();
    if (this.#signal.signal.aborted) return;
    this.#options.say(why);
    this.#signal.abort(new Interrupted('interrupted'));
  }
}
