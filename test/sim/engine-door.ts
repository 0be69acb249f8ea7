/**
 * The way into the simulated engine over connections in memory. Node's own HTTP server reads the requests; each has its
 * turn after a while that the seed gives, and so has each delivery of an answer that lasts. So virtual time goes on while
 * reeve works, and whatever else is to happen can happen between any two of its calls.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { FrontDesk } from '../support/sim/desk.ts';
import type { Faults } from '../support/sim/faults.ts';
import type { EngineSettings, SimRequest } from '../support/sim/http/exchange.ts';
import type { Random } from '../support/sim/random.ts';
import type { SimStream } from '../support/sim/stream.ts';
import type { SimWorld } from '../support/sim/world.ts';
import { refusedError, resetError, socketPair, type SocketEnd } from './sockets.ts';
import { WORLD, type Owner, type Time } from './time.ts';

export interface EngineDoorParts {
  readonly world: SimWorld;
  readonly time: Time;
  readonly random: Random;
  readonly settings: EngineSettings;
  readonly faults: Faults;
}

/** Milliseconds until a request has its turn. */
const LATENCIES = [0, 1, 1, 2, 5];

export class EngineDoor {
  readonly #parts: EngineDoorParts;
  readonly #server: Server;
  readonly #desk: FrontDesk;
  readonly #clients = new WeakMap<Duplex, string>();
  readonly #ends = new Set<SocketEnd>();
  readonly #awaited = new WeakSet<SimStream>();
  /** Nobody answers there. */
  isClosed = false;

  constructor(parts: EngineDoorParts) {
    this.#parts = parts;
    const { world, settings, random, faults } = parts;
    this.#desk = new FrontDesk({ world, settings, random: random.fork('desk'), faults: () => faults });
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, connectionsCheckingInterval: 2 ** 30 });
    this.#server.on('request', (request, response) => this.#read(request, response));
  }

  /** A new connection of a client; the client's end. */
  open(owner: Owner, moment: () => boolean): Duplex {
    const { time } = this.#parts;
    const [near, far] = socketPair({ time, client: owner, server: WORLD, moment });
    far.on('error', () => {});
    if (this.isClosed) {
      process.nextTick(() => near.destroy(refusedError('/sim/docker.sock')));
      return near;
    }
    this.#clients.set(far, owner.name);
    this.#ends.add(far);
    far.once('close', () => this.#ends.delete(far));
    time.as(WORLD, () => this.#server.emit('connection', far));
    return near;
  }

  /** A process is gone: what it had asked for may still happen. */
  cut(client: string): void {
    this.#parts.time.as(WORLD, () => {
      this.#desk.abandon(client);
      for (const end of this.#ends) if (this.#clients.get(end) === client) end.lose(resetError());
    });
  }

  /** The engine is gone, with all that was asked of it. */
  breakAll(): void {
    this.#desk.drop();
    for (const end of this.#ends) end.destroy(resetError());
  }

  /** Event streams break. */
  breakEvents(): void {
    for (const stream of this.#eventStreams) stream.destroy();
  }

  readonly #eventStreams = new Set<ServerResponse>();

  /** Streams that have something to deliver get their turn; to be called whenever all is at rest. */
  readonly attend = (): void => {
    const { time, random } = this.#parts;
    for (const stream of this.#desk.deliverable()) {
      if (this.#awaited.has(stream)) continue;
      this.#awaited.add(stream);
      time.sim.after(random.pick(LATENCIES), () => {
        this.#awaited.delete(stream);
        stream.deliver();
      });
    }
  };

  #read(incoming: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let isGone = false;
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => {});
    response.on('error', () => {});
    response.on('close', () => {
      isGone = true;
      this.#eventStreams.delete(response);
    });
    incoming.on('end', () => {
      const client = this.#clients.get(incoming.socket) ?? 'unknown';
      const request = requestOf(client, incoming, Buffer.concat(chunks));
      if (request.path === '/events') this.#eventStreams.add(response);
      const parked = { request, response, key: '', isAbandoned: () => isGone, isHeld: false };
      this.#desk.park(parked);
      this.#serveSoon(parked);
    });
  }

  #serveSoon(parked: Parameters<FrontDesk['serve']>[0]): void {
    const { time, random } = this.#parts;
    time.sim.after(random.pick(LATENCIES), () => {
      // It may have been dropped, or have happened, when its client or the engine went away.
      if (this.#desk.parked.includes(parked)) this.#desk.serve(parked);
    });
  }
}

function requestOf(client: string, incoming: IncomingMessage, body: Buffer): SimRequest {
  const { url = '/', method = 'GET', headers } = incoming;
  const [, version, path = '/', query = ''] = /^(?:\/v(\d+\.\d+)(?=\/))?([^?]*)(?:\?(.*))?$/.exec(url) ?? [];
  return { client, method, path, version, query: new URLSearchParams(query), headers, body };
}
