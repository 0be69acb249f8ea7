/** Lines of a stream of bytes. Unlike node:readline it fails when the stream breaks, instead of waiting for ever. */

/** A line without its end; bounded, because a peer that never ends a line must not fill the memory. */
export async function* linesOf(stream: AsyncIterable<Buffer>, longest = 4 * 1024 * 1024): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > longest) throw new Error(`a line of more than ${longest} characters`);
    for (const line of parts) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  if (rest !== '') yield rest;
}
