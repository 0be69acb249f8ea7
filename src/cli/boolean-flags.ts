/**
 * `--flag=true` and `--flag=false`, which Docker Compose takes and oclif does not: to it the value is one more argument, so
 * that `down --volumes=false` took volumes away, of a service called false. Here they become the flag, or nothing; any
 * other value is refused. All flags that take no value are off by default.
 */

import { UsageError } from '../model/errors.ts';

/** What has to be known of a flag. */
export interface FlagShape {
  readonly type: 'boolean' | 'option';
  readonly char?: string | undefined;
}

/** As Go reads them, and so Docker Compose. */
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** The words in oclif's own terms. Of several of one flag the last one counts. Throws UsageError. */
export function withPlainBooleans(words: readonly string[], flags: Readonly<Record<string, FlagShape>>): string[] {
  const plain: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') return [...plain, ...words.slice(at)];
    const given = valuedBoolean(word, flags);
    if (given === undefined) {
      plain.push(word);
      // A value is nothing but a value, whatever it looks like.
      if (takesNext(word, flags) && at + 1 < words.length) plain.push(words[(at += 1)] ?? '');
    } else if (TRUE.has(given.value)) plain.push(`--${given.name}`);
    else if (FALSE.has(given.value)) drop(plain, given.name, flags);
    else throw new UsageError(`${word}: --${given.name} takes no value but true or false`);
  }
  return plain;
}

function valuedBoolean(
  word: string,
  flags: Readonly<Record<string, FlagShape>>,
): { readonly name: string; readonly value: string } | undefined {
  const [, name = '', value = ''] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
  const isBoolean = Object.hasOwn(flags, name) && flags[name]?.type === 'boolean';
  return isBoolean ? { name, value } : undefined;
}

/** The next word is its value. */
function takesNext(word: string, flags: Readonly<Record<string, FlagShape>>): boolean {
  if (word.startsWith('--')) {
    const name = word.slice(2);
    return Object.hasOwn(flags, name) && flags[name]?.type === 'option';
  }
  if (!word.startsWith('-')) return false;
  const byChar = (char: string): FlagShape | undefined => Object.values(flags).find((flag) => flag.char === char);
  const letters = Array.from(word.slice(1));
  const first = letters.findIndex((letter) => byChar(letter)?.type !== 'boolean');
  return first === letters.length - 1 && byChar(letters[first] ?? '')?.type === 'option';
}

function drop(words: string[], name: string, flags: Readonly<Record<string, FlagShape>>): void {
  const { char } = flags[name] ?? {};
  for (const spelling of [`--${name}`, ...(char === undefined ? [] : [`-${char}`])]) {
    for (let at = words.indexOf(spelling); at !== -1; at = words.indexOf(spelling)) words.splice(at, 1);
  }
}
