/**
 * What happens during a run, as typed events. The progress on a terminal, the lines in a pipe, `--json`, the history
 * and the tests are all readers of this one stream; nobody prints from inside the loop.
 */

import type { HookOutcome } from '../model/hook.ts';
import type { Action, Plan } from '../plan/plan.ts';
import type { TimeLimit } from '../plan/stop-budget.ts';

export type ActionOutcome =
  | { readonly kind: 'succeeded' }
  /** `message` names subject, action and what to do; `retryable` false: repeating cannot mend it. */
  | { readonly kind: 'failed'; readonly message: string; readonly error: unknown; readonly retryable: boolean }
  /** The world moved under the plan (gone, already taken): look again rather than fail. */
  | { readonly kind: 'stale'; readonly message: string }
  | { readonly kind: 'skipped'; readonly because: string }
  /** Not begun, or cut off, because the run was interrupted. */
  | { readonly kind: 'interrupted' };

export type RunEvent =
  | { readonly type: 'plan'; readonly project: string; readonly plan: Plan }
  | {
      readonly type: 'action-started';
      readonly project: string;
      readonly action: Action;
      /** Of a hook and of a stop. */
      readonly limit?: TimeLimit;
    }
  | {
      readonly type: 'action-settled';
      readonly project: string;
      readonly action: Action;
      readonly outcome: ActionOutcome;
      readonly durationMs: number;
      readonly limit?: TimeLimit;
      /**
       * Of a hook that succeeded or was let pass, what became of it; of a creation, what the engine left out; of an image,
       * where it came from.
       */
      readonly detail?: string;
    }
  /** One whole line of a hook's output, control sequences not yet neutralised. */
  | {
      readonly type: 'hook-output';
      readonly project: string;
      readonly action: Action;
      readonly stream: 'stdout' | 'stderr';
      readonly line: string;
    }
  /** One whole line of what a builder says, control sequences not yet neutralised. */
  | { readonly type: 'build-output'; readonly project: string; readonly action: Action; readonly line: string }
  /** An earlier round or run began it, and this one stays with it to its end. */
  | {
      readonly type: 'hook-rejoined';
      readonly project: string;
      readonly action: Action;
      /** Milliseconds since the epoch. */
      readonly beganAtMs: number;
    }
  | {
      readonly type: 'hook-ended';
      readonly project: string;
      readonly action: Action;
      readonly attempt: number;
      readonly outcome: HookOutcome;
      readonly message: string;
    }
  | {
      readonly type: 'pull-progress';
      readonly project: string;
      readonly action: Action;
      /** Bytes. */
      readonly done: number;
      readonly total: number;
    };

export type Listener = (event: RunEvent) => void;
