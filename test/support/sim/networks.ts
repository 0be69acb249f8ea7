/** Networks of the simulated engine: made, removed, and who is on them. */
import { conflict, forbidden, invalid, notFound } from './refusal.ts';
import type { By } from './log.ts';
import type { EngineState } from './state.ts';
import { isUp, type EndpointBody, type Json, type SimContainer, type SimNetwork } from './things.ts';

const PREDEFINED: readonly (readonly [string, string])[] = [
  ['bridge', 'bridge'],
  ['host', 'host'],
  ['none', 'null'],
];

export class Networks {
  readonly #state: EngineState;
  #addresses = 1;

  constructor(state: EngineState) {
    this.#state = state;
    for (const [name, driver] of PREDEFINED) this.#add(name, { Driver: driver }, true);
  }

  create(body: Json & { readonly Name?: string }, by: By): SimNetwork {
    const name = body.Name ?? '';
    if (this.#state.findNetwork(name)?.name === name) throw conflict(`network with name ${name} already exists`);
    const network = this.#add(name, body, false);
    this.#state.log.add(by, { what: 'network-created', network: name, networkId: network.id });
    this.#state.tellNetwork(network, 'create');
    return network;
  }

  remove(which: string, by: By): void {
    const network = this.#state.network(which);
    const { id, name } = network;
    if (network.isPredefined) throw forbidden(`${name} is a pre-defined network and cannot be removed`);
    if (this.usersOf(network).length > 0) {
      throw forbidden(`error while removing network: network ${name} id ${id} has active endpoints`);
    }
    this.#state.networks.delete(id);
    this.#state.log.add(by, { what: 'network-removed', network: name, networkId: id });
    this.#state.tellNetwork(network, 'destroy');
  }

  /** Containers with an endpoint in use there. */
  usersOf({ id, name }: SimNetwork): SimContainer[] {
    return [...this.#state.containers.values()].filter(
      (container) => isUp(container) && container.endpoints.get(name)?.networkId === id,
    );
  }

  connect(which: string, containerId: string, body: EndpointBody, by: By): void {
    const container = this.#state.container(containerId);
    refuseMixture([...container.endpoints.keys(), which]);
    // For one that is not up, the engine looks at its next start.
    const network = this.#state.findNetwork(which);
    if (!network && !isUp(container)) {
      container.endpoints.set(which, { networkId: '', body, address: '' });
      return;
    }
    if (!network) throw notFound(`network ${which} not found`);
    if (container.isBeingRemoved) {
      throw forbidden(
        `Container ${container.id} is marked for removal and cannot be connected or disconnected to the network`,
      );
    }
    if (isUp(container)) {
      if (container.endpoints.has(network.name)) {
        throw forbidden(`endpoint with name ${container.name} already exists in network ${network.name}`);
      }
      container.endpoints.set(network.name, { networkId: network.id, body, address: this.#newAddress() });
      this.#state.tellNetwork(network, 'connect', container.id);
    } else {
      container.endpoints.set(network.name, { networkId: network.id, body, address: '' });
    }
    const { name } = network;
    this.#state.log.add(by, { what: 'network-connected', ...this.#state.incarnation(container), network: name });
  }

  disconnect(which: string, containerId: string, by: By): void {
    const container = this.#state.container(containerId);
    const network = this.#state.network(which);
    const { name } = network;
    if (!container.endpoints.has(name)) {
      throw forbidden(`container ${container.id} is not connected to network ${name}`);
    }
    container.endpoints.delete(name);
    if (isUp(container) || !this.#state.isModern) this.#state.tellNetwork(network, 'disconnect', container.id);
    this.#state.log.add(by, { what: 'network-disconnected', ...this.#state.incarnation(container), network: name });
  }

  /** Before its first process: every network it is to be on must be there still. */
  join(container: SimContainer): void {
    const joined = [...container.endpoints].map(([name, endpoint]) => {
      const network = this.#state.networks.get(endpoint.networkId) ?? this.#unseen(name, endpoint.networkId);
      if (!network) throw notFound(`network ${endpoint.networkId || name} not found`);
      return { endpoint, network };
    });
    for (const { endpoint, network } of joined) {
      endpoint.networkId = network.id;
      endpoint.address = this.#newAddress();
      this.#state.tellNetwork(network, 'connect', container.id);
    }
  }

  leave(container: SimContainer): void {
    for (const endpoint of container.endpoints.values()) {
      const network = this.#state.networks.get(endpoint.networkId);
      if (endpoint.address === '' || !network) continue;
      endpoint.address = '';
      this.#state.tellNetwork(network, 'disconnect', container.id);
    }
  }

  /** One that was not there yet when the container was made. */
  #unseen(name: string, networkId: string): SimNetwork | undefined {
    return networkId === '' ? this.#state.findNetwork(name) : undefined;
  }

  #newAddress(): string {
    this.#addresses += 1;
    return `172.${18 + (this.#addresses >> 16)}.${(this.#addresses >> 8) & 255}.${this.#addresses & 255}`;
  }

  #add(name: string, body: Json, isPredefined: boolean): SimNetwork {
    const driver = body['Driver'];
    const network: SimNetwork = {
      id: this.#state.newId(),
      name,
      created: this.#state.moment(),
      body,
      labels: (body['Labels'] ?? {}) as Record<string, string>,
      driver: typeof driver === 'string' && driver !== '' ? driver : 'bridge',
      isPredefined,
    };
    this.#state.networks.set(network.id, network);
    return network;
  }
}

/** What a container may be on together with others. */
export function refuseMixture(names: readonly string[]): void {
  if (names.length < 2) return;
  if (names.includes('host')) {
    throw invalid('container cannot be disconnected from host network or connected to host network');
  }
  if (names.includes('none')) {
    throw invalid('container cannot be connected to multiple networks with one of the networks in private (none) mode');
  }
}
