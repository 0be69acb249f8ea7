/**
 * Replicas: which container stands for which replica number, and which ones have to go.
 *
 * Twins (two containers of one number) are what a crash in the middle of a replacement leaves: the one that matches the
 * desired state stays, then the running one, then the one with the final name, then the newest. Numbers with holes are
 * left as they are while the count is right, and filled from below when more are wanted. Of too many, the highest go.
 */

import type { ObservedContainer } from '../model/observed.ts';
import type { Cause } from './cause.ts';
import type { ContainerDrift, ServiceTarget } from './drift.ts';
import { containerDrift, NO_DRIFT } from './drift.ts';
import { isRunning } from './sequences.ts';
import { LABEL, containerName } from '../model/owner.ts';

export interface Replica {
  readonly number: number;
  /** The container that stays, with what is to be changed on it in place. */
  readonly keep: ObservedContainer | undefined;
  readonly drift: ContainerDrift;
  /** Why a new one is needed; undefined with `keep`. */
  readonly createCause: Cause | undefined;
  /** Containers of this number that go before the one above starts. */
  readonly leaving: readonly { readonly container: ObservedContainer; readonly cause: Cause }[];
}

export interface ReplicaSet {
  readonly replicas: readonly Replica[];
  readonly surplus: readonly { readonly container: ObservedContainer; readonly cause: Cause }[];
}

export interface ReplicaRules {
  readonly wanted: number;
  readonly isForced: (container: ObservedContainer) => boolean;
  /** Drift that would need a new container is left alone, and nothing is created or removed. */
  readonly existingOnly: boolean;
}

export function assignReplicas(
  target: ServiceTarget,
  containers: readonly ObservedContainer[],
  rules: ReplicaRules,
): ReplicaSet {
  const groups = Map.groupBy(containers, (container) => container.number);
  const present = [...groups.keys()].toSorted((a, b) => a - b);
  if (rules.existingOnly) return existingReplicas(target, groups, present);
  const { wanted } = rules;
  const numbers = chooseNumbers(present, wanted);
  const scaleUp: Cause = { kind: 'scale-up', from: present.length, to: wanted };
  const whenAbsent: Cause = present.length === 0 ? { kind: 'absent' } : scaleUp;
  const replicas = numbers.map((number) => {
    const judged = (groups.get(number) ?? []).map((container) => judge(target, container, rules.isForced(container)));
    return assignReplica(judged, { number, whenAbsent });
  });
  const surplus = present
    .filter((number) => !numbers.includes(number))
    .flatMap((number) => groups.get(number) ?? [])
    .map((container) => ({ container, cause: { kind: 'scale-down', to: wanted } as const }));
  return { replicas, surplus };
}

/** The lowest existing numbers, then the lowest free ones. */
function chooseNumbers(present: readonly number[], wanted: number): number[] {
  const numbers = present.slice(0, wanted);
  for (let candidate = 1; numbers.length < wanted; candidate += 1) {
    if (!numbers.includes(candidate)) numbers.push(candidate);
  }
  return numbers.toSorted((a, b) => a - b);
}

/** The best container of each number, as it is: one that runs, since none is started beside it. */
function existingReplicas(
  target: ServiceTarget,
  groups: ReadonlyMap<number, readonly ObservedContainer[]>,
  present: readonly number[],
): ReplicaSet {
  const replicas = present.flatMap((number): Replica[] => {
    const [best] = (groups.get(number) ?? [])
      .filter((container) => !isBeingRemoved(container))
      .map((container) => judge(target, container, false))
      .toSorted((a, b) => Number(isRunning(b.container)) - Number(isRunning(a.container)) || byPreference(a, b));
    if (!best) return [];
    return [{ number, keep: best.container, drift: best.drift, createCause: undefined, leaving: [] }];
  });
  return { replicas, surplus: [] };
}

interface Place {
  readonly number: number;
  readonly whenAbsent: Cause;
}

function assignReplica(judged: readonly Candidate[], { number, whenAbsent }: Place): Replica {
  const removing = judged
    .filter(({ container }) => isBeingRemoved(container))
    .map(({ container }) => ({ container, cause: { kind: 'being-removed' } as const }));
  const candidates = judged.filter(({ container }) => !isBeingRemoved(container)).toSorted(byPreference);
  const [best, ...others] = candidates;
  if (best?.drift.recreate.length === 0) {
    const kind = best.container.labels[LABEL.replace] ? 'replaced' : 'twin';
    const leaving = [...others.map(({ container }) => ({ container, cause: { kind } as const })), ...removing];
    return { number, keep: best.container, drift: best.drift, createCause: undefined, leaving };
  }
  if (!best) {
    const createCause: Cause = removing.length > 0 ? { kind: 'absent' } : whenAbsent;
    return { number, keep: undefined, drift: NO_DRIFT, createCause, leaving: removing };
  }
  const createCause: Cause = { kind: 'drift', drift: best.drift.recreate };
  const twins = others.map(({ container }) => ({ container, cause: { kind: 'twin' } as const }));
  const leaving = [{ container: best.container, cause: createCause }, ...twins, ...removing];
  return { number, keep: undefined, drift: NO_DRIFT, createCause, leaving };
}

function isBeingRemoved(container: ObservedContainer): boolean {
  return container.state.status === 'removing';
}

interface Candidate {
  readonly container: ObservedContainer;
  readonly drift: ContainerDrift;
  readonly hasFinalName: boolean;
}

function judge(target: ServiceTarget, container: ObservedContainer, isForced: boolean): Candidate {
  const drift = containerDrift(target, container, container.number);
  const hasFinalName = container.name === containerName(target.project, target.service, container.number);
  if (!isForced) return { container, drift, hasFinalName };
  return { container, drift: { ...drift, recreate: [...drift.recreate, { kind: 'forced' }] }, hasFinalName };
}

function byPreference(a: Candidate, b: Candidate): number {
  return rank(a) - rank(b) || (a.container.createdAt < b.container.createdAt ? 1 : -1);
}

/** Lower is better. */
function rank({ container, drift, hasFinalName }: Candidate): number {
  const matches = drift.recreate.length === 0 ? 0 : 4;
  const runs = container.state.status === 'running' ? 0 : 2;
  return matches + runs + (hasFinalName ? 0 : 1);
}
