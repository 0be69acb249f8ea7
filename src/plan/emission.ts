/** What the second half of planning shares: the plan so far, the world it is made for, and what was decided. */

import type { ObservedContainer } from '../model/observed.ts';
import type { Project, ServiceName } from '../model/project.ts';
import type { PlanBuilder } from './builder.ts';
import type { ServiceDecision } from './decide.ts';
import type { HookHistory, PreStarts } from './owed.ts';
import type { ActionId } from './plan.ts';
import type { PlanPolicy } from './policy.ts';
import type { Renames } from './renames.ts';
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
  /** What puts a container back on a network that is replaced: before anything is run in it. */
  readonly reconnections: (containerId: string) => readonly ActionId[];
}

export interface Emission extends RemovalContext {
  readonly desired: Project;
  /** All of the project that there are. */
  readonly containers: readonly ObservedContainer[];
  readonly policy: PlanPolicy;
  readonly resources: Resources;
  readonly decisions: ReadonlyMap<ServiceName, ServiceDecision>;
  readonly renames: Renames;
  /** Services that are left alone, for those that wait for them. */
  readonly left: ReadonlyMap<ServiceName, ServiceDecision>;
  /** Last actions of each replica that this plan starts, mends or owes hooks to, by key. */
  readonly readyActions: Map<string, readonly ActionId[]>;
  /** Stops of running replicas that come before the stop of what they depend on, by service. */
  readonly earlyStops: Map<ServiceName, ActionId[]>;
  /** Hooks that one replica runs for all (`once-per-definition`): the action that does, by service and digest. */
  readonly shared: Map<string, ActionId>;
  /** Hooks that are owed before first starts, by service. */
  readonly preStarts: ReadonlyMap<ServiceName, PreStarts>;
  /** What removes hook containers that earlier runs left, by service. */
  readonly hookRemovals: ReadonlyMap<ServiceName, readonly ActionId[]>;
}
