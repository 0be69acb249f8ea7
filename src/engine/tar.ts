/**
 * Writes a tar (ustar) of plain files for the engine's archive call. Nothing here reads the disk.
 *
 * Long paths are split into prefix and name as the format says; one that does not fit is refused. Folders are not
 * written: the engine makes the missing ones, and a folder entry would change the mode of one that exists.
 */

import { EngineError } from '../model/errors.ts';
import type { FileToCopy } from './engine.ts';

const BLOCK = 512;

/** The archive of `files`, paths taken relative to the root. */
export function tarOf(files: readonly FileToCopy[], mtimeS: number): Buffer {
  const parts: Buffer[] = [];
  for (const file of files) {
    parts.push(header(file, mtimeS), Buffer.from(file.bytes), Buffer.alloc(padding(file.bytes.length)));
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(parts);
}

function header(file: FileToCopy, mtimeS: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const [prefix, name] = splitPath(file.path.replace(/^\/+/, ''));
  block.write(name, 0, 100, 'utf8');
  writeOctal(block, file.mode & 0o7777, 100, 8);
  writeOctal(block, file.uid, 108, 8);
  writeOctal(block, file.gid, 116, 8);
  writeOctal(block, file.bytes.length, 124, 12);
  writeOctal(block, mtimeS, 136, 12);
  block.fill(' ', 148, 156);
  block.write('0', 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  block.write(prefix, 345, 155, 'utf8');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function writeOctal(block: Buffer, value: number, offset: number, width: number): void {
  const digits = Math.trunc(value)
    .toString(8)
    .padStart(width - 1, '0');
  if (digits.length > width - 1) throw new EngineError('rejected', `a number does not fit a tar header: ${value}`);
  block.write(`${digits}\0`, offset, 'latin1');
}

function splitPath(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const prefix = path.slice(0, slash);
    const name = path.slice(slash + 1);
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return [prefix, name];
  }
  throw new EngineError('rejected', `path too long to be copied into a container: ${path}`);
}

function padding(length: number): number {
  return (BLOCK - (length % BLOCK)) % BLOCK;
}
