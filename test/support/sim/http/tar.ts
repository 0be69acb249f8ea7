/** Reads the plain files of a tar (ustar), as an archive call sends it. */
import { invalid } from '../refusal.ts';
import type { SimFile } from '../things.ts';

const BLOCK = 512;

/** By absolute path. */
export function filesOf(archive: Buffer, folder: string): Map<string, SimFile> {
  const files = new Map<string, SimFile>();
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const size = octal(header, 124, 12);
    const [name, prefix] = [text(header, 0, 100), text(header, 345, 155)];
    const type = text(header, 156, 1);
    const bytes = Uint8Array.from(archive.subarray(at + BLOCK, at + BLOCK + size));
    if (bytes.length !== size) throw invalid('unexpected EOF');
    const path = `${folder.replace(/\/$/, '')}/${prefix === '' ? name : `${prefix}/${name}`}`;
    const file = { bytes, mode: octal(header, 100, 8), uid: octal(header, 108, 8), gid: octal(header, 116, 8) };
    if (type === '0' || type === '') files.set(path, file);
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  return files;
}

function text(header: Buffer, at: number, length: number): string {
  return header
    .subarray(at, at + length)
    .toString('utf8')
    .replace(/\0.*$/s, '');
}

function octal(header: Buffer, at: number, length: number): number {
  return Number.parseInt(text(header, at, length).trim() || '0', 8);
}
