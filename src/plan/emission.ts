/** What the second half of planning shares: the plan so far, the world it is made for, and what was decided. */

import type { Project, ServiceName } from '../model/project.ts';
import type { PlanBuilder } from './builder.ts';
import type { ServiceDecision } from './decide.ts';
import type { HookHistory } from './owed.ts';
import type { ActionId } from './plan.ts';
import type { PlanPolicy } from './policy.ts';
import type { Resources } from './resources.ts';

/** What a removal needs to know; `desired` undefined when there is no file any more. */
export interface RemovalContext {
  readonly plan: PlanBuilder;
  readonly desired: Project | undefined;
  readonly history: HookHistory;
  /** A failing pre_stop does not hold its container. */
  readonly force: boolean;
  /** Anonymous volumes go with their containers. */
  readonly volumes: boolean;
}

export interface Emission extends RemovalContext {
  readonly desired: Project;
  readonly policy: PlanPolicy;
  readonly resources: Resources;
  readonly decisions: ReadonlyMap<ServiceName, ServiceDecision>;
  /** Last action of each replica that this plan starts or owes hooks to, by key. */
  readonly readyActions: Map<string, ActionId>;
  /** Stops of running replicas that start again in this plan, by service: a dependency's own stop comes after. */
  readonly earlyStops: Map<ServiceName, ActionId[]>;
}
