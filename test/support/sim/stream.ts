/**
 * An answer that lasts: what is written waits in a queue until the scheduler delivers it, so that what a client hears and
 * what it asks come in any order that the seed gives. Can be torn, cut, late, or lose its reader.
 */
import type { ServerResponse } from 'node:http';
import type { Out } from './http/exchange.ts';

export interface StreamFault {
  readonly torn?: boolean;
  /** Ends after so many bytes. */
  readonly cutAfter?: number | undefined;
}

/** Bytes of a piece of a torn answer. */
const PIECE = 3;

export class SimStream implements Out {
  readonly client: string;
  readonly #response: ServerResponse;
  readonly #fault: StreamFault;
  #queue: Buffer[] = [];
  #isEnding = false;
  #isClosed = false;
  #sent = 0;
  /** Nothing is delivered before this moment of virtual time. */
  notBeforeMs = 0;
  #listeners: (() => void)[] = [];

  constructor(client: string, response: ServerResponse, fault: StreamFault) {
    this.client = client;
    this.#response = response;
    this.#fault = fault;
    response.on('close', () => this.#close());
  }

  write(chunk: string | Buffer): void {
    if (this.#isClosed || this.#isEnding) return;
    const bytes = Buffer.from(chunk);
    if (!this.#fault.torn) this.#queue.push(bytes);
    else for (let at = 0; at < bytes.length; at += PIECE) this.#queue.push(bytes.subarray(at, at + PIECE));
  }

  end(): void {
    this.#isEnding = true;
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#listeners.push(listener);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  hasWork(nowMs: number): boolean {
    return !this.#isClosed && nowMs >= this.notBeforeMs && (this.#queue.length > 0 || this.#isEnding);
  }

  /** Hands on what waits: all of it, or the next piece of a torn one. */
  deliver(): void {
    const chunks = this.#fault.torn ? this.#queue.splice(0, 1) : this.#queue.splice(0);
    for (const chunk of chunks) if (!this.#send(chunk)) return;
    if (this.#isEnding && this.#queue.length === 0) this.#response.end(() => this.#close());
  }

  /** The connection breaks. */
  break(): void {
    this.#response.destroy();
    this.#close();
  }

  #send(chunk: Buffer): boolean {
    const { cutAfter = Infinity } = this.#fault;
    const bytes = chunk.subarray(0, Math.max(0, cutAfter - this.#sent));
    this.#sent += bytes.length;
    if (bytes.length > 0) this.#response.write(bytes);
    if (bytes.length === chunk.length) return true;
    this.#response.end();
    this.#close();
    return false;
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue = [];
    for (const listener of this.#listeners.splice(0)) listener();
  }
}
