/**
 * Holds back what may be the engine's own words. Engines write why they could not start a command into the command's
 * output: Docker as one line with a terminal's line end on stdout, Podman as lines that begin with `Error:` on stderr.
 * Output that begins like that is held until other output follows, or until it is known whether there was a process.
 */

import type { OutputSink, OutputStream } from './engine.ts';

const MOST_BYTES = 4096;

export class HeldWords {
  readonly #sink: OutputSink;
  #held: (readonly [OutputStream, Buffer])[] | undefined = [];
  #bytes = 0;

  constructor(sink: OutputSink) {
    this.#sink = sink;
  }

  /** Hands output on, unless all of it so far may be the engine's. */
  readonly take: OutputSink = (stream, chunk) => {
    this.#bytes += chunk.length;
    if (this.#held && this.#bytes <= MOST_BYTES && mayBeEngines(stream, chunk)) {
      this.#held.push([stream, Buffer.from(chunk)]);
      return;
    }
    this.release();
    this.#sink(stream, chunk);
  };

  /** It was the command's output after all. */
  release(): void {
    for (const [stream, chunk] of this.#held ?? []) this.#sink(stream, chunk);
    this.#held = undefined;
  }

  /** undefined: nothing is held. */
  text(): string | undefined {
    if (this.#held === undefined || this.#held.length === 0) return undefined;
    return Buffer.concat(this.#held.map(([, chunk]) => chunk))
      .toString('utf8')
      .trim();
  }
}

function mayBeEngines(stream: OutputStream, chunk: Uint8Array): boolean {
  const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  return stream === 'stdout' ? text.subarray(-2).toString() === '\r\n' : text.subarray(0, 7).toString() === 'Error: ';
}
