/** API versions of the engine: how two compare, and the refusal of what an older one cannot do. */

import { EngineError } from '../model/errors.ts';

/** Compares versions such as `1.44` by their numbers. */
export function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major === leastMajor ? minor >= leastMinor : major > leastMajor;
}

/** Refuses an attribute that the engine's API version does not have. */
export function requireApi(attribute: string, apiVersion: string, least: string): void {
  if (isAtLeast(apiVersion, least)) return;
  throw new EngineError(
    'rejected',
    `${attribute} needs engine API ${least} or newer, this engine speaks ${apiVersion}`,
  );
}
