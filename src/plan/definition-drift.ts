/**
 * What differs between a network or volume of the model and the one on the engine, attribute by attribute.
 *
 * Whether it was made from another definition is told by its config hash, as Docker Compose does it: what an engine fills
 * in by itself is no drift. Here is only what a person is told of it. Values of labels and driver options may hold secrets
 * and are never shown.
 */

import { networkHash, volumeHash } from '../model/config-hash.ts';
import type { ObservedNetwork, ObservedVolume } from '../model/observed.ts';
import { LABEL } from '../model/owner.ts';
import type { IpamPool, Network, Volume } from '../model/project.ts';
import type { Drift } from './cause.ts';

/** Undefined: made from today's definition, or by a tool that left no hash. */
export function networkDefinitionDrift(found: ObservedNetwork, network: Network): readonly Drift[] | undefined {
  if (!isOther(found.labels, networkHash(network))) return undefined;
  return named([
    ...changed('driver', found.driver, network.driver ?? 'bridge'),
    ...changed('internal', found.internal, network.internal ?? false),
    ...changed('attachable', found.attachable, network.attachable ?? false),
    ...changed('IPv6', found.ipv6, network.enable_ipv6 ?? false),
    ...poolDrift(found.pools, network.ipam.config ?? []),
    ...entries('driver option', found.options, network.driver_opts ?? {}),
    ...entries('label', ownLabels(found.labels), network.labels ?? {}),
  ]);
}

/** Undefined: made from today's definition, or by a tool that left no hash. */
export function volumeDefinitionDrift(found: ObservedVolume, volume: Volume): readonly Drift[] | undefined {
  if (!isOther(found.labels, volumeHash(volume))) return undefined;
  return named([
    ...changed('driver', found.driver, volume.driver ?? 'local'),
    ...entries('driver option', found.options, volume.driver_opts ?? {}),
    ...entries('label', ownLabels(found.labels), volume.labels ?? {}),
  ]);
}

function isOther(labels: Readonly<Record<string, string>>, hash: string): boolean {
  return ![undefined, '', hash].includes(labels[LABEL.configHash]);
}

/** Something did change, although the engine shows nothing of it. */
function named(drift: readonly Drift[]): readonly Drift[] {
  return drift.length > 0 ? drift : [{ kind: 'config-changed' }];
}

function changed(attribute: string, from: string | boolean, to: string | boolean): Drift[] {
  return from === to ? [] : [{ kind: 'attribute', attribute, from: String(from), to: String(to) }];
}

/** Only what the file says: an engine chooses the rest by itself. */
function poolDrift(found: readonly IpamPool[], wanted: readonly IpamPool[]): Drift[] {
  return wanted.flatMap((pool, index) => {
    const is: IpamPool = found[index] ?? {};
    return (['subnet', 'gateway', 'ip_range'] as const).flatMap((name) => {
      const to = pool[name];
      return to === undefined ? [] : changed(name.replace('_', ' '), is[name] ?? 'none', to);
    });
  });
}

function entries(
  attribute: string,
  from: Readonly<Record<string, string>>,
  to: Readonly<Record<string, string>>,
): Drift[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted();
  return names.flatMap((name): Drift[] => {
    if (from[name] === to[name]) return [];
    const change = from[name] === undefined ? 'added' : to[name] === undefined ? 'removed' : 'changed';
    return [{ kind: 'entry', attribute, name, change }];
  });
}

function ownLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) => !/^(?:com\.docker\.compose|io\.reeve)\./.test(name)),
  );
}
