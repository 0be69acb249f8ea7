/**
 * Makes a bundle load at start only what it runs: libraries, Node's own modules and other chunks are loaded by the first use
 * of what they are asked for. Each rewrite looks for one exact form, in which a module's name is only ever read from
 * (`name.member`), and leaves anything else as it was.
 */
import type { Plugin } from 'rolldown';

/**
 * Libraries that TypeScript compiled to CommonJS: each import stands on a line of its own, under a name that ends in a
 * number (`const errors_1 = require("./errors");`).
 */
export function lazyRequires(libraries: RegExp): Plugin {
  return {
    name: 'lazy-requires',
    transform: {
      filter: { id: libraries },
      handler: (code) => ({
        code: makeLazy(code, /^(const|var) (\w+_\d+) = ((?:__import\w+\()?require\("[^"]+"\)\)?);$/gm),
      }),
    },
  };
}

/**
 * Chunks of CommonJS: what they ask for at their top, and what their modules take of libraries. Chunks have no effect before
 * their modules are asked for (`strictExecutionOrder`).
 */
export const lazyChunks: Plugin = {
  name: 'lazy-chunks',
  renderChunk: (code) => {
    const top = /^(const|let) ((?:node|require)_[\w$]+) = (require\("(?:node:|\.\/)[^"]+"\));$/gm;
    const library = /^(\t+)(import_[\w$]+) = (.*\brequire_[\w$]+.*);$/gm;
    return { code: makeLazy(makeLazy(code, top), library) };
  },
};

/** `form` matches an assignment: how it begins (a keyword or spaces), the name, the value. */
function makeLazy(code: string, form: RegExp): string {
  const found = [...code.matchAll(form)].filter(([line, , name = '']) => isOnlyReadFrom(code, line, name));
  let lazy = code;
  for (const [line, begin = '', name = '', value = ''] of found) {
    const use = new RegExp(`${wordPattern(name)}\\.`, 'g');
    lazy = lazy
      .replace(line, () => `${begin.trim() === '' ? begin : 'const '}${name} = $lazily(() => ${value});`)
      .replaceAll(use, () => `(${name}()).`);
  }
  return found.length === 0 ? code : withHelper(lazy);
}

/** After a first line that directs (`"use strict"`). */
function withHelper(code: string): string {
  const helper = 'function $lazily(load) { let loaded; return () => (loaded ??= load()); }\n';
  if (code.includes(helper)) return code;
  const [directive = ''] = /^"use strict";\n/.exec(code) ?? [];
  return directive + helper + code.slice(directive.length);
}

function isOnlyReadFrom(code: string, line: string, name: string): boolean {
  const others = code.replace(line, '').replaceAll(/^(?:var|let) [\w$, ]+;$/gm, '');
  return !new RegExp(`${wordPattern(name)}(?![\\w$.])`).test(others);
}

/** As a name of its own: not the end of another one, no member, though perhaps spread (`...name`). */
function wordPattern(name: string): string {
  return `(?<![\\w$]|(?<!\\.\\.)\\.)${RegExp.escape(name)}`;
}
