/**
 * Puts each file of the program into the function that src/start/loader.ts calls, so that V8 is given the text as it was read:
 * put together at the start, a text of a megabyte is copied once more.
 */
import type { Plugin } from 'rolldown';

export const wrapped: Plugin = {
  name: 'wrapped',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === 'chunk') chunk.code = `(function (exports, require, module, __dirname) {${chunk.code}\n})\n`;
    }
  },
};
