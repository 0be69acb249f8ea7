/**
 * Anonymous volumes of a container that is replaced, for its successor. Which of them that one mounts is settled where it is
 * made, as only then it is sure what its image declares (engine/mounts.ts); here is settled whose they are.
 */

import type { ObservedContainer } from '../model/observed.ts';
import type { Service } from '../model/project.ts';

/** Target and name of each that is its own. What came from another container (`volumes_from`) is that one's to carry. */
export function ownAnonymousVolumes(
  { volumesFrom, mounts }: ObservedContainer,
  service: Service,
  containers: readonly ObservedContainer[],
): (readonly [target: string, volume: string])[] {
  const lenders = containers.filter(({ id, name }) => volumesFrom.includes(id) || volumesFrom.includes(name));
  const borrowed = new Set(lenders.flatMap((lender) => lender.mounts.map(({ volume }) => volume)));
  const covered = coveredTargets(service, containers);
  return mounts
    .filter(({ type, volume }) => type === 'volume' && /^[0-9a-f]{64}$/.test(volume))
    .filter(({ target, volume }) => !borrowed.has(volume) && !covered.has(target))
    .map(({ target, volume }) => [target, volume] as const);
}

/** Where it sees what another service has there now, unless it says something of that place itself. */
function coveredTargets(service: Service, containers: readonly ObservedContainer[]): ReadonlySet<string> {
  const from = (service.volumes_from ?? []).filter((item) => !item.startsWith('container:'));
  const names = new Set(from.map((item) => item.split(':', 1)[0] ?? item));
  const lent = containers.filter((one) => names.has(one.service)).flatMap(({ mounts }) => mounts);
  const own = new Set((service.volumes ?? []).map(({ target }) => target));
  return new Set(lent.flatMap(({ target }) => (own.has(target) ? [] : [target])));
}
