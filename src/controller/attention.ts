/**
 * Keeps a run that only waits, for slow dependencies, hooks or pulls, from being blind: what happens meanwhile is looked at,
 * and when there is something new to do the waits end, so that the next round does it and waits on. Hooks and pulls go on
 * where the run is one of `watch`, which comes back for them, and gives way to another reeve where all it does is wait.
 *
 * Level, not edge: a notice makes it look and plan again, and only the difference of two plans, told by the stable ids of
 * their actions, ends the waits. While anything else runs it does nothing, and nothing is ever cut short. The alternative,
 * a second run beside the first, would need two plans to agree about one world.
 * An action that ended waits before ends them again only after a growing delay, so that what has no effect is no hot loop.
 */

import type { Clock } from '../clock.ts';
import type { Engine, EngineNotice } from '../engine/engine.ts';
import type { RunEvent } from '../execute/events.ts';
import { isEngineError } from '../model/errors.ts';
import type { Action, ActionId, Plan } from '../plan/plan.ts';
import type { Lease, State } from '../state/state.ts';
import type { Backoff } from './backoff.ts';

export interface AttentionRequest {
  readonly plan: Plan;
  readonly engine: Pick<Engine, 'subscribe'>;
  readonly state: Pick<State, 'inventory'>;
  readonly clock: Clock;
  /** The plan as it would be made now; writes nothing. */
  readonly replan: () => Promise<Plan>;
  /** By action: what ended waits before. */
  readonly repeats: Backoff;
  /** Somebody comes back: the waits end for a failure, so that its retry does not wait for them, and hooks can be left. */
  readonly comesBack: boolean;
  /** Another reeve waits for the project: where all that runs is waits, and somebody comes back, they end for that. */
  readonly onWanted: Lease['onWanted'];
}

export class Attention {
  readonly #request: AttentionRequest;
  readonly #lasting: ReadonlySet<ActionId>;
  readonly #hooks: ReadonlySet<ActionId>;
  readonly #unfinished: Set<ActionId>;
  readonly #inFlight = new Set<ActionId>();
  readonly #end = new AbortController();
  readonly #close: (() => void)[] = [];
  #cancelTimer = (): void => {};
  /** Counts what was heard and done: a look that something overtook says nothing. */
  #moves = 0;
  #stirred = false;
  #looking = false;
  #hasFailed = false;
  /** What was planned is not what is wanted, whatever a look would show. */
  #outdated = false;
  #isWanted = false;
  #yields = false;

