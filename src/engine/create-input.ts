/** What a create request is made from; shared by the files that write its parts. */

import type { Project, Service } from '../model/project.ts';

/** What the request is made from. */
export interface CreateInput {
  readonly project: Project;
  readonly service: Service;
  readonly number: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  /** Id of a service's first container, for `network_mode: service:x` and its like. */
  readonly containerIdOf: (service: string) => string;
  /** Names of the containers of a service that the model lacks, for `links`. */
  readonly containerNamesOf: (service: string) => readonly string[];
  /** Anonymous volumes of the container that is replaced: target -> volume name. */
  readonly carriedVolumes: ReadonlyMap<string, string>;
  /** Targets at which the image declares a volume; needed only where volumes are carried over. */
  readonly imageVolumes: readonly string[];
  /** Proxy variables of the docker config file; the service's own win. */
  readonly proxyEnvironment: Readonly<Record<string, string>>;
  /** Text of a seccomp profile; the path is absolute or relative to the project directory. */
  readonly readProfile: (path: string) => string;
}

/** `service:x` becomes the id of x's first container; other modes stay as they are. */
export function sharedMode(mode: string | undefined, containerIdOf: (service: string) => string): string {
  if (mode === undefined) return '';
  return mode.startsWith('service:') ? `container:${containerIdOf(mode.slice('service:'.length))}` : mode;
}
