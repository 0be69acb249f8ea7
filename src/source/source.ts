/**
 * What a source is: something that wakes keys. It hands over a key, never what happened to it: whoever is woken looks
 * for itself, so a notice that comes twice, late or for nothing does no harm, and only a missing one does.
 */

/** How urgently a key is woken; the work queue's words. */
export interface Wake {
  /** Not before this much time has passed; default 0. An earlier wake overtakes it. */
  readonly delayMs?: number;
  /** Higher goes first; default `PRIORITY.notice`. */
  readonly priority?: number;
}

export type Emit = (key: string, wake?: Wake) => void;

export interface Source {
  /**
   * Begins to emit; resolves once nothing that happens from now on can be missed. Ends with the signal, whose abort
   * also rejects a start that is under way.
   */
  start(emit: Emit, signal: AbortSignal): Promise<void>;
}

/** Something outside is not as a source needs it, and a person should know; the source goes on as well as it can. */
export interface SourceProblem {
  readonly path: string;
  readonly message: string;
  readonly cause: unknown;
}

export const PRIORITY = {
  /** Something happened. */
  notice: 0,
  /** Something may have happened somewhere: it never holds up a notice. */
  hint: -5,
  /** Nothing is known to have happened. */
  resync: -10,
} as const;
