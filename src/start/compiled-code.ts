/**
 * The code that V8 compiled of the program's files, in one file: a list of names with places, then the bytes of each. V8
 * passes over what another Node or other flags made, but it takes a text's length for the text and never looks whether the
 * bytes are whole: whoever keeps such a file names it after the very build, and never shows one that is half written.
 */

export type CompiledCode = ReadonlyMap<string, Buffer>;

/** V8 copies what does not begin at a multiple of this. */
const ALIGNMENT = 8;

export function packCode(code: CompiledCode): Buffer {
  const places: [string, number, number][] = [];
  const parts: Buffer[] = [];
  let end = 0;
  for (const [name, bytes] of code) {
    places.push([name, end, bytes.length]);
    parts.push(bytes, Buffer.alloc(paddingAfter(bytes.length)));
    end += bytes.length + paddingAfter(bytes.length);
  }
  const list = Buffer.from(JSON.stringify(places));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(list.length);
  return Buffer.concat([head, list, Buffer.alloc(paddingAfter(4 + list.length)), ...parts]);
}

/** Shares the memory of what is unpacked; throws for what was never packed. */
export function unpackCode(packed: Buffer): CompiledCode {
  const listEnd = 4 + packed.readUInt32LE(0);
  const places = JSON.parse(packed.toString('utf8', 4, listEnd)) as readonly (readonly [string, number, number])[];
  const begin = listEnd + paddingAfter(listEnd);
  return new Map(
    places.map(([name, offset, length]) => [name, packed.subarray(begin + offset, begin + offset + length)]),
  );
}

function paddingAfter(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
}
