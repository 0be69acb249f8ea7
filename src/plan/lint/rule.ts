/** What a rule of lint is: one hook's facts in, at most one sentence and its remedy out. Pure, as all of plan/ is. */

import type { Hook, HookPhase, HookRecord } from '../../model/hook.ts';
import type { Service } from '../../model/project.ts';

export interface HookFacts {
  readonly service: Service;
  readonly phase: HookPhase;
  readonly hook: Hook;
  /** Empty for a `pre_start` hook that runs the image's own command. */
  readonly words: readonly string[];
  /** What an unquoted operator cut off from a command that is one text. */
  readonly cutOff: string | undefined;
  /** Runs of this very definition that ended, newest last; empty where the ledger was not asked. */
  readonly runs: readonly HookRecord[];
  /** The program, where the container's image is known not to have it. */
  readonly absentProgram: string | undefined;
  /** `--hook-timeout`, in milliseconds. */
  readonly hookTimeoutMs: number;
}

export interface Advice {
  readonly message: string;
  readonly remedy: string;
}

export type Rule = (facts: HookFacts) => Advice | undefined;
