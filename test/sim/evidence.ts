/** What is known of a simulation when it has come to an end, with the questions that invariants ask of it. */
import { NO_HOOKS, readHooks, type CarriedHook, type HookSet } from '../../src/model/carried-hook.ts';
import { LABEL, isHookContainer, readHookOwner, type HookOwner } from '../../src/model/owner.ts';
import type { Project } from '../../src/model/project.ts';
import type { Deed, DeedOf } from '../support/sim/log.ts';
import type { Command, Scenario } from './scenario.ts';

/** A process of reeve, as the simulation began and ended it. */
export interface Run {
  readonly client: string;
  readonly command: Command;
  /** As it read the files last. */
  readonly desired: () => Project | undefined;
  /** Length of the log at its begin. */
  readonly began: number;
  /** Length of the log at its end; undefined: it is still there. */
  readonly ended: () => number | undefined;
}

/** Gives its breaches in words. */
export type Rule = (evidence: Evidence) => Iterable<string>;

/** A breach of a rule. */
export interface Breach {
  readonly rule: string;
  readonly message: string;
}

export interface EvidenceParts {
  readonly scenario: Scenario;
  readonly deeds: readonly Deed[];
  readonly runs: readonly Run[];
  /** Length of the log when the state database was lost, or could not be written. */
  readonly stateLosses: readonly number[];
  /** Length of the log when nobody interfered any more. */
  readonly peace: number;
}

export type InContainer = Extract<Deed, { readonly containerId: string }>;
export type InExec = Extract<Deed, { readonly execId: string; readonly command: readonly string[] }>;

/** As often is an engine that fails asked to make something (src/engine/wire.ts). */
export const MAKE_ATTEMPTS = 3;

export class Evidence {
  readonly scenario: Scenario;
  readonly deeds: readonly Deed[];
  readonly runs: readonly Run[];
  readonly stateLosses: readonly number[];
  readonly peace: number;
  readonly creations = new Map<string, DeedOf<'container-created'>>();
  readonly #byContainer = new Map<string, InContainer[]>();
  readonly #hooks = new Map<string, HookSet | undefined>();

  constructor(parts: EvidenceParts) {
    this.scenario = parts.scenario;
    this.deeds = parts.deeds;
    this.runs = parts.runs;
    this.stateLosses = parts.stateLosses;
    this.peace = parts.peace;
    for (const deed of parts.deeds) {
      if (deed.what === 'container-created') this.creations.set(deed.containerId, deed);
      if (!('containerId' in deed)) continue;
      const list = this.#byContainer.get(deed.containerId) ?? [];
      list.push(deed);
      this.#byContainer.set(deed.containerId, list);
    }
  }

  get project(): string {
    return this.scenario.versions[0]?.name ?? '';
  }

  of(containerId: string): readonly InContainer[] {
    return this.#byContainer.get(containerId) ?? [];
  }

  label(containerId: string, key: string): string | undefined {
    return this.creations.get(containerId)?.labels[key];
  }

  isOurs(containerId: string): boolean {
    return this.label(containerId, LABEL.project) === this.project;
  }

  /** Whether it is a service's, and not a hook's own. */
  isService(containerId: string): boolean {
    return this.isOurs(containerId) && !isHookContainer(this.creations.get(containerId)?.labels ?? {});
  }

  /** Of a hook's own container. */
  hookOwner(containerId: string): HookOwner | undefined {
    return readHookOwner(this.creations.get(containerId)?.labels ?? {});
  }

  /** The hooks it was made with; undefined for a container that reeve did not make. */
  ownHooks(containerId: string): HookSet | undefined {
    if (!this.#hooks.has(containerId)) {
      this.#hooks.set(containerId, readHooks(this.label(containerId, LABEL.hooks)));
    }
    return this.#hooks.get(containerId);
  }

  hooks(containerId: string): HookSet {
    return this.ownHooks(containerId) ?? NO_HOOKS;
  }

  nameOf(containerId: string): string {
    return `${this.creations.get(containerId)?.name ?? '?'} (${containerId.slice(0, 6)})`;
  }

  run(deed: Deed): Run | undefined {
    const { by } = deed;
    return by.kind === 'client' ? this.runs.find(({ client }) => client === by.client) : undefined;
  }

