/**
 * Services that cannot start now, and what that means for those that wait for them.
 *
 * One that lacks something (an external network, an image) is a problem of the plan; one that waits for such a service, or
 * for one that was stopped by hand, is too. A replica that is left alone for a while because it does not stay up
 * defers its dependents silently: they are no problem of their own. What needs no start is never blocked.
 */

import type { ServiceName } from '../model/project.ts';
import type { PlanBuilder } from './builder.ts';
import type { ServiceDecision } from './decide.ts';
import type { PlanPolicy } from './policy.ts';
import type { Resources } from './resources.ts';
import { unsupported } from './unsupported.ts';

export interface BlockedInput {
  readonly plan: PlanBuilder;
  /** Dependencies first. */
  readonly decisions: ReadonlyMap<ServiceName, ServiceDecision>;
  readonly resources: Resources;
  readonly policy: PlanPolicy;
}

/** The decisions that can be carried out; the others become problems. */
export function withoutBlocked({
  plan,
  decisions,
  resources,
  policy,
}: BlockedInput): Map<ServiceName, ServiceDecision> {
  const able = new Map<ServiceName, ServiceDecision>();
  const blocked = new Map<ServiceName, 'problem' | 'deferred'>();
  for (const [name, decision] of decisions) {
    const isWanted = decision.replicas.some(({ start, restart }) => start !== undefined || restart !== undefined);
    const obstacle = isWanted ? (unsupported(decision.service) ?? resources.obstacle(decision.service)) : undefined;
    const dependency = isWanted && !policy.noStart ? blockedDependency(decision, blocked, policy) : undefined;
    if (obstacle !== undefined) {
      blocked.set(name, 'problem');
      plan.problems.push({ subject: name, message: obstacle });
    } else if (dependency !== undefined) {
      const isDeferred = blocked.get(dependency) === 'deferred';
      blocked.set(name, isDeferred ? 'deferred' : 'problem');
      if (!isDeferred)
        plan.problems.push({ subject: name, message: `depends on ${dependency}, which cannot be started now` });
    } else {
      able.set(name, decision);
      if (decision.replicas.some(({ notBefore }) => notBefore !== undefined)) blocked.set(name, 'deferred');
    }
  }
  return able;
}

function blockedDependency(
  decision: ServiceDecision,
  blocked: ReadonlyMap<ServiceName, 'problem' | 'deferred'>,
  policy: PlanPolicy,
): ServiceName | undefined {
  const isDown = (name: ServiceName): boolean =>
    !policy.noDeps && policy.held !== 'all' && policy.held.get(name) === 'stopped';
  return Object.entries(decision.service.depends_on ?? {})
    .filter(([, { required }]) => required)
    .map(([name]) => name)
    .find((name) => blocked.has(name) || isDown(name));
}
