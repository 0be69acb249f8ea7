/**
 * The plan: a graph of actions, each one engine call or one hook, with a cause and a stable id.
 *
 * A plan is plain data. It is made by build.ts and down.ts, checked by check.ts, printed by render.ts and walked by
 * execute/. `dependsOn` asks for success, `after` only for order: an action whose `dependsOn` did not succeed is
 * skipped, one that stands `after` another waits until that one has settled, well or badly.
 */

import type { CarriedHook } from '../model/carried-hook.ts';
import type { ProjectName, ServiceName } from '../model/project.ts';
import type { Cause } from './cause.ts';

/** Stable text: `web/1:start`, `web/1@4f2a91:stop` for a container that goes away, `network/front:create`. */
export type ActionId = string;

/** One container in a plan, whether it exists already or not. */
export interface ContainerRef {
  /** `web/1`, or `web/1@4f2a91` for one that goes away. Unique in a plan. */
  readonly key: string;
  readonly service: ServiceName;
  readonly number: number;
  /** undefined: an action of this plan creates it. */
  readonly id: string | undefined;
  /** Name on the engine, now or after its creation. */
  readonly name: string;
}

/** The run of a hook before this one, of which the end is not known or that was left behind: looked at first. */
export interface EarlierRun {
  readonly recordId: number;
  readonly execId: string;
  /** False: it was for a stop that was given up, or the hook was asked for anew. It is awaited, and then run again. */
  readonly counts: boolean;
  /** Milliseconds since the epoch: its deadline runs since then. undefined: it has had its time already. */
  readonly beganAtMs: number | undefined;
}

/** The container of a `pre_start` hook that an earlier run left: it runs, or ended with 0 and was not recorded so. */
export interface EarlierHookContainer {
  readonly containerId: string;
  /** undefined: the record is lost. */
  readonly recordId: number | undefined;
  /** Milliseconds since the epoch: its deadline runs since then. undefined: it counts from now. */
  readonly beganAtMs: number | undefined;
}

/** Containers that another one borrows from, by service. */
export type Borrows = readonly { readonly service: ServiceName; readonly container: ContainerRef }[];

/** What each kind of action needs. The union and the executor's table are derived from this one map. */
export interface ActionArguments {
  'pull-image': { readonly ref: string; readonly platform: string | undefined };
  'build-image': {
    readonly ref: string;
    readonly service: ServiceName;
    /** A registry is asked for it first, as by Docker Compose, and it is built where none has it; default: it is only built. */
    readonly pullsFirst?: { readonly platform: string | undefined; readonly isPresent: boolean };
  };
  'create-network': { readonly network: string };
  'remove-network': { readonly name: string; readonly networkId: string };
  'connect-network': { readonly container: ContainerRef; readonly network: string };
  'disconnect-network': { readonly container: ContainerRef; readonly networkName: string; readonly networkId: string };
  'create-volume': { readonly volume: string };
  'remove-volume': { readonly name: string };
  'create-container': {
    readonly container: ContainerRef;
    /** It takes another's place: labelled so, and named for the time being by `container.name`. */
    readonly replaces: boolean;
    /** Anonymous volumes to carry over: [target, volume name]. */
    readonly carriedVolumes: readonly (readonly [string, string])[];
    /** The containers whose namespaces or volumes it uses (`network_mode: service:x`), by service. */
    readonly borrows: Borrows;
  };
  'rename-container': { readonly container: ContainerRef; readonly name: string };
  'update-container': { readonly container: ContainerRef };
  'signal-container': {
    readonly container: ContainerRef;
    /** `HUP` */
    readonly signal: string;
  };
  'unpause-container': { readonly container: ContainerRef };
  'start-container': { readonly container: ContainerRef };
  'stop-container': {
    readonly container: ContainerRef;
    /** The container of a pre_start hook: it is killed, for what it made of a signal would pass for what became of the hook. */
    readonly kill?: {
      /** Of the hook, which may have ended with 0 meanwhile: then that is noted. undefined: it is lost. */
      readonly recordId: number | undefined;
    };
  };
  'remove-container': {
    readonly container: ContainerRef;
    readonly volumes: boolean;
    /** The record of the pre_start hook that ran in it and ended with 0: that is noted first. */
    readonly succeeded?: number;
  };
  'run-hook': {
    readonly container: ContainerRef;
    readonly index: number;
    readonly hook: CarriedHook;
  } & (
    | {
        readonly phase: 'post_start' | 'pre_stop';
        readonly earlier: EarlierRun | undefined;
        /** Its failure holds nothing, for a person asked for that. */
        readonly isForced?: true;
        /** Other hooks of the container that may still be running there: hooks of one container never overlap. */
        readonly others: readonly EarlierRun[];
      }
    | {
        readonly phase: 'pre_start';
        /** Of the hook's own container. */
        readonly name: string;
        readonly earlier: EarlierHookContainer | undefined;
        /** As for `create-container`. */
        readonly borrows: Borrows;
      }
  );
  'await-container': {
    readonly container: ContainerRef;
    readonly until: 'running' | 'healthy' | 'completed' | 'gone';
    /** False: those who wait go on without it, and no failure is made of it. */
    readonly required: boolean;
  };
}

export type ActionKind = keyof ActionArguments;

export interface ActionHeader {
  readonly id: ActionId;
  readonly cause: Cause;
  /** These must have succeeded. */
  readonly dependsOn: readonly ActionId[];
  /** These must have settled. */
  readonly after: readonly ActionId[];
}

/** The union of some kinds of action; of all kinds by default. */
export type ActionOf<K extends ActionKind = ActionKind> = {
  [P in K]: ActionHeader & { readonly kind: P } & ActionArguments[P];
}[K];
export type Action = ActionOf;

/** An action before its edges are known. */
export type ActionSketch = {
  [K in ActionKind]: Omit<ActionHeader, 'dependsOn' | 'after'> & { readonly kind: K } & ActionArguments[K];
}[ActionKind];

/** Something that keeps a part of the project from converging although no action failed. */
export interface Problem {
  /** `web`, `network front`, `volume data`. */
  readonly subject: string;
  readonly message: string;
}

/** Something to come back for: a replica that is left alone until a moment in time. */
export interface Deferral {
  readonly subject: string;
  readonly untilMs: number;
  readonly message: string;
}

export interface Plan {
  readonly project: ProjectName;
  /** In topological order; equal inputs give equal plans. */
  readonly actions: readonly Action[];
  /** Parts that cannot converge; the rest of the plan goes on. */
  readonly problems: readonly Problem[];
  readonly deferrals: readonly Deferral[];
  /** Worth telling a person, nothing to do: orphans left, an adopted orphan without hooks. */
  readonly notes: readonly string[];
  /** Running containers whose pre_stop was begun for a stop that nobody wants any more. */
  readonly abandonedStops: readonly string[];
}

export function isEmpty(plan: Plan): boolean {
  return plan.actions.length === 0 && plan.problems.length === 0 && plan.deferrals.length === 0;
}

/** The container that an action is about, if it is about one. */
export function containerOf(action: Action): ContainerRef | undefined {
  return 'container' in action ? action.container : undefined;
}

/** `web/1`, of the container that goes and of the one that comes. */
export function replicaOf({ service, number }: Pick<ContainerRef, 'service' | 'number'>): string {
  return `${service}/${number}`;
}
