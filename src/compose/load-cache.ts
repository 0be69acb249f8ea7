/**
 * What one load may take over from the one before: services whose text and surroundings are the same.
 *
 * A cache is for one project and is given by the caller (a watcher); nothing is kept anywhere else. It holds what the
 * last load used and nothing older.
 */

import type { Service } from '../model/project.ts';

/** A service as its text alone gives it, before env files and label files. */
export interface CachedService {
  readonly service: Service;
  /** Values of variables that went into it. */
  readonly sensitive: ReadonlySet<string>;
}

/** Makes loads of one project after the first one faster. Default: none is used. */
export class LoadCache {
  #surroundings = '';
  #services: ReadonlyMap<string, CachedService> = new Map();

  /** What is known of services, by their text, in these surroundings (folder, variables). */
  known(surroundings: string): ReadonlyMap<string, CachedService> {
    return surroundings === this.#surroundings ? this.#services : new Map();
  }

  /** Replaces all that was known. */
  keep(surroundings: string, services: ReadonlyMap<string, CachedService>): void {
    this.#surroundings = surroundings;
    this.#services = services;
  }
}
