/** Hooks that one replica runs for all (`run: once-per-definition`): which one, and what the others wait for. */

import type { ServiceDecision } from './decide.ts';
import type { Emission } from './emission.ts';
import type { OwedHook } from './owed.ts';
import { hooksOf, owedHooks } from './owed.ts';
import type { ActionId, ContainerRef } from './plan.ts';

/** Run by the replica in which it may still be running, else by the first that asks; the others get that one's action. */
export function shareOut(
  { shared }: Pick<Emission, 'shared'>,
  ref: ContainerRef,
  owed: readonly OwedHook[],
): readonly (OwedHook | ActionId)[] {
  return owed.map((one) => {
    if (one.hook.policy.run !== 'once-per-definition') return one;
    const id = `${ref.key}:post_start[${one.index}]`;
    const subject = `${ref.service} ${one.hook.digest}`;
    const runner = shared.get(subject) ?? id;
    shared.set(subject, runner);
    return runner === id ? one : runner;
  });
}

/** Called before any replica of the service asks. */
export function claimUnfinished(emission: Emission, { replicas }: ServiceDecision): void {
  const { desired, history } = emission;
  for (const { ref, replica, restart, notBefore } of replicas) {
    const { keep } = replica;
    if (keep?.state.status !== 'running' || restart || notBefore !== undefined) continue;
    const owed = owedHooks(keep, 'post_start', hooksOf(keep, desired), history);
    const unfinished = owed.filter(({ earlier }) => earlier !== undefined);
    shareOut(emission, ref, unfinished);
  }
}
