/**
 * `watch`: sources wake keys, the work queue orders them, a worker reconciles one project at a time per key.
 *
 *   files, directory, engine events, resync -> key -> work queue -> load if dirty -> reconcile -> outcome
 *
 * Desired state is read again only after a notice of its files; a file that does not load keeps the last good version.
 * Of several keys whose files ask for one project name the first has it; the others make nothing until it is free.
 * A run whose files change meanwhile is drained (running actions settle, waits end, hooks go on for the next run to stay
 * with) and runs again with the new ones: else a wait for something that can never come would keep the edit that mends it
 * waiting as well.
 */

import { isDeepStrictEqual } from 'node:util';
import { Backoff } from './backoff.ts';
import { downOnExit } from './down-on-exit.ts';
import type { Entry } from './entry.ts';
import { isRefused, newEntry, standing, unloaded } from './entry.ts';
import { isAsSeen } from './observe.ts';
import { apply } from './operations.ts';
import { Leaving } from './leaving.ts';
import { outcomeOf, stateOf } from './outcome.ts';
import { ProjectNames } from './project-names.ts';
import { Reading } from './reading.ts';
import type { ReconcilerPorts } from './reconciler.ts';
import { StatusBoard } from './status.ts';
import { Tenures } from './tenures.ts';
import type { KnownKeys, WatchRequest } from './watch-request.ts';
import type { AddOptions, Outcome } from './work-queue.ts';
import { WorkQueue } from './work-queue.ts';

export async function watch(ports: ReconcilerPorts, request: WatchRequest): Promise<void> {
  await new Watch(ports, request).run();
}

class Watch {
  readonly #ports: ReconcilerPorts;
  readonly #request: WatchRequest;
  readonly #entries = new Map<string, Entry>();
  readonly #queue: WorkQueue;
  readonly #board: StatusBoard;
  readonly #names = new ProjectNames((name, refused) => {
    for (const key of refused) if (isRefused(this.#entry(key))) this.#markDirty(key);
    this.#leaving.reconsider(name);
  });
  readonly #leaving: Leaving;
  readonly #reading: Reading;
  readonly #tenures: Tenures;
  /** Aborted: nothing new begins. */
  readonly #ended: AbortSignal;
  #unfollowHolds: () => void = () => {};

