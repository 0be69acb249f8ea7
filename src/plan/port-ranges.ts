/**
 * Starts that the engine at hand would mix up. Until Docker 28.3 it chose a port of a published range (`8000-8010:80`) without
 * holding it, so that of replicas started at the same time two could be given the same one, and one failed (docker/compose#8530,
 * #12846). There they start one after the other; everything else starts side by side.
 */

import { isAtLeast } from '../model/api-version.ts';
import type { Service } from '../model/project.ts';
import type { ReplicaDecision } from './decide.ts';
import type { ActionId } from './plan.ts';

/** Docker 28.3. */
const RANGES_HELD = '1.51';

/** The start that this replica's has to come after; the builder drops it where nothing is started. */
export function startBefore(
  replicas: readonly ReplicaDecision[],
  { ref }: ReplicaDecision,
  { service, apiVersion }: { readonly service: Service; readonly apiVersion: string },
): ActionId[] {
  if (isAtLeast(apiVersion, RANGES_HELD) || !publishesRange(service)) return [];
  const place = replicas.findIndex((replica) => replica.ref.key === ref.key);
  return replicas.slice(0, place).map((replica) => `${replica.ref.key}:start`);
}

function publishesRange({ ports = [] }: Service): boolean {
  return ports.some(({ published }) => published?.includes('-'));
}