  /** Runs of a hook in one start of a container, up to a place in the log. */
  ends(
    containerId: string,
    hook: CarriedHook,
    filter: { readonly startedAt?: string; readonly before?: number },
  ): InExec[] {
    const { startedAt, before = Infinity } = filter;
    return this.of(containerId).filter(
      (deed): deed is InExec =>
        (deed.what === 'exec-ended' || deed.what === 'exec-refused') &&
        deed.index < before &&
        (startedAt === undefined || deed.startedAt === startedAt) &&
        isCommand(deed.command, hook),
    );
  }

  /** Whether the hook succeeded, or failed where that is let pass. */
  isDone(
    containerId: string,
    hook: CarriedHook,
    filter: { readonly startedAt?: string; readonly before?: number },
  ): boolean {
    const ends = this.ends(containerId, hook, filter);
    if (hook.policy.onFailure === 'fail') return ends.some(succeeded);
    return (
      ends.length > 0 || this.#isForgotten(containerId, hook, filter) || this.#isRefused(containerId, hook, filter)
    );
  }

  /** The engine lost the record of the hook's exec: nobody can wait for its end, nor tell how it ended. */
  #isForgotten(
    containerId: string,
    hook: CarriedHook,
    { startedAt, before = Infinity }: { readonly startedAt?: string; readonly before?: number },
  ): boolean {
    const begun = this.of(containerId).flatMap((deed) =>
      deed.what === 'exec-started' &&
      isCommand(deed.command, hook) &&
      (startedAt === undefined || deed.startedAt === startedAt)
        ? deed.execId
        : [],
    );
    return this.deeds.some(
      (deed) => deed.what === 'exec-forgotten' && deed.index < before && begun.includes(deed.execId),
    );
  }

  /**
   * The engine answered that it could not make an exec, as often as it was asked, or not start that of the hook: nobody
   * could have run it, and nobody can tell such an answer from a refusal of the command.
   */
  #isRefused(
    containerId: string,
    hook: CarriedHook,
    { startedAt, before = Infinity }: { readonly startedAt?: string; readonly before?: number },
  ): boolean {
    const from = startedAt === undefined ? 0 : (this.startOf(containerId, startedAt)?.index ?? 0);
    const failures = this.failures.filter(({ index }) => index >= from && index < before);
    const starts = this.of(containerId).flatMap((deed) =>
      deed.what === 'exec-created' && isCommand(deed.command, hook) ? `POST /exec/${deed.execId}/start` : [],
    );
    return (
      failures.filter(({ call }) => call === `POST /containers/${containerId}/exec`).length >= MAKE_ATTEMPTS ||
      failures.some(({ call }) => starts.includes(call))
    );
  }

  /** Calls that the engine answered with an error of its own. */
  get failures(): readonly { readonly index: number; readonly call: string }[] {
    return this.deeds.flatMap((deed) => {
      const call = deed.what === 'fault' ? /^error-\w+ \S+ (.*)$/.exec(deed.fault)?.[1] : undefined;
      return call === undefined ? [] : [{ index: deed.index, call }];
    });
  }

  /** Place in the log of the last look that this client took at the container before that place; -1: it never did. */
  lastLook(client: string, containerId: string, before: number): number {
    for (let index = before - 1; index >= 0; index -= 1) {
      const deed = this.deeds[index];
      if (deed?.what !== 'request' || deed.by.kind !== 'client' || deed.by.client !== client) continue;
      if (deed.method === 'GET' && deed.path.includes(`/containers/${containerId}/json`)) return index;
    }
    return -1;
  }

  /** Place in the log of the last whole look at the project. */
  lastObservation(client: string, before: number): number {
    for (let index = before - 1; index >= 0; index -= 1) {
      const deed = this.deeds[index];
      if (deed?.what !== 'request' || deed.by.kind !== 'client' || deed.by.client !== client) continue;
      if (deed.method === 'GET' && deed.path.includes('/containers/json')) return index;
    }
    return -1;
  }

  startOf(containerId: string, startedAt: string): DeedOf<'container-started'> | undefined {
    return this.of(containerId).find(
      (deed): deed is DeedOf<'container-started'> => deed.what === 'container-started' && deed.startedAt === startedAt,
    );
  }

  /** The state was lost, or could not be written, between two places. */
  lostState(from: number, to: number): boolean {
    return this.stateLosses.some((index) => index >= from && index <= to);
  }
}

export function succeeded(deed: Deed): boolean {
  return deed.what === 'exec-ended' && deed.exitCode === 0;
}

export function isCommand(words: readonly string[], hook: CarriedHook): boolean {
  return words.join('\0') === (hook.command ?? []).join('\0');
}
