/** What the reconciler is given and gives back: its ports, what a planner sees, the request and the result. Types only. */

import type { Clock } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { RunEvent } from '../execute/events.ts';
import type { Lanes } from '../execute/lanes.ts';
import type { RunOptions } from '../execute/run-context.ts';
import type { LedgerView } from '../model/hook.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { Project, ServiceName } from '../model/project.ts';
import type { Plan } from '../plan/plan.ts';
import type { State } from '../state/state.ts';
import type { Backoff } from './backoff.ts';
import type { FailedWork } from './failed-work.ts';
import type { Renewal } from './renewal.ts';
import type { Tenures } from './tenures.ts';

export interface ReconcilerPorts {
  readonly engine: Engine;
  readonly state: State;
  readonly lanes: Lanes;
  readonly clock: Clock;
  /** Starts, by `project/service/number`: one that does not stay up is started again after a growing delay. */
  readonly crashes: Backoff;
  readonly emit: (event: ReconcileEvent) => void;
}

export type ReconcileEvent =
  | RunEvent
  | {
      readonly type: 'lease-wait';
      readonly project: string;
      readonly pid: number;
      readonly command: string;
      /** Milliseconds since the epoch: it holds the lease since then. */
      readonly sinceMs: number;
    }
  /** What reeve remembers was removed or damaged, and was made anew. */
  | { readonly type: 'state-renewed'; readonly project: string; readonly message: string };

/** What a planner is given: the world as it was just seen. */
export interface Snapshot {
  readonly observed: ObservedProject;
  readonly ledger: LedgerView;
  /** 1 in the first round. */
  readonly round: number;
  /** By container id: not to be started again before that moment, milliseconds since the epoch. */
  readonly notBefore: ReadonlyMap<string, number>;
  /** Containers that reeve stopped and that are wanted again. */
  readonly pendingStarts: ReadonlySet<string>;
  readonly nowMs: number;
}

export interface ReconcileRequest {
  readonly project: string;
  /** undefined: there are no files (`down --project-name`). */
  readonly desired: Project | undefined;
  /** Called in each round, and by a run that waits for a look at what else there is to do; in the first round it may write. */
  readonly makePlan: (snapshot: Snapshot) => Plan;
  /** A plan that only starts what is down of these services, their dependencies as they are. Absent: nothing is started. */
  readonly planBack?: (snapshot: Snapshot, services: ReadonlySet<ServiceName>) => Plan;
  /** For the lease and the history: `apply`, `watch`, `down`. */
  readonly command: string;
  readonly options: RunOptions;
  /** What failed in the runs before. Absent: nobody comes back, and the run waits for slow dependencies after a failure. */
  readonly failed?: FailedWork;
  /** Told of the images that this run pulls and builds. */
  readonly renewal?: Renewal;
  /** Told how the run stands while something that failed rests and others go on. */
  readonly onResting?: (result: ReconcileResult) => void;
  /** Aborted, with `drain`: hooks that run are left in flight, for a next run of the same tenures to stay with. */
  readonly leave?: AbortSignal;
  /** Whose leases and hooks it takes up and leaves behind; default: it has its own, and waits for its hooks. */
  readonly tenures?: Tenures;
  /** Aborted: no new action begins, running ones settle. */
  readonly drain: AbortSignal;
  /** Aborted: everything is left where it is. */
  readonly signal: AbortSignal;
}

export interface ReconcileResult {
  /** `yielded`: it waited, and another reeve that waits for the project goes first. */
  readonly kind: 'converged' | 'failed' | 'deferred' | 'interrupted' | 'yielded';
  /** Actions that succeeded, over all rounds. */
  readonly actions: number;
  readonly failures: readonly string[];
  /** False: repeating cannot mend it. */
  readonly retryable: boolean;
  readonly notes: readonly string[];
  /** Milliseconds until something that is deferred, or that failed, is due. */
  readonly afterMs: number | undefined;
  /** What there was to see when nothing was left to do (observe.ts); absent where that cannot be told. */
  readonly seen?: string | undefined;
}
