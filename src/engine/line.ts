/**
 * The way to one engine: its sockets, and the client on them. Most calls only read, and of a command's calls nearly all:
 * these go to node:http directly. The client (dockerode) formats each request twice for debug lines and watches it with
 * streams of its own, half of the processor time of a call; it is made when something is written or streamed.
 */

import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import type Docker from 'dockerode';
import type { Address } from './address.ts';
import { agentOf, dockerAt } from './agents.ts';

export class Line {
  readonly #address: Address;
  readonly #agent: http.Agent;
  #docker: Docker | undefined;

  constructor(address: Address) {
    this.#address = address;
    this.#agent = agentOf(address);
  }

  /** The engine is on this machine. */
  get isNear(): boolean {
    return this.#address.kind === 'unix';
  }

  /** The client; paths are given to it with the version. */
  get docker(): Docker {
    return (this.#docker ??= dockerAt(this.#address, this.#agent, undefined));
  }

  /** The open answer to a GET, of whatever status; the signal destroys it too. */
  get(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const address = this.#address;
    const to =
      address.kind === 'unix'
        ? { socketPath: address.socketPath }
        : { host: address.host, ...(address.kind === 'tcp' && { port: address.port }) };
    const protocol = address.kind === 'tcp' && address.tls ? 'https:' : 'http:';
    return new Promise((resolve, reject) => {
      const request = http.request({ ...to, protocol, path, agent: this.#agent });
      const abort = (): void => {
        request.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      signal.addEventListener('abort', abort);
      request.on('response', resolve);
      request.on('error', reject);
      request.on('close', () => signal.removeEventListener('abort', abort));
      request.end();
    });
  }

  /** Calls that are under way break. */
  close(): void {
    this.#agent.destroy();
  }
}
