/**
 * Projects that the watched files do not ask for any more: their folder went away, or makes a project of another name. With
 * `prune` each is taken down, hooks and all, if it was applied from that directory; else it is said to be left alone.
 *
 * A project goes by its name: as soon as a folder asks for it again, as a renamed one does, it is that folder's, and what
 * was begun here is cut short. What is suspended is spared until it is resumed. Each has a key of its own in the work
 * queue, which tries a failed one again; its folder may be making another project meanwhile.
 */

import type { InventoryEntry } from '../state/state.ts';
import { down } from './operations.ts';
import { outcomeOf, standingAfter, stateOf } from './outcome.ts';
import type { ProjectNames } from './project-names.ts';
import type { ReconcilerPorts } from './reconciler.ts';
import type { StatusReason } from './status.ts';
import { StatusBoard } from './status.ts';
import type { Tenures } from './tenures.ts';
import type { WatchRequest } from './watch-request.ts';
import type { Outcome } from './work-queue.ts';

interface Left {
  readonly project: string;
  /** The key of the folder that made it. */
  readonly folder: string;
  /** Aborted: it is asked for again. */
  readonly wanted: AbortController;
  /** It was tried to take it down, with whatever result. */
  isTried: boolean;
}

export interface LeavingParts {
  readonly ports: ReconcilerPorts;
  readonly request: WatchRequest;
  readonly names: ProjectNames;
  readonly tenures: Tenures;
  readonly wake: (key: string) => void;
  /** The project that a folder makes now. */
  readonly madeBy: (folder: string) => string | undefined;
}

const PREFIX = 'gone ';
const PRUNE = { command: 'prune', services: undefined, volumes: false, removeOrphans: true } as const;
/** There is nothing to say and nothing to try again. */
const QUIET: Outcome = { kind: 'done' };

export class Leaving {
  readonly #parts: LeavingParts;
  readonly #left = new Map<string, Left>();
  readonly #board: StatusBoard;

  constructor(parts: LeavingParts) {
    this.#parts = parts;
    this.#board = new StatusBoard((status) =>
      parts.request.announce({ ...status, key: this.#left.get(status.key)?.folder ?? status.key }),
    );
  }

  /** Folders go by absolute paths. */
  static isKey(key: string): boolean {
    return key.startsWith(PREFIX);
  }

  keys(): Iterable<string> {
    return this.#left.keys();
  }

  /**
   * The folder went away, or makes `now`. `before`: what it made in this run; what it made in others the inventory knows,
   * also where its files never loaded since.
   */
  leave(folder: string, before: string | undefined, now?: string): void {
    const { ports, request } = this.#parts;
    const directory = request.directoryOf(folder);
    const applied = directory === undefined ? [] : ports.state.inventory.list(directory);
    const isFrom = ({ workingDir }: InventoryEntry): boolean => workingDir === folder;
    const projects = new Set(applied.filter(isFrom).map(({ project }) => project));
    if (before !== undefined) projects.add(before);
    for (const project of projects) if (project !== now) this.add(project, folder);
  }

  add(project: string, folder: string): void {
    const { names, wake } = this.#parts;
    if (names.ownerOf(project) !== undefined) return;
    const key = PREFIX + project;
    // Its end is told more than once, by its files and by the directory: no reason for another try.
    if (this.#left.has(key)) return;
    this.#left.set(key, { project, folder, wanted: new AbortController(), isTried: false });
    wake(key);
  }

  /** A folder makes this project again. */
  keep(project: string): void {
    const key = PREFIX + project;
    this.#left.get(key)?.wanted.abort(new Error('a folder makes it again'));
    this.#forget(key);
  }

  /** Nobody asks for it any more who might have done so before. */
  reconsider(project: string): void {
    if (this.#left.has(PREFIX + project)) this.#parts.wake(PREFIX + project);
  }

  /** Whether something that the folder made before is about to be taken down: it may hold what the new one needs. */
  isAhead(folder: string): boolean {
    const { request, names } = this.#parts;
    if (!request.prune) return false;
    return [...this.#left.values()].some(
      (left) => left.folder === folder && !left.isTried && !names.isAsked(left.project),
    );
  }

  /** The worker. Whether folders ask for it, as far as they are there, must be known by now. */
  async takeDown(key: string): Promise<Outcome> {
    const left = this.#left.get(key);
    if (!left) return QUIET;
    try {
      return await this.#takeDown(key, left);
    } catch (error) {
      if (left.wanted.signal.aborted) return QUIET;
      throw error;
    } finally {
      if (!left.isTried) this.#parts.wake(left.folder);
      left.isTried = true;
    }
  }

  /** Says what failed; how it ended well is said where it did. */
  report(key: string, outcome: Outcome, againInMs: number | undefined): void {
    const left = this.#left.get(key);
    if (!left || outcome.kind === 'done') return;
    const { reason, messages } = standingAfter(outcome);
    this.#say(key, left, { reason, messages, againInMs });
  }

  async #takeDown(key: string, left: Left): Promise<Outcome> {
    const { ports, request, names, tenures } = this.#parts;
    const { project, wanted } = left;
    if (names.isAsked(project)) return QUIET;
    const alone = this.#whyLeftAlone(left);
    if (alone !== undefined) {
      this.#say(key, left, { messages: [alone] });
      this.#forget(key);
      return QUIET;
    }
    const { options, signal } = request;
    const drain = AbortSignal.any([request.drain, wanted.signal]);
    const policy = { ...PRUNE, force: request.policy.force ?? false };
    const asked = { project, desired: undefined, policy, sparesSuspended: true };
    const result = await down(ports, { ...asked, options, drain, signal, tenures });
    if (wanted.signal.aborted) return QUIET;
    if (result.kind === 'interrupted') drain.throwIfAborted();
    if (result.kind !== 'converged') return outcomeOf(result);
    this.#say(key, left, { messages: result.notes, actions: result.actions });
    const isSpared = ports.state.inventory.get(project) !== undefined;
    if (!isSpared) this.#forget(key);
    return QUIET;
  }

  #whyLeftAlone({ project, folder }: Left): string | undefined {
    const { ports, request } = this.#parts;
    const directory = request.directoryOf(folder);
    const applied = ports.state.inventory.get(project);
    const isOurs = directory !== undefined && applied?.directory === directory;
    if (request.prune && isOurs) return undefined;
    const why = request.prune ? `, for it was not applied from ${directory}` : '';
    const prune = isOurs ? ', and so does --prune' : '';
    return `its containers are left alone${why}: reeve down -p ${project} takes it down${prune}`;
  }

  #say(
    key: string,
    { project, folder }: Left,
    said: {
      readonly reason?: StatusReason;
      readonly messages: readonly string[];
      readonly actions?: number;
      readonly againInMs?: number | undefined;
    },
  ): void {
    const now = this.#parts.madeBy(folder);
    const { reason = now === undefined ? 'Gone' : 'Renamed', actions = 0, againInMs } = said;
    const why = now === undefined ? 'its files went away' : `its files make ${now} now`;
    const messages = reason === 'Gone' ? said.messages : [why, ...said.messages];
    this.#board.set({ key, project, state: stateOf(reason), reason, messages, actions, againInMs });
  }

  #forget(key: string): void {
    this.#left.delete(key);
    this.#board.forget(key);
  }
}
