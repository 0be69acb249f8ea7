/**
 * Writes every character beyond ASCII in a bundle as an escape: a text in which there is but one takes V8 twice the memory,
 * and Node reads it several times slower. Sound in strings, templates, regular expressions and names alike.
 */
import type { Plugin } from 'rolldown';

export const asciiOnly: Plugin = {
  name: 'ascii-only',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === 'chunk') chunk.code = chunk.code.replaceAll(/[^\x00-\x7f]/g, escaped);
    }
  },
};

/** A UTF-16 unit: without the flag `u` an expression sees no whole characters. */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