  constructor(request: AttentionRequest) {
    this.#request = request;
    const { plan, engine, state } = request;
    this.#unfinished = new Set(plan.actions.map(({ id }) => id));
    this.#lasting = new Set(plan.actions.filter((action) => this.#lasts(action)).map(({ id }) => id));
    this.#hooks = new Set(plan.actions.filter(({ kind }) => kind === 'run-hook').map(({ id }) => id));
    if (this.#lasting.size === 0) return;
    this.#close.push(
      engine.subscribe((notice) => this.#hear(notice)),
      state.inventory.onHoldsChange(() => {
        this.#outdated = true;
        this.#stir();
      }),
    );
    if (request.comesBack) this.#close.push(request.onWanted(() => this.#giveWay()));
    this.#lookLater(plan);
  }

  /** Aborted: the waits are to end, and another round is to be made. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Aborted: hooks that run are left in flight; undefined: they are stayed with. */
  get leave(): AbortSignal | undefined {
    return this.#request.comesBack ? this.#end.signal : undefined;
  }

  /** The waits ended for another reeve that waits for the project. */
  get yields(): boolean {
    return this.#yields;
  }

  /** Every event of the run. */
  follow(event: RunEvent): void {
    if (event.type !== 'action-started' && event.type !== 'action-settled') return;
    const { id } = event.action;
    this.#moves += 1;
    if (event.type === 'action-started') this.#inFlight.add(id);
    else {
      this.#inFlight.delete(id);
      this.#unfinished.delete(id);
      this.#hasFailed ||= event.outcome.kind === 'failed';
      this.#outdated ||= event.outcome.kind === 'stale';
    }
    // What was heard before, while something ran.
    queueMicrotask(() => void this.#consider());
  }

  /** The run is over. */
  close(): void {
    this.#cancelTimer();
    for (const close of this.#close.splice(0)) close();
    this.#inFlight.clear();
  }

  #hear(notice: EngineNotice): void {
    const { project } = this.#request.plan;
    if (notice.kind === 'disconnected' || notice.kind === 'image') return;
    if (notice.kind === 'container' && (notice.project !== project || notice.action.startsWith('exec_'))) return;
    if ((notice.kind === 'network' || notice.kind === 'volume') && (notice.project ?? project) !== project) return;
    this.#stir();
  }

  #giveWay(): void {
    this.#isWanted = true;
    queueMicrotask(() => void this.#consider());
  }

  #stir(): void {
    this.#moves += 1;
    this.#stirred = true;
    // After all who listen: what the engine's adapter remembers is put right by the same notice.
    queueMicrotask(() => void this.#consider());
  }

  /**
   * A wait; a pull or a hook where it can be left to run, but no hook that has to be over before anything about its
   * container changes.
   */
  #lasts(action: Action): boolean {
    if (action.kind === 'await-container') return true;
    if (action.kind === 'pull-image') return this.#request.comesBack;
    return action.kind === 'run-hook' && action.phase !== 'pre_start' && this.#request.comesBack;
  }

  #onlyLasts(): boolean {
    return this.#inFlight.size > 0 && [...this.#inFlight].every((id) => this.#lasting.has(id));
  }

  async #consider(): Promise<void> {
    if (this.#looking || this.#end.signal.aborted || !this.#onlyLasts()) return;
    // A hook that runs keeps the lease anyway.
    if (this.#isWanted && [...this.#inFlight].every((id) => !this.#hooks.has(id))) {
      this.#yields = true;
      return this.#endWaits('another reeve waits for the project');
    }
    if (this.#hasFailed) {
      if (this.#request.comesBack) this.#endWaits('something failed');
      return;
    }
    if (this.#outdated) return this.#endWaits('the world moved');
    if (!this.#stirred) return;
    this.#stirred = false;
    this.#looking = true;
    const before = this.#moves;
    const plan = await this.#replan();
    this.#looking = false;
    if (this.#moves !== before) this.#stirred = true;
    else if (plan) this.#judge(plan);
    if (this.#stirred || this.#isWanted) await this.#consider();
  }

  /** undefined: the engine does not say; the run itself will find out. */
  async #replan(): Promise<Plan | undefined> {
    try {
      return await this.#request.replan();
    } catch (error) {
      if (isEngineError(error) || this.#inFlight.size === 0) return undefined;
      this.#end.abort(error);
      return undefined;
    }
  }

  #judge(plan: Plan): void {
    const { repeats } = this.#request;
    const fresh = plan.actions.filter(({ id, kind }) => kind !== 'await-container' && !this.#unfinished.has(id));
    const due = fresh.filter(({ id }) => repeats.remainingMs(id) === 0);
    if (due.length === 0)
      return this.#lookLater(
        plan,
        fresh.map(({ id }) => repeats.remainingMs(id)),
      );
    for (const { id } of due) repeats.next(id);
    this.#endWaits('there is something else to do');
  }

  /** What the plan leaves for later is looked at then. */
  #lookLater({ deferrals }: Plan, delays: readonly number[] = []): void {
    const { clock } = this.#request;
    const nowMs = clock.now();
    const soonestMs = Math.min(...delays, ...deferrals.map(({ untilMs }) => Math.max(0, untilMs - nowMs)));
    this.#cancelTimer();
    if (soonestMs !== Infinity) this.#cancelTimer = clock.setTimer(soonestMs, () => this.#stir());
  }

  #endWaits(why: string): void {
    this.#end.abort(new Error(why));
  }
}
