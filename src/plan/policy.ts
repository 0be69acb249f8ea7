/**
 * Policy: what a command line or the controller asks of a plan beyond the desired state.
 * Plain data, given to build.ts beside desired and observed; the clock and the crash counts come in through it.
 */

import type { ServiceName } from '../model/project.ts';

export interface PlanPolicy {
  /** Named services; undefined: all of them (only then are orphans looked at). */
  readonly services: ReadonlySet<ServiceName> | undefined;
  /** Leave the dependencies of named services alone. */
  readonly noDeps: boolean;
  readonly removeOrphans: boolean;
  readonly forceRecreate: boolean;
  /** New anonymous volumes on recreation. */
  readonly renewVolumes: boolean;
  /** Volumes whose definition changed are replaced, and their data is lost. */
  readonly recreateVolumes: boolean;
  /** Create, start nothing. */
  readonly noStart: boolean;
  /** Only start what is there: no creation, no recreation, no removal. */
  readonly existingOnly: boolean;
  readonly pull: 'policy' | 'always' | 'missing' | 'never';
  /** Images, by reference, that were pulled or built since it was asked for: once is enough. */
  readonly renewed: ReadonlySet<string>;
  /** Build the images of services that say how, although they are there. */
  readonly build: boolean;
  /** Services to restart although nothing drifted. */
  readonly restart: ReadonlySet<ServiceName>;
  /** Those with `restart: true` on a restarted one follow it, named or not. */
  readonly followers: boolean;
  /**
   * The containers, by id, in the starts in which `forceRecreate` and `restart` were asked of them; undefined: all. What
   * came after that has had it.
   */
  readonly askedOf: ReadonlyMap<string, string> | undefined;
  /** A failing pre_stop does not hold its container's stop. */
  readonly force: boolean;
  /** Left exactly as they are: stopped by hand, suspended. `all`: the whole project. */
  readonly held: ReadonlyMap<ServiceName, 'stopped' | 'suspended'> | 'all';
  /** Containers (by id) not to be started again before that moment: they crashed right after their last starts. */
  readonly notBefore: ReadonlyMap<string, number>;
  /** Containers (by id) that reeve stopped and that are wanted again: their exit code says nothing. */
  readonly pendingStarts: ReadonlySet<string>;
  /** What the engine speaks: some attributes need a newer one. */
  readonly apiVersion: string;
  /** Limits that it has no control for, and leaves out when it is asked for them. */
  readonly uncontrolled: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** When all this was asked for, up to which an image's age counts; milliseconds since the epoch. */
  readonly askedAtMs: number;
}

export const DEFAULT_POLICY: PlanPolicy = {
  services: undefined,
  noDeps: false,
  removeOrphans: false,
  forceRecreate: false,
  renewVolumes: false,
  recreateVolumes: false,
  noStart: false,
  existingOnly: false,
  followers: true,
  pull: 'policy',
  renewed: new Set(),
  build: false,
  restart: new Set(),
  askedOf: undefined,
  force: false,
  held: new Map(),
  notBefore: new Map(),
  pendingStarts: new Set(),
  apiVersion: '1.51',
  uncontrolled: new Set(),
  nowMs: 0,
  askedAtMs: 0,
};
