/** What `watch` is given: the keys to begin with, how to load one, the sources that wake them, and what a person asked for. */

import type { RunOptions } from '../execute/run-context.ts';
import type { Project } from '../model/project.ts';
import type { ApplyPolicy } from './operations.ts';
import type { ProjectStatus } from './status.ts';
import type { AddOptions } from './work-queue.ts';

/** Something that wakes keys; the adapters are in source/. */
export interface WakeSource {
  start(emit: (key: string, wake?: AddOptions) => void, signal: AbortSignal): Promise<void>;
}

export interface WatchedFile {
  readonly path: string;
  readonly present: boolean;
}

/** The one source that is told at run time what to watch. */
export interface FileWatch extends WakeSource {
  watch(key: string, files: readonly WatchedFile[], readAtMs: number): Promise<void>;
  forget(key: string): Promise<void>;
}

/** Desired state as just read. `gone`: there is no project any more where the key says. */
export type Desired =
  | { readonly kind: 'project'; readonly project: Project; readonly files: readonly WatchedFile[] }
  | { readonly kind: 'invalid'; readonly messages: readonly string[]; readonly files: readonly WatchedFile[] }
  | { readonly kind: 'gone' };

export interface KnownKeys {
  all(): Iterable<string>;
  ofProject(project: string): Iterable<string>;
}

export interface WatchRequest {
  /** Keys there are at the start. */
  readonly keys: readonly string[];
  readonly load: (key: string) => Promise<Desired>;
  /** Told of each version of a project that is gone on with, before it is. */
  readonly onProject?: (project: Project) => void;
  readonly files: FileWatch;
  /** Emits keys whose folder came, went, or gained or lost a Compose file; absent for a single project. */
  readonly directories?: WakeSource;
  /** Engine events and resync, made when the known keys are. */
  readonly sources: (keys: KnownKeys) => readonly WakeSource[];
  readonly policy: Partial<ApplyPolicy>;
  readonly options: RunOptions;
  /** Projects whose folders went away before the start; default none. */
  readonly gone?: readonly { readonly project: string; readonly folder: string }[];
  /** Take a project down, hooks and all, when its folder went away. */
  readonly prune: boolean;
  /** The directory of projects a key comes from. */
  readonly directoryOf: (key: string) => string | undefined;
  readonly downOnExit: boolean;
  /** Projects begun at the same time; default 8. */
  readonly concurrency?: number;
  readonly drain: AbortSignal;
  readonly signal: AbortSignal;
  readonly announce: (status: ProjectStatus) => void;
}
