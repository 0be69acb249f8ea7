/**
 * Reads a pipe that a person named (`-f <(generate)`): a file that somebody still writes.
 *
 * Opening one that has no writer would block for ever, and a signal with it; so it is opened without waiting, and the wait for
 * the first bytes and for more is bounded.
 */

import { constants, closeSync, openSync, readSync } from 'node:fs';

/** How long to wait for somebody to open it for writing. */
const WRITER_MS = 2000;
/** How long a writer may be silent: it may be fetching what it writes. */
const SILENCE_MS = 60_000;
const LOOK_MS = 5;
const CHUNK_BYTES = 64 * 1024;

export type PipeContent = { readonly bytes: Buffer } | 'no-writer' | 'silent' | 'too-large';

export function readPipe(path: string, limit: number): PipeContent {
  const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const chunks: Buffer[] = [];
  let total = 0;
  let waitedMs = 0;
  try {
    for (;;) {
      const chunk = readNow(pipe);
      if (chunk === 'end' && total > 0) return { bytes: Buffer.concat(chunks) };
      if (chunk === 'end' && waitedMs >= WRITER_MS) return 'no-writer';
      if (chunk === 'later' && waitedMs >= SILENCE_MS) return 'silent';
      if (chunk === 'end' || chunk === 'later') {
        pause(LOOK_MS);
        waitedMs += LOOK_MS;
        continue;
      }
      total += chunk.length;
      if (total > limit) return 'too-large';
      chunks.push(chunk);
      waitedMs = 0;
    }
  } finally {
    closeSync(pipe);
  }
}

/** `end`: nobody has it open for writing. */
function readNow(pipe: number): Buffer | 'later' | 'end' {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    const count = readSync(pipe, chunk, 0, chunk.length, null);
    return count === 0 ? 'end' : chunk.subarray(0, count);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 'later';
    throw error;
  }
}

/** Files are read synchronously, so that a load sees them as they are at one moment. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
