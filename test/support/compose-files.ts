/**
 * Compose files for one test, in a folder of their own, and the loader run on them with an environment that holds nothing
 * but what the test gives.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  loadProject,
  type Diagnostic,
  type LoadOptions,
  type LoadResult,
  type Project,
} from '../../src/compose/index.ts';

export type Files = string | Readonly<Record<string, string | Uint8Array>>;

export interface ComposeFolder {
  /** Absolute, named `app`. */
  readonly folder: string;
  readonly write: (path: string, content: string | Uint8Array) => string;
  readonly load: (options?: Partial<LoadOptions>) => Promise<LoadResult>;
}

/** Lays files out; a text alone is `compose.yaml`. */
export function composeFolder(t: TestContext, files: Files): ComposeFolder {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'reeve-compose-')));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, 'app');
  mkdirSync(folder);
  const write = (path: string, content: string | Uint8Array): string => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  for (const [path, content] of Object.entries(typeof files === 'string' ? { 'compose.yaml': files } : files)) {
    write(path, content);
  }
  const load = (options: Partial<LoadOptions> = {}): Promise<LoadResult> =>
    loadProject({ cwd: folder, environment: { HOME: '/home/user' }, ...options });
  return { folder, write, load };
}

/** The project that files give; fails the test when they do not load. */
export async function projectOf(t: TestContext, files: Files, options: Partial<LoadOptions> = {}): Promise<Project> {
  const loaded = await composeFolder(t, files).load(options);
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.diagnostics.map(({ message }) => message).join('\n'));
  return loaded.project;
}

/** What is wrong with files; fails the test when nothing is. */
export async function diagnosticsOf(
  t: TestContext,
  files: Files,
  options: Partial<LoadOptions> = {},
): Promise<readonly Diagnostic[]> {
  const loaded = await composeFolder(t, files).load(options);
  assert.equal(loaded.ok, false, 'the files load');
  return loaded.diagnostics;
}

/** `line:column code path`, one a line. */
export function placesOf(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ line, column, code, path }) => `${line}:${column} ${code} ${path}`);
}
