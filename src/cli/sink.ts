/**
 * One of the two streams that the program writes to. What cannot be written is dropped and remembered: nothing that runs is
 * cut off for the sake of its log. Each text is tried again, since a disk that was full may have room later.
 */

/** The pipe's reader ended; the terminal was closed. */
const GONE = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

export class Sink {
  readonly #stream: NodeJS.WriteStream;
  #isGone = false;
  #failure: string | undefined;
  #tellGone: () => void = () => {};
  #tellLost: (why: string) => void = () => {};

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
  }

  /** Calls back once nobody reads any more. */
  onGone(callback: () => void): void {
    this.#tellGone = callback;
  }

  /** Calls back, once, when something could not be written although somebody may read it. */
  onLost(callback: (why: string) => void): void {
    this.#tellLost = callback;
  }

  /** Something was lost that somebody would have read. */
  get isTorn(): boolean {
    return this.#failure !== undefined;
  }

  write(text: string): void {
    if (!this.#isGone) this.#stream.write(text);
  }

  #failed(error: NodeJS.ErrnoException): void {
    // After a failure Node calls the stream destroyed for as long as it takes to say so.
    if (GONE.has(error.code ?? '') && !this.isTorn) {
      if (this.#isGone) return;
      this.#isGone = true;
      this.#tellGone();
    } else if (!this.isTorn) {
      this.#failure = error.message;
      this.#tellLost(error.message);
    }
  }
}
