/**
 * Lifecycle hooks: what is to be run, and the record of what was.
 *
 * The unit of delivery is an incarnation: one start of one container. Whether a hook is owed is decided from
 * records and incarnations alone (plan/owed.ts), never from what a process remembers.
 */

export type HookPhase = 'pre_start' | 'post_start' | 'pre_stop';

/** Declared hook, `x-reeve` read and checked; absent members have the documented defaults. */
export interface Hook {
  /** null: the image's own command; only `pre_start` may leave it out. */
  readonly command: readonly string[] | null;
  readonly user?: string;
  readonly privileged?: boolean;
  readonly working_dir?: string;
  /** Over the service's own environment; null: the hook goes without that variable. */
  readonly environment?: Readonly<Record<string, string | null>>;
  /** `pre_start` only. */
  readonly image?: string;
  /** `pre_start` only: run for every replica instead of once for the service. */
  readonly per_replica?: boolean;
  readonly policy: HookPolicy;
}

/** The hook's `x-reeve`. */
export interface HookPolicy {
  /** Deadline in milliseconds; absent: the run's `--hook-timeout` (default 5 min). */
  readonly timeoutMs?: number;
  /** `fail`: a failure gates what follows; `continue`: it is recorded and said, and what follows goes on. */
  readonly onFailure: 'fail' | 'continue';
  /** Further attempts inside one run; default 0. */
  readonly retries: number;
  /** Delay before the first further attempt in milliseconds, doubled for each one after; default 1000. */
  readonly backoffMs: number;
  /** When the hook is due; default `every-start`, which for a `pre_start` hook is the first start only. */
  readonly run: 'every-start' | 'once-per-container' | 'once-per-definition';
  /** post_start only: what to wait for before it runs; default `started`. */
  readonly after: 'started' | 'healthy';
}

export const DEFAULT_HOOK_POLICY: HookPolicy = {
  onFailure: 'fail',
  retries: 0,
  backoffMs: 1000,
  run: 'every-start',
  after: 'started',
};

/** One start of one container. `startedAt` is the engine's own text (RFC 3339 with nanoseconds), compared as text. */
export interface Incarnation {
  readonly containerId: string;
  readonly startedAt: string;
}

export type HookOutcome =
  /** The exec was announced in the ledger; nothing is known of its end. */
  | 'intended'
  | 'succeeded'
  | 'failed'
  | 'timed-out'
  /** The engine refused to run it, or it could not be run at all. */
  | 'refused'
  /** A container that reeve adopted: its maker is taken to have delivered it. */
  | 'assumed'
  /** Its container ended: there is nothing left to run it in. */
  | 'moot';

/** One run of one hook, as the ledger keeps it. Holds no environment values. */
export interface HookRecord extends Incarnation {
  readonly id: number;
  readonly project: string;
  readonly service: string;
  readonly replica: number;
  readonly phase: HookPhase;
  readonly index: number;
  /** Digest of the hook's definition (model/hook-digest.ts). */
  readonly digest: string;
  readonly command: readonly string[];
  readonly cause: string;
  /** From 1. */
  readonly attempt: number;
  /** Of a `pre_start` hook the id of its own container. */
  readonly execId?: string;
  readonly outcome: HookOutcome;
  readonly exitCode?: number;
  /** Engine refusal or other text for a person. */
  readonly message?: string;
  /** Milliseconds since the epoch. */
  readonly beganAtMs: number;
  readonly durationMs?: number;
  /** How long it might take, in milliseconds; absent in records of before that was noted. */
  readonly deadlineMs?: number;
  /** It settles nothing any more; in a view only where its exec may still be running. */
  readonly superseded?: true;
}

/** What the plan needs to know of past deliveries in one project. */
export interface LedgerView {
  /**
   * The newest record of each (container, start, phase, index) that is not superseded or may still be running: of the
   * latest starts of each container, and of its earlier ones the latest success.
   */
  readonly records: readonly HookRecord[];
  /** Definitions that succeeded at least once, for `run: once-per-definition`. */
  readonly delivered: readonly { readonly service: string; readonly phase: HookPhase; readonly digest: string }[];
  /** Containers made by others, by id, with the start at which they were first seen. */
  readonly adopted: ReadonlyMap<string, string>;
}
