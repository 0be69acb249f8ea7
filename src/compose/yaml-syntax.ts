/**
 * YAML text -> syntax trees.
 *
 * What nearly every Compose file is made of is read by a small reader of ours (plain-yaml.ts), which is many times
 * faster; it gives up on anything else, and then the yaml library reads the file. Both give the same tree, which a
 * property test holds them to. Every syntax error comes from the library.
 */

import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, visit, type Document, type ParsedNode } from 'yaml';

import type { Findings } from './diagnostic.ts';
import { readPlainYaml } from './plain-yaml.ts';
import type { Source } from './source.ts';
import type { Syntax } from './syntax.ts';

/** The documents of a file, or undefined after a syntax error was reported. An empty file has none. */
export function parseYaml(source: Source, findings: Findings): Syntax[] | undefined {
  // A carriage return alone ends a line too; offsets stay as they are.
  const text = source.text.replaceAll(/\r(?!\n)/g, '\n');
  const plain = readPlainYaml(text);
  return plain === undefined ? parseWithLibrary({ ...source, text }, findings) : [plain];
}

/** The same for any YAML. */
export function parseWithLibrary(source: Source, findings: Findings): Syntax[] | undefined {
  let documents;
  try {
    documents = parseAllDocuments(source.text, {
      keepSourceTokens: false,
      logLevel: 'silent',
      merge: false,
      prettyErrors: false,
      schema: 'failsafe',
      strict: true,
      uniqueKeys: false,
      version: '1.2',
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return tooDeep(source, findings);
  }
  if (!Array.isArray(documents)) return [];
  let failed = false;
  const out: Syntax[] = [];
  for (const document of documents) {
    for (const error of document.errors) {
      failed = true;
      if (/stack/i.test(error.message)) return tooDeep(source, findings);
      findings.error({ code: 'yaml-syntax', message: error.message, at: { source, offset: error.pos[0] } });
    }
    const { explicit, version } = document.directives.yaml;
    if (explicit === true && version !== '1.1') {
      failed = true;
      const message = 'found incompatible YAML document: Compose reads YAML 1.1';
      findings.error({ code: 'yaml-syntax', message, at: { source, offset: 0 }, remedy: 'remove the %YAML line' });
    }
    if (failed) continue;
    const root = document.contents;
    if (root !== null) out.push(convert(root));
  }
  return failed || refuseEscapes(source, documents, findings) ? undefined : out;
}

/** The library's own recursion ended. */
function tooDeep(source: Source, findings: Findings): undefined {
  const at = { source, offset: 0 };
  findings.error({ code: 'yaml-too-complex', message: 'the file is nested too deeply', at });
  return undefined;
}

/** `\/` in double quotes is JSON and YAML 1.2, but the library that Compose uses refuses it. */
function refuseEscapes(source: Source, documents: readonly Document.Parsed[], findings: Findings): boolean {
  if (!source.text.includes('\\/')) return false;
  let found = false;
  for (const document of documents) {
    visit(document, {
      Scalar: (_key, node) => {
        if (node.type !== 'QUOTE_DOUBLE' || !node.range) return;
        const [start, end] = node.range;
        const escape = /^(?:[^\\]|\\[^/])*?\\\//.exec(source.text.slice(start, end));
        if (escape === null) return;
        found = true;
        const at = { source, offset: start + escape[0].length - 2 };
        findings.error({
          code: 'yaml-syntax',
          message: 'found unknown escape character',
          at,
          remedy: 'write / without the backslash',
        });
      },
    });
  }
  return found;
}

function convert(node: ParsedNode): Syntax {
  const offset = node.range[0];
  if (isAlias(node)) return { kind: 'alias', offset, name: node.source };
  const base = { offset, tag: node.tag, anchor: node.anchor };
  if (isScalar(node)) {
    const plain = node.type === 'PLAIN' || node.type === undefined;
    return { kind: 'scalar', ...base, text: node.source ?? '', plain };
  }
  if (isSeq(node)) return { kind: 'list', ...base, items: node.items.map((item) => convertItem(item, offset)) };
  if (!isMap(node)) return { kind: 'scalar', offset, text: '', plain: true };
  const pairs = node.items.map(({ key, value }) => {
    const keySyntax = convertItem(key, offset);
    return { key: keySyntax, value: convertItem(value, keySyntax.offset) };
  });
  return { kind: 'map', ...base, pairs };
}

function convertItem(item: unknown, offset: number): Syntax {
  return isParsed(item) ? convert(item) : { kind: 'scalar', offset, text: '', plain: true };
}

function isParsed(item: unknown): item is ParsedNode {
  return isAlias(item) || isScalar(item) || isSeq(item) || isMap(item);
}
