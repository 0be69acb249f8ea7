/** A Compose file on standard input: its bytes, as the loader decodes them like those of a file. */

import type { Readable } from 'node:stream';
import { addAbortSignal } from 'node:stream';
import { UsageError } from '../model/errors.ts';

const LARGEST_INPUT = 64 * 1024 * 1024;

/** Rejects with the signal's reason when it is aborted: whoever should write may never do so. */
export async function readStdin(stream: Readable, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of addAbortSignal(signal, stream)) {
      const bytes = Buffer.from(chunk as Uint8Array);
      chunks.push(bytes);
      size += bytes.length;
      if (size > LARGEST_INPUT) throw new UsageError('standard input is too large for a Compose file');
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  return Buffer.concat(chunks);
}

/** Standard input can be read once; `watch` asks for it at every load. */
export function onlyOnce<T>(read: () => Promise<T>): () => Promise<T> {
  let text: Promise<T> | undefined;
  return () => (text ??= read());
}
