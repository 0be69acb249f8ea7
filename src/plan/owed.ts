/**
 * Which hooks are owed: decided from the container's own hooks, its incarnation and the ledger, nothing else.
 *
 * A hook is settled for an incarnation when it succeeded, was assumed or forced, or failed under `on_failure: continue`.
 * What is settled is not repeated, whatever became of the ones before it.
 */

import type { HookPhase, HookRecord, LedgerView } from '../model/hook.ts';
import type { ObservedContainer } from '../model/observed.ts';
import type { CarriedHook, HookSet } from '../model/carried-hook.ts';
import { carriedHooks, NO_HOOKS } from '../model/carried-hook.ts';
import type { Project, Service } from '../model/project.ts';
import type { ActionId, Borrows, EarlierHookContainer, EarlierRun } from './plan.ts';

/** A ledger view, indexed once for a plan. */
export interface HookHistory {
  readonly recordsOf: (containerId: string) => readonly HookRecord[];
  readonly wasDelivered: (service: string, phase: HookPhase, digest: string) => boolean;
  readonly adopted: ReadonlyMap<string, string>;
}

export function indexLedger(view: LedgerView): HookHistory {
  const byContainer = Map.groupBy(view.records, (record) => record.containerId);
  const delivered = new Set(view.delivered.map(({ service, phase, digest }) => `${service} ${phase} ${digest}`));
  return {
    recordsOf: (containerId) => byContainer.get(containerId) ?? [],
    wasDelivered: (service, phase, digest) => delivered.has(`${service} ${phase} ${digest}`),
    adopted: view.adopted,
  };
}

export interface OwedHook {
  readonly index: number;
  readonly hook: CarriedHook;
  readonly earlier: EarlierRun | undefined;
  /** Of other hooks of the container: they end before this one begins. */
  readonly others: readonly EarlierRun[];
}

/** A hook that a replica runs before its first start. */
export interface OwedPreStart {
  readonly index: number;
  /** Of the hook's own container. */
  readonly name: string;
  readonly hook: CarriedHook;
  readonly earlier: EarlierHookContainer | undefined;
  /** Hooks of other replicas that come before it, and what brings its image. */
  readonly needs: readonly ActionId[];
  /** Containers that the service borrows from. */
  readonly borrows: Borrows;
}

/** In order; a text is the action of another replica that runs this one for all. By replica key. */
export type PreStarts = ReadonlyMap<string, readonly (OwedPreStart | ActionId)[]>;

/**
 * The hooks that a container gets: those it was created with, each with today's `x-reeve` where today's file still has the
 * same definition; today's file's for a container that reeve did not make; none for an orphan of others, and none for
 * one-off containers and those of hooks, which are not the service.
 */
export function hooksOf(container: ObservedContainer, project: Project | undefined): HookSet {
  if (container.oneoff || container.hookContainer) return NO_HOOKS;
  const service = project?.services[container.service];
  const today = project && service ? carriedHooks(service, project.sensitiveValues) : undefined;
  if (!container.hooks) return today ?? NO_HOOKS;
  return {
    pre_start: container.hooks.pre_start.map((hook) => withTodays(hook, today?.pre_start)),
    post_start: container.hooks.post_start.map((hook) => withTodays(hook, today?.post_start)),
    pre_stop: container.hooks.pre_stop.map((hook) => withTodays(hook, today?.pre_stop)),
  };
}

function withTodays(hook: CarriedHook, today: readonly CarriedHook[] | undefined): CarriedHook {
  return today?.find((candidate) => candidate.digest === hook.digest) ?? hook;
}

/** The hooks that a new container of this service will get after its first start. */
export function hooksOfNew(project: Project, service: Service): HookSet {
  return carriedHooks(service, project.sensitiveValues);
}

/**
 * Owed hooks of a running container's present incarnation, in order; of its next one where its restart policy is about to
 * bring it back.
 */
