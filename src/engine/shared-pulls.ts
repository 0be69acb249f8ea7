/**
 * Pulls that can be left and joined: one image is pulled once at a time, whoever wants it. A caller whose signal is aborted
 * leaves, and the pull goes on for a moment, so that one who comes back, as `watch` does when a file was saved meanwhile,
 * finds it where it is. The engine would begin it again from the start.
 */

import type { CancelTimer, Clock } from '../clock.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { PullRequest } from './engine.ts';

type OnProgress = NonNullable<PullRequest['onProgress']>;
type Pull = (request: PullRequest, signal: AbortSignal) => Promise<void>;

interface Running {
  readonly end: Promise<void>;
  readonly stop: AbortController;
  readonly callers: Set<OnProgress>;
  cancelStop: CancelTimer;
}

/** How long a pull goes on without a caller. */
const LINGER_MS = 10_000;

export class SharedPulls {
  readonly #clock: Pick<Clock, 'setTimer'>;
  readonly #pull: Pull;
  readonly #running = new Map<string, Running>();

  constructor(clock: Pick<Clock, 'setTimer'>, pull: Pull) {
    this.#clock = clock;
    this.#pull = pull;
  }

  /** Resolves when the image is there. */
  async join(request: PullRequest, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const key = `${request.ref} ${request.platform ?? ''}`;
    const running = this.#running.get(key) ?? this.#begin(key, request);
    const told: OnProgress = (progress) => request.onProgress?.(progress);
    running.cancelStop();
    running.callers.add(told);
    try {
      await unlessAborted(running.end, signal);
    } finally {
      running.callers.delete(told);
      if (running.callers.size === 0 && this.#running.get(key) === running)
        running.cancelStop = this.#clock.setTimer(LINGER_MS, () => this.#end(key, running));
    }
  }

  /** Ends what goes on without a caller. */
  close(): void {
    for (const [key, running] of this.#running) if (running.callers.size === 0) this.#end(key, running);
  }

  #begin(key: string, request: PullRequest): Running {
    const [stop, callers] = [new AbortController(), new Set<OnProgress>()];
    const onProgress: OnProgress = (progress) => {
      for (const tell of callers) tell(progress);
    };
    const end = this.#pull({ ...request, onProgress }, stop.signal);
    const running: Running = { end, stop, callers, cancelStop: () => {} };
    this.#running.set(key, running);
    const forget = (): void => this.#forget(key, running);
    end.then(forget, forget);
    return running;
  }

  /** Whoever comes from now on begins another one. */
  #forget(key: string, running: Running): void {
    running.cancelStop();
    if (this.#running.get(key) === running) this.#running.delete(key);
  }

  #end(key: string, running: Running): void {
    this.#forget(key, running);
    running.stop.abort(new Error('nobody waits for it'));
  }
}
