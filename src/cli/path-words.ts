/** A path where a service is meant: what was probably wanted, said by whoever refuses the word. Looks, and touches nothing. */

import { statSync } from 'node:fs';
import { UsageError } from '../model/errors.ts';

/** What the word is and what takes it; undefined: it is no path to anything. */
export function pathRemedy(word: string): string | undefined {
  const found = statSync(word, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return `${word} is a file: give it with -f ${word}`;
  return `${word} is a directory: --project-directory ${word} is the project in it, and apply, plan and watch take a directory of projects`;
}

/** Where there are no Compose files that could know the words as services. */
export function refusePaths(words: readonly string[]): void {
  for (const word of words) {
    const remedy = pathRemedy(word);
    if (remedy !== undefined) throw new UsageError(remedy);
  }
}
