/**
 * Connections in memory, both ends in one process: the order in which bytes arrive is the program's own, never the
 * kernel's. HTTP, its parser and its agent are Node's, as they are.
 *
 * Each end belongs to an owner. A dead process's end takes and gives nothing any more, and its peer sees it closed.
 */
import { Duplex } from 'node:stream';
import type { Owner, Time } from './time.ts';

export class SocketEnd extends Duplex {
  readonly owner: Owner;
  readonly #time: Time;
  /** Asked before bytes leave or reach this end; false: its owner has just died. */
  readonly #moment: () => boolean;
  peer: SocketEnd | undefined;

  constructor(parts: { readonly owner: Owner; readonly time: Time; readonly moment: () => boolean }) {
    super({ allowHalfOpen: false });
    this.owner = parts.owner;
    this.#time = parts.time;
    this.#moment = parts.moment;
  }

  /** The other side closes, or its machine resets the connection. */
  lose(error?: Error): void {
    if (!this.owner.alive) return;
    this.#time.as(this.owner, () => {
      process.nextTick(() => {
        if (this.destroyed) return;
        if (error) this.destroy(error);
        else this.push(null);
      });
    });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const { peer } = this;
    if (!this.#moment() || !peer) return;
    peer.#deliver(chunk);
    done();
  }

  override _final(done: () => void): void {
    this.peer?.lose();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.peer?.lose(error ? resetError() : undefined);
    done(error);
  }

  #deliver(chunk: Buffer): void {
    if (!this.owner.alive) return;
    this.#time.as(this.owner, () => {
      process.nextTick(() => {
        if (!this.destroyed && this.owner.alive && this.#moment()) this.push(chunk);
      });
    });
  }

  // What http does to a socket.
  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

export interface PairParts {
  readonly time: Time;
  readonly client: Owner;
  readonly server: Owner;
  readonly moment: () => boolean;
}

export function socketPair({ time, client, server, moment }: PairParts): [client: SocketEnd, server: SocketEnd] {
  const near = new SocketEnd({ owner: client, time, moment });
  const far = new SocketEnd({ owner: server, time, moment: () => true });
  near.peer = far;
  far.peer = near;
  return [near, far];
}

export function resetError(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'read' });
}

export function refusedError(path: string): Error {
  const message = `connect ECONNREFUSED ${path}`;
  return Object.assign(new Error(message), { code: 'ECONNREFUSED', errno: -111, syscall: 'connect', address: path });
}
