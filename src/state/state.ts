/**
 * What reeve remembers between runs, as ports. The adapter is an embedded database per engine (sqlite.ts).
 *
 * The database may be lost without losing a container or skipping a hook: the engine's labels are the truth about
 * what exists, the ledger only about what was delivered. Calls are synchronous: the database is local and a write
 * must be durable before the action that it announces.
 */

import type { HookOutcome, HookPhase, HookRecord, Incarnation, LedgerView } from '../model/hook.ts';

export type { LedgerView } from '../model/hook.ts';

export interface State {
  readonly hooks: HookLedger;
  readonly history: History;
  readonly inventory: Inventory;
  readonly contents: DeliveredContents;
  readonly leases: Leases;
  /** Another text whenever something may have been written that a plan rests on, by this process or another one. */
  revision(): string;
  /** Where it is kept, for people. */
  readonly path: string;
  /** What was found wrong on opening and what was done (a corrupt file set aside), for people. */
  readonly notices: readonly string[];
  /**
   * Makes anew what was removed, replaced or damaged while it was in use, and gives what to tell people; nothing where all
   * is well. What was taken from the old one before (its ledger, its leases) stays with the old one.
   */
  renew(): readonly string[];
  close(): void;
}

export interface HookIntent extends Incarnation {
  readonly project: string;
  readonly service: string;
  readonly replica: number;
  readonly phase: HookPhase;
  readonly index: number;
  readonly digest: string;
  readonly command: readonly string[];
  readonly cause: string;
  readonly attempt: number;
  /** How long it may take, in milliseconds. */
  readonly deadlineMs?: number;
  /** Of a `pre_start` hook the id of its container. undefined: it was refused before there was one. */
  readonly execId: string | undefined;
}

export interface HookLedger {
  view(project: string): LedgerView;
  /** Durable when it returns; gives the record's id. */
  intend(intent: HookIntent): number;
  end(
    recordId: number,
    end: { readonly outcome: HookOutcome; readonly exitCode?: number; readonly message?: string },
  ): void;
  /** Bounded per run (the head and the tail are kept) and over all runs. `text` is decoded output. */
  appendOutput(recordId: number, stream: 'stdout' | 'stderr', text: string): void;
  /** What a run printed will be appended again from its beginning. */
  resetOutput(recordId: number): void;
  /** Newest last; superseded ones too. */
  list(filter: { readonly project: string; readonly service?: string; readonly limit?: number }): HookRecord[];
  output(recordId: number): { readonly stream: 'stdout' | 'stderr'; readonly text: string }[];
  /** A stop that was begun is no longer wanted: its pre_stop hooks will be due again. */
  supersedePreStop(containerIds: readonly string[]): void;
  /** What was done once for a definition went with the data of the project: it is to be done again. */
  forgetDelivered(project: string): void;
  /** The container's hooks of this phase become owed again (`hooks retry` of assumed or settled ones). */
  supersede(containerId: string, phase: HookPhase): void;
  /** Containers made by others, as they run now; only what was not known before is taken up. */
  adopt(project: string, incarnations: readonly Incarnation[]): void;
  /**
   * The project's containers that exist, as observed under its lease: records of others leave the view, and may be
   * dropped when they are old. Cheap when nothing changed. Never called, nothing is lost, but the ledger grows.
   */
  retain(project: string, containerIds: readonly string[]): void;
  /** Values withheld from labels, by hook digest. */
  keepValues(digest: string, values: Readonly<Record<string, string>>): void;
  values(digest: string): Readonly<Record<string, string>> | undefined;
}

export interface HistoryEntry {
  readonly project: string;
  readonly atMs: number;
  /** Joins the lines of one run. */
  readonly reconcileId: string;
  /** Action id such as `web/1:start`; '' for a line about the whole run. */
  readonly action: string;
  /** Printable sentence. */
  readonly cause: string;
  readonly outcome: 'succeeded' | 'failed' | 'skipped' | 'event';
  readonly message: string;
  readonly durationMs: number;
}

export interface History {
  append(entries: readonly HistoryEntry[]): void;
  /** Newest last. */
  list(filter: { readonly project?: string; readonly limit: number }): HistoryEntry[];
}

/** What was applied from where. */
export interface InventoryEntry {
  readonly project: string;
  readonly workingDir: string;
  readonly configFiles: readonly string[];
  /** The directory given to `apply DIR` or `watch DIR`; undefined for a project named by its files. */
  readonly directory: string | undefined;
}

export type HoldKind = 'stopped' | 'suspended';

/** `service` undefined: the whole project. */
export interface Hold {
  readonly project: string;
  readonly service: string | undefined;
  readonly kind: HoldKind;
}

export interface Inventory {
  record(entry: InventoryEntry): void;
  forget(project: string): void;
  get(project: string): InventoryEntry | undefined;
  /** By name; with a directory, what was applied from it. */
  list(directory?: string): InventoryEntry[];
  hold(hold: Hold): void;
  /** Clears the hold of a service, or with `service` undefined every hold of that kind in the project. */
  release(hold: Hold): void;
  holds(project: string): Hold[];
  /** Calls back after each `hold` and `release` of any process, until the returned function is called. */
  onHoldsChange(listener: () => void): () => void;
  /** Containers about to be stopped and not removed: once they are wanted again, their exit code does not say that they finished. */
  expectStarts(project: string, containerIds: readonly string[]): void;
  /** They run again, or are gone. */
  forgetStarts(containerIds: readonly string[]): void;
  expectedStarts(project: string): ReadonlySet<string>;
}

/** What containers were last given of configs and secrets: digests by object, as in `Service.contents`. */
export interface DeliveredContents {
  /** By container id; only what their labels do not say. */
  view(project: string): ReadonlyMap<string, Readonly<Record<string, string>>>;
  deliver(project: string, containerId: string, digests: Readonly<Record<string, string>>): void;
  /** The project's containers that exist; others are forgotten. */
  retain(project: string, containerIds: readonly string[]): void;
}

export interface LeaseHolder {
  readonly pid: number;
  /** What it does, such as `watch`. */
  readonly command: string;
  readonly sinceMs: number;
}

export interface Leases {
  /**
   * Takes the project's lease, waiting while a living process holds it; a dead process's lease is taken over.
   * Rejects with the signal's reason when aborted. `onWait` is called once, when it has to wait.
   */
  acquire(request: {
    readonly project: string;
    readonly command: string;
    readonly signal: AbortSignal;
    readonly onWait?: (holder: LeaseHolder) => void;
    /** The holder is asked to give way; default: it is only waited for. */
    readonly insists?: boolean;
  }): Promise<Lease>;
  holder(project: string): LeaseHolder | undefined;
}

export interface Lease {
  /** False when it was taken from us (our process was thought dead). */
  isHeld(): boolean;
  /** Calls back while somebody insists on it, at least once. Gives the way to stop listening. */
  onWanted(listener: () => void): () => void;
  release(): void;
}
