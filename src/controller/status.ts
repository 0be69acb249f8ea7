/**
 * Where a project under `watch` stands, for people: one of three states with a reason. A change of it is an event, and
 * so is a run that did something and ended well; the same state again is not, so an unchanged resync says nothing.
 */

export type StatusReason =
  | 'Converged'
  | 'Reconciling'
  /** It waits for something, and another reeve goes first. */
  | 'Yielding'
  /** The files do not load; the last good version goes on. */
  | 'InvalidFile'
  /** An action or a hook failed, or something that is needed is not there. */
  | 'Failed'
  /** A container does not stay up. */
  | 'CrashBackoff'
  | 'EngineUnavailable'
  /** Its files went away. */
  | 'Gone'
  /** Its files make a project of another name. */
  | 'Renamed'
  /** It was taken down at the end of the watch. */
  | 'Down'
  /** It was to be taken down, and is left alone. */
  | 'Suspended';

export interface ProjectStatus {
  readonly key: string;
  readonly project: string | undefined;
  readonly state: 'ready' | 'reconciling' | 'stalled';
  readonly reason: StatusReason;
  readonly messages: readonly string[];
  /** Actions of the last run that succeeded. */
  readonly actions: number;
  /** Milliseconds until it is tried again by itself; undefined: a notice brings it back. */
  readonly againInMs: number | undefined;
}

/** Remembers what was said last of each key and tells what is new. */
export class StatusBoard {
  readonly #said = new Map<string, string>();
  readonly #current = new Map<string, ProjectStatus>();
  readonly #announce: (status: ProjectStatus) => void;

  constructor(announce: (status: ProjectStatus) => void) {
    this.#announce = announce;
  }

  set(status: ProjectStatus): void {
    this.#current.set(status.key, status);
    // Which call of many it was that an engine did not answer is no news.
    const messages = status.reason === 'EngineUnavailable' ? [] : status.messages;
    const text = JSON.stringify([status.state, status.reason, messages]);
    const isNews = status.actions > 0 && status.state === 'ready';
    if (this.#said.get(status.key) === text && !isNews) return;
    this.#said.set(status.key, text);
    this.#announce(status);
  }

  forget(key: string): void {
    this.#said.delete(key);
    this.#current.delete(key);
  }

  all(): ProjectStatus[] {
    return [...this.#current.values()];
  }
}
