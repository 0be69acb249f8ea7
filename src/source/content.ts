/**
 * What is at a path, in a word that can be compared: a digest of a file's bytes, or why there are none. Reading never
 * blocks on a pipe or a device and never holds more than one chunk in memory.
 */

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';

export interface Content {
  /** Equal for equal bytes. */
  readonly digest: string;
  /** When the file was last changed in any way; undefined where there is no regular file. */
  readonly changedAtMs: number | undefined;
}

export const ABSENT = 'absent';
export const EMPTY = createHash('sha256').digest('hex');

const CHUNK_BYTES = 64 * 1024;

/** Looks at a path as it is now; never rejects. */
export async function contentOf(path: string): Promise<Content> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) return { digest: stats.isDirectory() ? 'directory' : 'special', changedAtMs: undefined };
    return { digest: await digestOf(file), changedAtMs: stats.ctimeMs };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const isAbsent = code === 'ENOENT' || code === 'ENOTDIR';
    return { digest: isAbsent ? ABSENT : `unreadable: ${code}`, changedAtMs: undefined };
  } finally {
    await file?.close().catch(() => {});
  }
}

async function digestOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(chunk.subarray(0, bytesRead));
  }
}
