/** What `watch` knows of one key: the last good version of its files, and how far the last run came with it. */

import type { Clock } from '../clock.ts';
import type { Project } from '../model/project.ts';
import { FailedWork } from './failed-work.ts';
import type { Standing } from './outcome.ts';
import { standingAfter } from './outcome.ts';
import type { Renewal } from './renewal.ts';
import { newRenewal } from './renewal.ts';
import type { Outcome } from './work-queue.ts';

export interface Entry {
  project: Project | undefined;
  /** Its files changed, or were never read. */
  dirty: boolean;
  /** Present while the last version of the files does not load. */
  invalid: readonly string[] | undefined;
  /** Ends the waits of the run that is under way. */
  interrupt: (() => void) | undefined;
  /** The last run ended early for files that changed: the next one is about to begin. */
  cutShort: boolean;
  /** Actions of the last run that succeeded. */
  actions: number;
  /** What there was to see when nothing was left to do for this version of the files. */
  seen: string | undefined;
  /** Images that this version of the files asks to be pulled. */
  renewal: Renewal;
  readonly failed: FailedWork;
}

export function newEntry(clock: Clock): Entry {
  return {
    project: undefined,
    dirty: true,
    invalid: undefined,
    interrupt: undefined,
    cutShort: false,
    actions: 0,
    seen: undefined,
    renewal: newRenewal(clock),
    failed: new FailedWork(clock, Math.random),
  };
}

/** Another key makes the project of that name. One that is just being read asks for its name again by itself. */
export function isRefused({ project, invalid }: Entry): boolean {
  return project === undefined && invalid !== undefined;
}

/** Its files do not load: only a change of theirs can mend that. */
export function unloaded({ invalid = [] }: Entry): Outcome {
  return { kind: 'terminal', error: new Error(invalid.join('\n')) };
}

/** Where it stands after a run: what its files are counts before what came of the run. */
export function standing(entry: Entry, outcome: Outcome): Standing {
  if (entry.dirty || entry.cutShort) return { reason: 'Reconciling', messages: [] };
  if (entry.invalid && outcome.kind !== 'requeue') return { reason: 'InvalidFile', messages: entry.invalid };
  return standingAfter(outcome);
}
