/**
 * Cuts a Compose file into the text of each service and the rest.
 *
 * Only where that is safe: plain block mappings, no anchors, aliases, tags or further documents. It gives up on anything
 * else, and whoever asked reads the file as a whole.
 */

export interface ServiceTexts {
  /** By name: the lines of the service as they stand in the file, its name included. */
  readonly services: ReadonlyMap<string, string>;
  /** The file without its `services`. */
  readonly rest: string;
}

/** An indicator of an anchor, alias or tag where a value may begin; a tab or a carriage return anywhere. */
const ELSEWHERE = /(?:^|[\s,[{:-])[&*!](?![\s&=])|[\t\r]/m;
const MARKER = /^(?:---|\.\.\.|%|\?|include\b|["'])/m;
const SECTION = /^services:[ ]*(?:#.*)?$/m;
const SERVICE_NAME = /^([a-zA-Z0-9._-]+):(?: |$)/;

/** Undefined: it cannot be cut safely. */
export function cutServices(text: string): ServiceTexts | undefined {
  if (ELSEWHERE.test(text) || MARKER.test(text)) return undefined;
  const section = SECTION.exec(text);
  if (section === null || SECTION.test(text.slice(section.index + section[0].length))) return undefined;
  const begin = Math.min(section.index + section[0].length + 1, text.length);
  const end = endOfSection(text, begin);
  const services = cutSection(text.slice(begin, end));
  // What is left stays on its lines, so that a warning about it has its place.
  const lines = text.slice(section.index, end).split('\n').length - 1;
  return services && { services, rest: text.slice(0, section.index) + '\n'.repeat(lines) + text.slice(end) };
}

/** Where the next line begins that is not indented, blank or a comment. */
function endOfSection(text: string, begin: number): number {
  const pattern = /^[^\s#]/gm;
  pattern.lastIndex = begin;
  return pattern.exec(text)?.index ?? text.length;
}

function cutSection(text: string): Map<string, string> | undefined {
  const services = new Map<string, string>();
  let indent = -1;
  let name: string | undefined;
  let begin = 0;
  for (let at = 0; at < text.length;) {
    const feed = text.indexOf('\n', at);
    const end = feed === -1 ? text.length : feed;
    const columns = firstContent(text, at, end) - at;
    const isBlank = at + columns === end || text[at + columns] === '#';
    if (!isBlank) {
      if (indent === -1) indent = columns;
      if (columns < indent) return undefined;
      if (columns === indent) {
        if (name !== undefined) services.set(name, text.slice(begin, at));
        name = SERVICE_NAME.exec(text.slice(at + columns, Math.min(end, at + columns + 256)))?.[1];
        if (name === undefined || services.has(name)) return undefined;
        begin = at;
      }
    }
    at = end + 1;
  }
  if (name === undefined || indent === 0) return undefined;
  return services.set(name, text.slice(begin));
}

function firstContent(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text[at] === ' ') at++;
  return at;
}
