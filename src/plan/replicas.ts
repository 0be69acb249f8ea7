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
import { containerDrift } from './drift.ts';
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
  readonly forceRecreate: boolean;
  /** Drift that would need a new container is left alone, and nothing is created or removed. */
  readonly existingOnly: boolean;
}

export function assignReplicas(
  target: ServiceTarget,
  containers: readonly ObservedContainer[],
  rules: ReplicaRules,
): ReplicaSet {
  const byNumber = new Map([...Map.groupBy(containers, (container) => container.number)].sort(([a], [b]) => a - b));
  const present = [...byNumber.keys()];
  const wanted = rules.existingOnly ? present.length : rules.wanted;
  const numbers = chooseNumbers(present, wanted);
  const replicas = numbers.map((number) =>
    assignReplica(target, byNumber.get(number) ?? [], number, rules, present.length),
  );
  const surplus = present
    .filter((number) => !numbers.includes(number))
    .flatMap((number) => byNumber.get(number) ?? [])
    .map((container) => ({ container, cause: { kind: 'scale-down', to: wanted } as const }));
  return { replicas, surplus };
}

/** The lowest existing numbers, then the lowest free ones. */
function chooseNumbers(present: readonly number[], wanted: number): number[] {
  const numbers = present.filter((number) => number > 0).slice(0, wanted);
  for (let candidate = 1; numbers.length < wanted; candidate += 1) {
    if (!numbers.includes(candidate)) numbers.push(candidate);
  }
  return numbers.sort((a, b) => a - b);
}

function assignReplica(
  target: ServiceTarget,
  group: readonly ObservedContainer[],
  number: number,
  rules: ReplicaRules,
  presentCount: number,
): Replica {
  const judged = group.map((container) => ({ container, drift: judge(target, container, number, rules) }));
  const [best, ...others] = judged
    .filter(({ container }) => container.state.status !== 'removing')
    .sort((a, b) => compareCandidates(a, b, containerName(target.project, target.service, number)));
  const removing = group
    .filter((container) => container.state.status === 'removing')
    .map((container) => ({ container, cause: { kind: 'being-removed' } as const }));
  const keep = best && (best.drift.recreate.length === 0 || rules.existingOnly) ? best : undefined;
  if (best && keep) {
    const cause = keep.container.labels[LABEL.replace] ? ({ kind: 'replaced' } as const) : ({ kind: 'twin' } as const);
    return {
      number,
      keep: keep.container,
      drift: keep.drift,
      createCause: undefined,
      leaving: [...others.map(({ container }) => ({ container, cause })), ...removing],
    };
  }
  const createCause: Cause = best
    ? { kind: 'drift', drift: best.drift.recreate }
    : presentCount > 0 && removing.length === 0
      ? { kind: 'scale-up', from: presentCount, to: rules.wanted }
      : { kind: 'absent' };
  return {
    number,
    keep: undefined,
    drift: { recreate: [], inPlace: [] },
    createCause,
    leaving: [
      ...(best ? [best, ...others] : []).map(({ container }, index) => ({
        container,
        cause: index === 0 ? createCause : ({ kind: 'twin' } as const),
      })),
      ...removing,
    ],
  };
}

function judge(
  target: ServiceTarget,
  container: ObservedContainer,
  number: number,
  rules: ReplicaRules,
): ContainerDrift {
  const drift = containerDrift(target, container, number);
  return rules.forceRecreate ? { ...drift, recreate: [...drift.recreate, { kind: 'forced' }] } : drift;
}

interface Candidate {
  readonly container: ObservedContainer;
  readonly drift: ContainerDrift;
}

function compareCandidates(a: Candidate, b: Candidate, finalName: string): number {
  const rank = (one: Candidate): number =>
    (one.drift.recreate.length === 0 ? 0 : 4) +
    (one.container.state.status === 'running' ? 0 : 2) +
    (one.container.name === finalName ? 0 : 1);
  return rank(a) - rank(b) || (a.container.createdAt < b.container.createdAt ? 1 : -1);
}
