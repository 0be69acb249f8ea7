/**
 * The engine's multiplexed output: frames of 8 header bytes (stream number, length) and a payload.
 *
 * Chunks tear frames anywhere, headers too. A payload is handed on as it arrives, never gathered, so memory does
 * not grow with a frame. Bytes that cannot be a header (a terminal's raw stream) are handed on as stdout.
 */

import type { OutputSink, OutputStream } from './engine.ts';

const HEADER_BYTES = 8;

export class Demultiplexer {
  readonly #sink: OutputSink;
  #header: Buffer = Buffer.alloc(0);
  #stream: OutputStream = 'stdout';
  #left = 0;
  #raw = false;

  constructor(sink: OutputSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#raw) return this.#sink('stdout', rest);
      rest = this.#left > 0 ? this.#takePayload(rest) : this.#takeHeader(rest);
    }
  }

  /** Hands on what looked like the begin of a header when nothing followed. */
  end(): void {
    if (this.#header.length > 0) this.#sink('stdout', this.#header);
    this.#header = Buffer.alloc(0);
  }

  #takePayload(chunk: Buffer): Buffer {
    const payload = chunk.subarray(0, this.#left);
    this.#left -= payload.length;
    this.#sink(this.#stream, payload);
    return chunk.subarray(payload.length);
  }

  #takeHeader(chunk: Buffer): Buffer {
    const missing = HEADER_BYTES - this.#header.length;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, missing)]);
    const rest = chunk.subarray(missing);
    if (!couldBeHeader(this.#header)) {
      this.#raw = true;
      this.end();
      return rest;
    }
    if (this.#header.length === HEADER_BYTES) {
      this.#stream = this.#header.readUInt8(0) === 2 ? 'stderr' : 'stdout';
      this.#left = this.#header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
    }
    return rest;
  }
}

/** Stream number 0 to 2, then three zero bytes, as far as they are there. */
function couldBeHeader(bytes: Buffer): boolean {
  return bytes.subarray(0, 4).every((byte, index) => (index === 0 ? byte <= 2 : byte === 0));
}
