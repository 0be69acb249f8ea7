/** The cases of own-cases.jsonl: what they are, and how one is laid out in a folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What Docker Compose says: a model (`$` doubled, as it prints it) with the services' hashes, or an error. */
export type Want = { readonly model: unknown; readonly hash?: readonly string[] } | { readonly error: string };

export interface OwnCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** Before the word `config`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly want?: Want;
}

/** Reads the lines of the file. */
export function readCases(text: string): OwnCase[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as OwnCase);
}

/** Writes a case's files into a folder. */
export function layOut(one: OwnCase, folder: string): void {
  for (const [path, content] of Object.entries(one.files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** The environment a case runs in: nothing of the person who runs the tests. */
export function environmentOf(one: OwnCase): Record<string, string> {
  return { HOME: '/home/user', PATH: process.env['PATH'] ?? '', ...one.env };
}