  constructor(ports: ReconcilerPorts, request: WatchRequest) {
    this.#ports = ports;
    this.#request = request;
    this.#ended = AbortSignal.any([request.drain, request.signal]);
    this.#queue = new WorkQueue({
      clock: ports.clock,
      backoff: new Backoff({ clock: ports.clock, random: Math.random }),
    });
    this.#board = new StatusBoard(request.announce);
    this.#tenures = new Tenures(ports.state);
    this.#leaving = new Leaving({
      ports,
      tenures: this.#tenures,
      request,
      names: this.#names,
      wake: (key) => {
        if (Leaving.isKey(key) || this.#entries.has(key)) this.#queue.add(key);
      },
      madeBy: (folder) => this.#entries.get(folder)?.project?.name,
    });
    this.#reading = new Reading({ clock: ports.clock, request, names: this.#names, leaving: this.#leaving });
  }

  async run(): Promise<void> {
    const { request, queue } = { request: this.#request, queue: this.#queue };
    const { signal, concurrency = 8 } = request;
    const ended = this.#ended;
    const wake = (key: string, how?: AddOptions): void => queue.add(key, how);
    await request.files.start((key, how) => this.#markDirty(key, how), ended);
    await request.directories?.start((key, how) => this.#markDirty(key, how), ended);
    for (const source of request.sources(this.#knownKeys())) await source.start(wake, ended);
    this.#followHolds();
    for (const key of request.keys) this.#markDirty(key);
    for (const { project, folder } of request.gone ?? []) this.#leaving.add(project, folder);
    await queue.run((key) => this.#reconcile(key), {
      concurrency,
      signal: ended,
      report: (key, outcome, againInMs) => this.#report(key, outcome, againInMs),
    });
    this.#unfollowHolds();
    await this.#tenures.landed();
    if (request.downOnExit && !signal.aborted) await this.#downAll();
  }

  #followHolds(): void {
    this.#unfollowHolds();
    this.#unfollowHolds = this.#ports.state.inventory.onHoldsChange(() => {
      for (const [key, entry] of this.#entries) {
        entry.failed.forget();
        this.#queue.add(key);
      }
      for (const key of this.#leaving.keys()) this.#queue.add(key);
    });
  }

  /** What is remembered may be removed or damaged at any time: then it is made anew, and the run goes on with that. */
  #renewState(project: string): void {
    const messages = this.#ports.state.renew();
    if (messages.length === 0) return;
    for (const message of messages) this.#ports.emit({ type: 'state-renewed', project, message });
    this.#tenures.close();
    this.#followHolds();
  }

  #knownKeys(): KnownKeys {
    const [entries, leaving] = [this.#entries, this.#leaving];
    return {
      all: () => [...entries.keys(), ...leaving.keys()],
      ofProject: (project) => [...entries].filter(([, entry]) => entry.project?.name === project).map(([key]) => key),
    };
  }

  #markDirty(key: string, how?: AddOptions): void {
    const entry = this.#entry(key);
    entry.dirty = true;
    if (entry.interrupt === undefined) this.#queue.add(key, how);
    else void this.#reconsider(key, entry, how);
  }

  /** A notice during a run: it is cut short only for files that ask for something else, not for a touch or a comment. */
  async #reconsider(key: string, entry: Entry, how: AddOptions | undefined): Promise<void> {
    const before = entry.project;
    const isRead = await this.#reading.tryLoad(key, entry);
    if (isRead && !entry.invalid && isDeepStrictEqual(before, entry.project)) return;
    if (!entry.invalid || entry.project !== before) entry.interrupt?.();
    else this.#report(key, unloaded(entry), undefined);
    this.#queue.add(key, how);
  }

  #entry(key: string): Entry {
    const known = this.#entries.get(key);
    if (known) return known;
    const entry = newEntry(this.#ports.clock);
    this.#entries.set(key, entry);
    return entry;
  }

  /** The worker: one look at one project. */
  async #reconcile(key: string): Promise<Outcome> {
    if (Leaving.isKey(key)) return this.#takeDown(key);
    const entry = this.#entry(key);
    entry.cutShort = false;
    entry.actions = 0;
    this.#renewState(entry.project?.name ?? key);
    if (entry.dirty && (await this.#reading.load(key, entry)) === 'gone') return this.#leave(key, entry);
    if (this.#leaving.isAhead(key)) {
      entry.cutShort = true;
      return { kind: 'done' };
    }
    const { project } = entry;
    if (!project) return unloaded(entry);
    if (await this.#isAtRest(entry)) return { kind: 'done' };
    const interrupt = new AbortController();
    entry.interrupt = () => interrupt.abort(new Error('its files changed'));
    try {
      const { drain, signal, policy, options, directoryOf } = this.#request;
      const result = await apply(this.#ports, {
        desired: project,
        policy,
        renewal: entry.renewal,
        options,
        command: 'watch',
        directory: directoryOf(key),
        releaseStopped: false,
        failed: entry.failed,
        onResting: (soFar) => this.#report(key, outcomeOf(soFar), soFar.afterMs),
        drain: AbortSignal.any([drain, interrupt.signal]),
        leave: interrupt.signal,
        tenures: this.#tenures,
        signal,
      });
      // Where it stands nobody can tell: the queue says nothing of what was cancelled.
      if (result.kind === 'interrupted') this.#ended.throwIfAborted();
      if (result.kind === 'converged') entry.failed.forget();
      entry.actions = result.actions;
      if (entry.project === project) entry.seen = result.kind === 'converged' ? result.seen : undefined;
      entry.cutShort = interrupt.signal.aborted && result.kind === 'interrupted';
      return outcomeOf(result);
    } catch (error) {
      // Interrupted while it waited for the lease: the key is in the queue again.
      if (!interrupt.signal.aborted || this.#ended.aborted) throw error;
      entry.cutShort = true;
      return { kind: 'done' };
    } finally {
      entry.interrupt = undefined;
    }
  }

  /** Most wakes are for nothing: the same look at the same files came to nothing, and takes neither lease nor plan. */
  async #isAtRest({ project, seen }: Entry): Promise<boolean> {
    if (!project || seen === undefined) return false;
    const { signal } = this.#request;
    return isAsSeen(this.#ports, { project: project.name, desired: project, signal }, seen);
  }

  /** Its files went away. */
  async #leave(key: string, entry: Entry): Promise<Outcome> {
    this.#board.forget(key);
    this.#entries.delete(key);
    this.#leaving.leave(key, entry.project?.name);
    await this.#request.files.forget(key);
    return { kind: 'done' };
  }

  /** A folder that was not read yet may be one that asks for the project. */
  async #takeDown(key: string): Promise<Outcome> {
    await Promise.all([...this.#entries].map(([folder, entry]) => this.#reading.loadFirst(folder, entry)));
    return this.#leaving.takeDown(key);
  }

  #report(key: string, outcome: Outcome, againInMs: number | undefined): void {
    if (Leaving.isKey(key)) return this.#leaving.report(key, outcome, againInMs);
    const entry = this.#entries.get(key);
    if (!entry) return;
    const { reason, messages } = standing(entry, outcome);
    const { actions, project } = entry;
    this.#board.set({ key, project: project?.name, state: stateOf(reason), reason, messages, actions, againInMs });
  }

  async #downAll(): Promise<void> {
    const entries = [...this.#entries];
    await Promise.all(
      entries.map(async ([key, { project }]) => {
        const ended = project && (await downOnExit(this.#ports, this.#request, project));
        if (!ended) return;
        const state = stateOf(ended.reason);
        this.#board.set({ key, project: project.name, state, ...ended, againInMs: undefined });
      }),
    );
  }
}
