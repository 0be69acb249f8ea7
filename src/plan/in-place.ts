/** What the engine changes on a living container: networks, aliases, restart policy, resources; and what a signal tells it. */

import type { ObservedContainer } from '../model/observed.ts';
import type { ReplicaDecision, ServiceDecision } from './decide.ts';
import type { Cause, Drift } from './cause.ts';
import type { Emission } from './emission.ts';
import type { ActionId } from './plan.ts';
import { stayingRef } from './sequences.ts';

/** Adds the changes; ids of the last action of each. */
export function addInPlace(emission: Emission, decision: ServiceDecision, decided: ReplicaDecision): ActionId[] {
  const { replica } = decided;
  const container = replica.keep;
  if (!container) return [];
  const { plan, resources } = emission;
  const ref = stayingRef(container);
  const { inPlace } = replica.drift;
  const disconnect = (network: string, cause: Cause): ActionId =>
    plan.add({
      id: `${ref.key}:disconnect ${network}`,
      kind: 'disconnect-network',
      cause,
      container: ref,
      networkName: network,
      networkId: endpointOf(container, network)?.networkId ?? '',
    });
  const connect = (network: string, cause: Cause, disconnected?: ActionId): ActionId[] => {
    const key = decision.target.networkKeys.get(network);
    if (key === undefined) return [];
    const id = `${ref.key}:connect ${network}`;
    const dependsOn = [resources.network(key), disconnected];
    return [plan.add({ id, kind: 'connect-network', cause, container: ref, network: key }, { dependsOn })];
  };
  // A start brings the new bytes by itself. A signal goes out once, whatever the number of objects that ask for it.
  const isStarted = decided.start !== undefined || decided.restart !== undefined;
  const signal = (name: string): ActionId => {
    const changed = inPlace.filter((one) => one.kind === 'content-changed' && one.signal === name);
    const cause: Cause = { kind: 'drift', drift: changed };
    return plan.add({ id: `${ref.key}:signal ${name}`, kind: 'signal-container', cause, container: ref, signal: name });
  };
  const change = (drift: Drift): ActionId[] => {
    const cause: Cause = { kind: 'drift', drift: [drift] };
    switch (drift.kind) {
      case 'network-missing':
        return connect(drift.network, cause);
      case 'network-added':
        return [disconnect(drift.network, cause)];
      case 'network-changed':
      case 'alias-missing':
      case 'alias-added':
      case 'link-missing':
      case 'endpoint':
        return connect(drift.network, cause, disconnect(drift.network, cause));
      case 'restart-policy':
      case 'resource': {
        const all: Cause = {
          kind: 'drift',
          drift: inPlace.filter((one) => one.kind === 'restart-policy' || one.kind === 'resource'),
        };
        return [plan.add({ id: `${ref.key}:update`, kind: 'update-container', cause: all, container: ref })];
      }
      case 'content-changed':
        return isStarted || drift.signal === undefined ? [] : [signal(drift.signal)];
      default:
        return [];
    }
  };
  const isReplaced = (drift: Drift): boolean =>
    'network' in drift && resources.isReplaced(drift.network) && endpointOf(container, drift.network) !== undefined;
  return [...inPlace.filter((drift) => !isReplaced(drift)).flatMap(change), ...resources.reconnections(container.id)];
}

function endpointOf(container: ObservedContainer, network: string): ObservedContainer['networks'][number] | undefined {
  return container.networks.find((endpoint) => endpoint.network === network);
}