export function owedHooks(
  container: ObservedContainer,
  phase: 'post_start' | 'pre_stop',
  hooks: HookSet,
  ledger: HookHistory,
): OwedHook[] {
  if (phase === 'post_start' && isAssumed(container, ledger)) return [];
  const records = ledger.recordsOf(container.id).filter((record) => record.phase === phase);
  const wasDelivered = (digest: string): boolean => ledger.wasDelivered(container.service, phase, digest);
  const { status, startedAt } = container.state;
  const owed: OwedHook[] = [];
  for (const [index, hook] of hooks[phase].entries()) {
    const record =
      status === 'restarting' ? undefined : records.find((one) => one.index === index && one.startedAt === startedAt);
    if (record && !record.superseded && isSettled(record, hook)) continue;
    if (phase === 'post_start' && !isDue(hook, index, records, wasDelivered)) continue;
    const before = phase === 'post_start' ? unfinishedBefore(hook, index, records) : undefined;
    const others = owed.length > 0 ? [] : announcedBeside(ledger.recordsOf(container.id), { phase, index, startedAt });
    owed.push({ index, hook, earlier: unfinished(record) ?? before, others });
  }
  return owed;
}

/** Owed after a start that this plan makes: no record of the new incarnation can exist yet. */
export function owedAfterStart(
  container: ObservedContainer | undefined,
  service: string,
  hooks: HookSet,
  ledger: HookHistory,
): OwedHook[] {
  const records = container ? ledger.recordsOf(container.id).filter((one) => one.phase === 'post_start') : [];
  return hooks.post_start
    .map((hook, index) => ({ index, hook, earlier: unfinishedBefore(hook, index, records), others: [] }))
    .filter(({ index, hook }) =>
      isDue(hook, index, records, (digest) => ledger.wasDelivered(service, 'post_start', digest)),
    );
}

/** What `x-reeve: {run}` says, by the records of one container. */
function isDue(
  hook: CarriedHook,
  index: number,
  records: readonly HookRecord[],
  wasDelivered: (digest: string) => boolean,
): boolean {
  switch (hook.policy.run) {
    case 'every-start':
      return true;
    case 'once-per-container':
      return !records.some((record) => record.index === index && record.outcome === 'succeeded');
    case 'once-per-definition':
      return !wasDelivered(hook.digest);
  }
}

/** A container that others made, still in the start at which it was first seen: its maker delivered its post_start. */
export function isAssumed(container: ObservedContainer, ledger: HookHistory): boolean {
  if (container.ours) return false;
  const adoptedAt = ledger.adopted.get(container.id);
  return adoptedAt === undefined || adoptedAt === container.state.startedAt;
}

export function isSettled(record: HookRecord, hook: CarriedHook): boolean {
  switch (record.outcome) {
    case 'succeeded':
    case 'assumed':
    case 'moot':
      return true;
    case 'failed':
    case 'timed-out':
    case 'refused':
      return record.phase !== 'pre_stop' && hook.policy.onFailure === 'continue';
    case 'intended':
      return false;
  }
}

/** An exec that may still be running, or whose end nobody recorded. */
function unfinished(record: HookRecord | undefined): OwedHook['earlier'] {
  if (!record?.execId) return undefined;
  const { id: recordId, execId, outcome, exitCode, superseded, beganAtMs } = record;
  const isOverdue = outcome === 'timed-out' && exitCode === undefined;
  if (outcome !== 'intended' && !isOverdue) return undefined;
  return { recordId, execId, counts: !superseded, beganAtMs: isOverdue ? undefined : beganAtMs };
}

/** Execs of other hooks in the same start whose end nobody recorded; one that timed out has had its time. */
function announcedBeside(
  records: readonly HookRecord[],
  { phase, index, startedAt }: Pick<HookRecord, 'phase' | 'index' | 'startedAt'>,
): EarlierRun[] {
  return records
    .filter((record) => record.startedAt === startedAt && (record.phase !== phase || record.index !== index))
    .filter(({ outcome }) => outcome === 'intended')
    .flatMap((record) => unfinished(record) ?? []);
}

/**
 * For a hook that is due once, an exec of another start of the container counts as well. One that timed out does not: it
 * has had its time, ended with that start, and would settle nothing for this one, however often it is looked at.
 */
function unfinishedBefore(hook: CarriedHook, index: number, records: readonly HookRecord[]): OwedHook['earlier'] {
  if (hook.policy.run === 'every-start') return undefined;
  return unfinished(
    records.findLast((record) => record.index === index && record.outcome === 'intended' && record.execId),
  );
}
