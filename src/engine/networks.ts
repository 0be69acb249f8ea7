/** Calls about networks: make, remove, connect, disconnect. */

import { EngineError, isEngineError } from '../model/errors.ts';
import type { NetworkAnswer } from './answers.ts';
import { inspectContainer } from './containers.ts';
import type { NetworkRequest } from './engine.ts';
import { isAlreadyConnected } from './faults.ts';
import { networkCreateSpec } from './network-spec.ts';
import { parseState } from './observed-container.ts';
import type { Wire } from './wire.ts';

const REMOVAL_ATTEMPTS = 7;
const FIRST_DELAY_MS = 50;

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

/**
 * Removes a network. The engine may refuse for endpoints of containers that it is still taking away: that passes, and
 * is waited out. An endpoint of a container that stays is a conflict at once. One that does not pass, of no container, the
 * engine has lost the count of (20.10 does when many containers come and go): looking at the world again is of no use.
 */
export async function removeNetwork(wire: Wire, nameOrId: string, signal: AbortSignal): Promise<void> {
  const call = { what: `remove network ${nameOrId}`, method: 'DELETE', path: networkPath(nameOrId), signal } as const;
  for (let attempt = 1; ; attempt++) {
    try {
      return await wire.reach('removed', call);
    } catch (error) {
      if (!isEngineError(error, 'conflict')) throw error;
      const user = await userOf(wire, nameOrId, signal);
      if (user !== undefined) throw new EngineError('conflict', `${error.message}: ${user} is on it`, { cause: error });
      if (attempt === REMOVAL_ATTEMPTS) throw lostEndpoint(call.what, error);
      await wire.clock.delay(FIRST_DELAY_MS * 2 ** (attempt - 1), signal);
    }
  }
}

function lostEndpoint(what: string, cause: unknown): EngineError {
  const why = 'the engine counts an endpoint on it of which there is no container any more';
  const remedy = 'forgets it only when it is restarted: restart the engine, then try again';
  return new EngineError('rejected', `${what}: ${why}, and ${remedy}`, { cause });
}

/** The name of a container on the network that stays. */
async function userOf(wire: Wire, nameOrId: string, signal: AbortSignal): Promise<string | undefined> {
  const network = await wire.find<NetworkAnswer>({
    what: `inspect network ${nameOrId}`,
    path: networkPath(nameOrId),
    signal,
  });
  const states = await Promise.all(
    Object.keys(network?.Containers ?? {}).map((id) => inspectContainer(wire, id, signal)),
  );
  const staying = states.find((answer) => answer !== undefined && parseState(answer).status !== 'removing');
  return staying && (staying.Name ?? staying.Id).replace(/^\//, '');
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
  const answer = await inspectContainer(wire, containerId, signal);
  return Object.hasOwn(answer?.NetworkSettings?.Networks ?? {}, network);
}

function networkPath(nameOrId: string): string {
  return `/networks/${encodeURIComponent(nameOrId)}`;
}
