/**
 * The listening socket of one client: reads whole requests and parks them. Who has a door can be cut off dead without the
 * others noticing. Answers nothing by itself.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { SimRequest } from './http/exchange.ts';

/** A request whose turn has not come. */
export interface Parked {
  readonly request: SimRequest;
  readonly response: ServerResponse;
  /** For an order that does not hang on the kernel's. */
  readonly key: string;
  /** Its client has gone away since. */
  isAbandoned(): boolean;
  isHeld: boolean;
}

/** What a door tells of. */
export interface Desk {
  /** Something came in or went: the process is not at rest. */
  news(): void;
  /** Requests of which a part has been read. */
  reading(change: 1 | -1): void;
  park(parked: Parked): void;
}

export class Door {
  readonly client: string;
  readonly path: string;
  readonly #desk: Desk;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(client: string, path: string, desk: Desk) {
    this.client = client;
    this.path = path;
    this.#desk = desk;
  }

  async open(): Promise<void> {
    if (this.#server) return;
    const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#desk.news();
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#desk.news();
      });
    });
    server.on('request', (incoming, response) => this.#read(incoming, response));
    server.listen(this.path);
    await once(server, 'listening');
  }

  /** Nobody listens there any more, and all connections break. */
  close(): void {
    const server = this.#server;
    this.#server = undefined;
    server?.close();
    this.breakAll();
  }

  breakAll(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#desk.news();
  }

  #read(incoming: IncomingMessage, response: ServerResponse): void {
    const desk = this.#desk;
    desk.reading(1);
    const chunks: Buffer[] = [];
    let isWhole = false;
    let isGone = false;
    incoming.on('data', (chunk: Buffer) => {
      desk.news();
      chunks.push(chunk);
    });
    incoming.on('end', () => {
      isWhole = true;
      desk.reading(-1);
      const request = requestOf(this.client, incoming, Buffer.concat(chunks));
      const key = `${this.client} ${request.method} ${incoming.url} ${request.body.toString('latin1')}`;
      desk.park({ request, response, key, isAbandoned: () => isGone, isHeld: false });
    });
    response.on('error', () => {});
    response.on('close', () => {
      isGone = true;
      if (!isWhole) desk.reading(-1);
      isWhole = true;
      desk.news();
    });
  }
}

function requestOf(client: string, incoming: IncomingMessage, body: Buffer): SimRequest {
  const { url = '/', method = 'GET', headers } = incoming;
  const mark = url.indexOf('?');
  const whole = mark === -1 ? url : url.slice(0, mark);
  const version = /^\/v(\d+\.\d+)(?=\/)/.exec(whole);
  return {
    client,
    method,
    path: version ? whole.slice(version[0].length) : whole,
    version: version?.[1],
    query: new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)),
    headers,
    body,
  };
}
