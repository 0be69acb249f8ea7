/**
 * Which version of the Engine API is spoken: the newest that the engine and this adapter both know, or the one that
 * DOCKER_API_VERSION names, as for the Docker client. create-spec.ts writes requests by it.
 */

import { isAtLeast } from '../model/api-version.ts';
import { EngineError } from '../model/errors.ts';

/** Newest API version that this adapter knows (Docker 28.x). */
export const NEWEST_API = '1.51';
/** Oldest one it works with (Docker 20.10). */
export const OLDEST_API = '1.41';

export interface Voices {
  /** The newest version that the engine speaks. */
  readonly spoken: string;
  /** From DOCKER_API_VERSION; undefined or empty: none is asked for. */
  readonly asked: string | undefined;
  readonly host: string;
}

/** Throws an EngineError where there is no such version, which names what was asked for and what there is. */
export function agreedVersion({ spoken, asked, host }: Voices): string {
  if (!isAtLeast(spoken, OLDEST_API))
    throw refusal(`the engine at ${host} speaks API ${spoken}: ${OLDEST_API} (Docker 20.10) or newer is needed`);
  const newest = isAtLeast(spoken, NEWEST_API) ? NEWEST_API : spoken;
  if (!asked) return newest;
  if (/^\d+\.\d+$/.test(asked) && isAtLeast(asked, OLDEST_API) && isAtLeast(newest, asked)) return asked;
  throw refusal(
    `DOCKER_API_VERSION=${asked}: with the engine at ${host} it can be ${OLDEST_API} to ${newest}; unset it to take the newest`,
  );
}

function refusal(text: string): EngineError {
  return new EngineError('rejected', text);
}
