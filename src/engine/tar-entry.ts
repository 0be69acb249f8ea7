/**
 * One entry of a tar as the engine's build call reads it: files, folders and links, owned by root, paths of any length
 * (GNU's long names). The small tar for copies into containers is tar.ts.
 */

const BLOCK = 512;
const LONGEST_NAME = 100;

export type TarEntry = {
  readonly path: string;
  readonly mode: number;
  readonly mtimeS: number;
} & (
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'folder' }
  | { readonly kind: 'link'; readonly target: string }
);

/** Ends an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

const TYPE = { file: '0', folder: '5', link: '2', longName: 'L', longLink: 'K' } as const;

export function tarEntry(entry: TarEntry): Buffer {
  const path = entry.kind === 'folder' ? `${entry.path}/` : entry.path;
  const target = entry.kind === 'link' ? entry.target : '';
  const bytes = entry.kind === 'file' ? entry.bytes : new Uint8Array();
  const { mode, mtimeS } = entry;
  return Buffer.concat([
    ...longText(TYPE.longName, path),
    ...longText(TYPE.longLink, target),
    header({ type: TYPE[entry.kind], name: path, target, mode, mtimeS, size: bytes.length }),
    ...padded(bytes),
  ]);
}

/** A name that does not fit a header goes before it, as a file of its own. */
function longText(type: string, text: string): Buffer[] {
  if (Buffer.byteLength(text) <= LONGEST_NAME) return [];
  const bytes = Buffer.from(`${text}\0`);
  return [
    header({ type, name: '././@LongLink', target: '', mode: 0, mtimeS: 0, size: bytes.length }),
    ...padded(bytes),
  ];
}

interface Header {
  readonly type: string;
  readonly name: string;
  readonly target: string;
  readonly mode: number;
  readonly mtimeS: number;
  readonly size: number;
}

function header({ type, name, target, mode, mtimeS, size }: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  Buffer.from(name).copy(block, 0, 0, LONGEST_NAME);
  const numbers = [
    [mode, 100, 8],
    [0, 108, 8],
    [0, 116, 8],
    [size, 124, 12],
    [Math.max(mtimeS, 0), 136, 12],
  ] as const;
  for (const [value, offset, width] of numbers) {
    block.write(value.toString(8).padStart(width - 1, '0'), offset, 'latin1');
  }
  block.fill(' ', 148, 156);
  block.write(type, 156, 'latin1');
  Buffer.from(target).copy(block, 157, 0, LONGEST_NAME);
  block.write('ustar  \0', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function padded(bytes: Uint8Array): Buffer[] {
  return [
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK),
  ];
}
