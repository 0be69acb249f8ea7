/**
 * Finds the command among the words of a command line: global flags may stand before it, between the two words of a
 * command like `hooks logs`, or after it. What it gives is the command's id and its words, flags that stood before it
 * first; what the words mean is the command's business.
 */

/** A flag that may stand before the command. */
export interface LeadingFlag {
  readonly name: string;
  readonly char?: string | undefined;
  readonly takesValue: boolean;
}

export type CommandWords =
  | { readonly kind: 'command'; readonly id: string; readonly words: readonly string[] }
  | { readonly kind: 'unknown-command'; readonly word: string }
  /** It stands before the command and is no global one. */
  | { readonly kind: 'unknown-flag'; readonly flag: string }
  /** Only flags. */
  | { readonly kind: 'none' };

/** `knows` says whether an id (`apply`, `hooks:logs`) is a command. */
export function findCommandWords(
  words: readonly string[],
  flags: readonly LeadingFlag[],
  knows: (id: string) => boolean,
): CommandWords {
  const leading: string[] = [];
  let id: string | undefined;
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? '';
    if (word === '--') break;
    if (isFlag(word)) {
      const length = lengthOfFlag(word, flags);
      if (length === 0 && id === undefined) return { kind: 'unknown-flag', flag: word.split('=')[0] ?? word };
      if (length === 0) break;
      leading.push(...words.slice(at, at + length));
      at += length;
      continue;
    }
    if (id === undefined) {
      if (!knows(word)) return { kind: 'unknown-command', word };
      id = word;
      at += 1;
      continue;
    }
    if (knows(`${id}:${word}`)) {
      id = `${id}:${word}`;
      at += 1;
    }
    break;
  }
  if (id === undefined) return { kind: 'none' };
  return { kind: 'command', id, words: [...leading, ...words.slice(at)] };
}

function isFlag(word: string): boolean {
  return word.startsWith('-') && word !== '-';
}

/** How many words it takes, its value included; 0: it is none of the flags. */
function lengthOfFlag(word: string, flags: readonly LeadingFlag[]): number {
  if (word.startsWith('--')) {
    const [name, value] = word.slice(2).split('=', 2);
    const flag = flags.find((one) => one.name === name);
    if (flag === undefined) return 0;
    return flag.takesValue && value === undefined ? 2 : 1;
  }
  const flag = flags.find((one) => one.char === word[1]);
  if (flag === undefined) return 0;
  return flag.takesValue && word.length === 2 ? 2 : 1;
}
