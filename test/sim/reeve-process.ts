/**
 * One process of reeve: its controller, engine adapter and database, joined as cli/wire.ts joins them, for one command. It
 * may die at any moment: then its sockets close, its locks are freed, its timers never fire, and nothing of it goes on.
 */
import { Backoff } from '../../src/controller/backoff.ts';
import type { ReconcileEvent, ReconcileResult, ReconcilerPorts } from '../../src/controller/reconciler.ts';
import { connect } from '../../src/engine/connect.ts';
import { RememberingEngine } from '../../src/engine/remembering-engine.ts';
import type { ProcessTable } from '../../src/engine/exec-kill.ts';
import { createLanes } from '../../src/execute/lanes.ts';
import { openState } from '../../src/state/sqlite.ts';
import type { State } from '../../src/state/state.ts';
import { mortalState } from './mortal-state.ts';
import type { Owner, Time } from './time.ts';

/** Of `watch`; its default is shorter. */
export const RESYNC_MS = 1_800_000;

export interface Surroundings {
  readonly time: Time;
  /** Where the engine answers. */
  readonly host: string;
  /** Of the engine's host. */
  readonly processes: ProcessTable;
  readonly statePath: string;
  readonly isDiskFull: () => boolean;
  readonly random: () => number;
  /** Closes every connection of the client of that name, as the kernel does for a process that is gone. */
  readonly cut: (client: string) => void;
}

export type End =
  | { readonly kind: 'result'; readonly result: ReconcileResult | undefined }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'died' };

/** What a command does once it is connected. */
export type Job = (process: {
  readonly ports: ReconcilerPorts;
  readonly drain: AbortSignal;
  readonly signal: AbortSignal;
}) => Promise<ReconcileResult | undefined>;

export class ReeveProcess implements Owner {
  readonly name: string;
  alive = true;
  end: End | undefined;
  isInterrupted = false;
  /** Messages and calls so far. */
  moments = 0;
  readonly events: ReconcileEvent[] = [];
  readonly #world: Surroundings;
  readonly #diesAt: number | undefined;
  readonly #remembers: boolean;
  readonly #drain = new AbortController();
  readonly #signal = new AbortController();
  #state: State | undefined;

  constructor(
    name: string,
    world: Surroundings,
    { diesAt, remembers }: { readonly diesAt: number | undefined; readonly remembers: boolean },
  ) {
    this.name = name;
    this.#remembers = remembers;
    this.#world = world;
    this.#diesAt = diesAt;
  }

  /** Begins; `end` is set when it has ended. */
  start(job: Job): void {
    this.#world.time.as(this, () => {
      this.#run(job).then(
        (result) => this.#settle({ kind: 'result', result }),
        (error: unknown) => this.#settle({ kind: 'error', error }),
      );
    });
  }

  /** Ctrl-C, once. */
  interrupt(): void {
    this.isInterrupted = true;
    if (this.alive) this.#world.time.as(this, () => this.#drain.abort(new Error('interrupted')));
  }

  /** Ctrl-C, twice. */
  leave(): void {
    this.interrupt();
    if (this.alive) this.#world.time.as(this, () => this.#signal.abort(new Error('interrupted')));
  }

  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.end ??= { kind: 'died' };
    this.#world.cut(this.name);
    this.#state?.close();
  }

  /** A moment of its life; false when it has died at it, or before. */
  readonly moment = (): boolean => {
    if (!this.alive) return false;
    this.moments += 1;
    if (this.moments === this.#diesAt) this.kill();
    return this.alive;
  };

  async #run(job: Job): Promise<ReconcileResult | undefined> {
    const { time, host, processes, statePath, random } = this.#world;
    const engine = await connect({ host, env: {}, clock: time, processes, signal: this.#signal.signal });
    try {
      const opened = openState({ path: statePath, now: () => time.now() });
      this.#state = opened;
      const { moment } = this;
      const state = mortalState(opened, { moment, isFull: this.#world.isDiskFull });
      const crashes = new Backoff({ clock: time, random });
      const emit = (event: ReconcileEvent): void => {
        this.events.push(event);
      };
      const ports = {
        engine: this.#remembers ? new RememberingEngine(engine, { clock: time, maxAgeMs: RESYNC_MS / 2 }) : engine,
        state,
        lanes: createLanes({ clock: time }),
        clock: time,
        crashes,
        emit,
      };
      return await job({ ports, drain: this.#drain.signal, signal: this.#signal.signal });
    } finally {
      if (this.alive) {
        this.#state?.close();
        await engine.close();
      }
    }
  }

  #settle(end: End): void {
    if (!this.alive) return;
    this.end = end;
    this.kill();
  }
}
