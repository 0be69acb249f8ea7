/**
 * Writes a tar archive (ustar) in memory: directories, files, symbolic links. For images and fixtures of a few megabytes;
 * it refuses names over 100 bytes instead of truncating them.
 */
export type TarEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'file'; readonly path: string; readonly content: Uint8Array | string; readonly mode?: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const blockSize = 512;
const typeFlag = { file: '0', link: '2', directory: '5' } as const;

/** The archive that holds the entries, in their order. */
export function tar(entries: readonly TarEntry[]): Uint8Array<ArrayBuffer> {
  const blocks = entries.flatMap((entry) => {
    const content = entry.kind === 'file' ? Buffer.from(entry.content) : Buffer.alloc(0);
    return [header(entry, content.length), content, Buffer.alloc(-content.length & (blockSize - 1))];
  });
  return new Uint8Array(Buffer.concat([...blocks, Buffer.alloc(2 * blockSize)]));
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(blockSize);
  const write = (value: string, offset: number, length: number): void => {
    if (Buffer.byteLength(value) > length) throw new RangeError(`tar: "${value}" is longer than ${length} bytes`);
    block.write(value, offset);
  };
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  const mode = entry.kind === 'link' ? 0o777 : (entry.mode ?? (entry.kind === 'directory' ? 0o755 : 0o644));
  write(entry.kind === 'directory' ? `${entry.path}/` : entry.path, 0, 100);
  write(octal(mode, 8), 100, 8);
  write(octal(0, 8), 108, 8);
  write(octal(0, 8), 116, 8);
  write(octal(size, 12), 124, 12);
  write(octal(0, 12), 136, 12);
  write(typeFlag[entry.kind], 156, 1);
  if (entry.kind === 'link') write(entry.target, 157, 100);
  write('ustar\0', 257, 6);
  write('00', 263, 2);
  // The checksum is the sum of the header's bytes, its own eight counted as spaces.
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return block;
}
