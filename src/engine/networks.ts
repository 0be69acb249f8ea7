/** Calls about networks: make, remove, connect, disconnect. */

import type { ContainerAnswer } from './answers.ts';
import type { NetworkRequest } from './engine.ts';
import { isAlreadyConnected } from './faults.ts';
import { networkCreateSpec } from './network-spec.ts';
import type { Wire } from './wire.ts';

export async function createNetwork(
  wire: Wire,
  { network, labels }: NetworkRequest,
  signal: AbortSignal,
): Promise<void> {
  await wire.send({
    what: `create network ${network.name}`,
    method: 'POST',
    path: '/networks/create',
    body: networkCreateSpec(network, labels),
    signal,
  });
}

export function removeNetwork(wire: Wire, nameOrId: string, signal: AbortSignal): Promise<void> {
  return wire.reach('removed', {
    what: `remove network ${nameOrId}`,
    method: 'DELETE',
    path: networkPath(nameOrId),
    signal,
  });
}

/** What a connect is made from. */
export interface Connection {
  /** Name on the engine. */
  readonly network: string;
  readonly containerId: string;
  readonly endpoint: object;
}

/** A container that is on the network already is left as it is there. */
export async function connectNetwork(wire: Wire, connection: Connection, signal: AbortSignal): Promise<void> {
  const { network, containerId, endpoint } = connection;
  try {
    await wire.send({
      what: `connect container ${containerId.slice(0, 12)} to network ${network}`,
      method: 'POST',
      path: `${networkPath(network)}/connect`,
      body: { Container: containerId, EndpointConfig: endpoint },
      signal,
    });
  } catch (error) {
    if (!isAlreadyConnected(error) || !(await isConnected(wire, connection, signal))) throw error;
  }
}

export function disconnectNetwork(
  wire: Wire,
  network: string,
  containerId: string,
  signal: AbortSignal,
): Promise<void> {
  return wire.reach('disconnected', {
    what: `disconnect container ${containerId.slice(0, 12)} from network ${network}`,
    method: 'POST',
    path: `${networkPath(network)}/disconnect`,
    body: { Container: containerId, Force: false },
    signal,
  });
}

/** The engine says the same of another container with this one's name: only inspect tells which. */
async function isConnected(wire: Wire, { network, containerId }: Connection, signal: AbortSignal): Promise<boolean> {
  const answer = await wire.find<ContainerAnswer>({
    what: `inspect container ${containerId.slice(0, 12)}`,
    path: `/containers/${containerId}/json`,
    signal,
  });
  return Object.hasOwn(answer?.NetworkSettings?.Networks ?? {}, network);
}

function networkPath(nameOrId: string): string {
  return `/networks/${encodeURIComponent(nameOrId)}`;
}
