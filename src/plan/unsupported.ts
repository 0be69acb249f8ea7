/** What a file may ask for and this reeve does not do: said by name before anything is touched, never ignored. */

import type { Service } from '../model/project.ts';

const UNSUPPORTED: readonly (readonly [isAskedFor: (service: Service) => boolean, message: string])[] = [
  [
    (service) => service.provider !== undefined,
    'provider services are not run by reeve: start it with its own tool, and take it out of the file',
  ],
  [
    (service) => Object.keys(service.models ?? {}).length > 0,
    'models are not served by reeve: serve the model yourself, and give its address in the environment',
  ],
];

/** A sentence about the first thing that this service asks for and cannot have; undefined when there is none. */
export function unsupported(service: Service): string | undefined {
  return UNSUPPORTED.find(([isAskedFor]) => isAskedFor(service))?.[1];
}
