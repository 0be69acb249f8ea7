/**
 * What a command is about: the project of the files that are named or found, or directories of projects. Reads files and
 * folders; touches nothing.
 */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../model/errors.ts';
import type { HookSource } from '../model/lint.ts';
import type { Project, ServiceName } from '../model/project.ts';
import { InvalidFiles } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { pathRemedy, refusePaths } from './path-words.ts';
import { renderDiagnostic } from './render/diagnostics.ts';
import type { Diagnostic, LoadResult } from './wire.ts';
import { loadFiles, nearest } from './wire.ts';

export type Target =
  | {
      readonly kind: 'project';
      readonly project: Project;
      /** undefined: all of them. */
      readonly services: ReadonlySet<ServiceName> | undefined;
      /** How its hooks are written; empty unless `loadOptions` asks for it. */
      readonly hookSources: readonly HookSource[];
    }
  /** Absolute paths. */
  | { readonly kind: 'directories'; readonly directories: readonly string[] };

/** Services of the project, or directories of projects. */
export async function findTarget(invocation: Invocation, words: readonly string[]): Promise<Target> {
  if (words.some(looksLikePath)) return directoriesOf(invocation, words);
  if (words.length === 0 || !(await areDirectories(words))) return findServices(invocation, words);
  const loaded = await loadFiles({ ...invocation.loadOptions, services: words });
  if (!loaded.ok && !isMissing(loaded)) throw new InvalidFiles(loaded.diagnostics);
  if (loaded.ok && words.some((word) => hasService(loaded.project, word))) {
    sayWarnings(invocation, loaded.warnings);
    const { project, hookSources } = loaded;
    return { kind: 'project', project, services: servicesOf(project, words), hookSources };
  }
  return directoriesOf(invocation, words);
}

/** Services of the project of the files that are named or found. */
export async function findServices(
  invocation: Invocation,
  words: readonly string[],
): Promise<Extract<Target, { kind: 'project' }>> {
  const { project, hookSources } = await load(invocation, words);
  return { kind: 'project', project, services: servicesOf(project, words), hookSources };
}

/** The project of the files that are named or found, with the profiles of named services; warnings are said. */
export async function loadProject(invocation: Invocation, services: readonly string[] = []): Promise<Project> {
  return (await load(invocation, services)).project;
}

async function load(invocation: Invocation, services: readonly string[]): Promise<Extract<LoadResult, { ok: true }>> {
  const loaded = await loadFiles({ services, ...invocation.loadOptions });
  if (!loaded.ok) {
    if (isMissing(loaded)) refusePaths(services);
    throw new InvalidFiles(loaded.diagnostics);
  }
  sayWarnings(invocation, loaded.warnings);
  return loaded;
}

/** The named services, checked; undefined for none, which means all. */
export function servicesOf(project: Project, words: readonly string[]): ReadonlySet<ServiceName> | undefined {
  for (const word of words) {
    if (Object.hasOwn(project.services, word)) continue;
    if (project.disabledServices.includes(word)) {
      throw new UsageError(`service ${word} is not enabled: name one of its profiles with --profile`);
    }
    throw noSuchService(project, word);
  }
  return words.length === 0 ? undefined : new Set(words);
}

/** Names what was probably meant: a path, a service, else all services there are. */
export function noSuchService(project: Project, word: string): UsageError {
  const names = Object.keys(project.services);
  const meant = nearest(word, names);
  const known = names.length > 0 ? names.join(', ') : 'none';
  const remedy = pathRemedy(word) ?? (meant === undefined ? `services: ${known}` : `did you mean ${meant}?`);
  return new UsageError(`project ${project.name} has no service ${word}; ${remedy}`);
}

export function sayWarnings({ output }: Pick<Invocation, 'output'>, warnings: readonly Diagnostic[]): void {
  if (!output.isSaid('warn')) return;
  for (const warning of warnings) output.block(renderDiagnostic(warning, output.errorStyle));
}

/** There are no files at all where they were looked for. */
export function isMissing(loaded: LoadResult): boolean {
  return !loaded.ok && loaded.diagnostics.every(({ code, file }) => code === 'file-not-found' && file === undefined);
}

async function directoriesOf({ flags }: Invocation, words: readonly string[]): Promise<Target> {
  for (const word of words) {
    if (!(await isDirectory(word))) {
      const remedy = pathRemedy(word);
      if (remedy !== undefined) throw new UsageError(remedy);
      throw new UsageError(
        words.length > 1 && !looksLikePath(word)
          ? `${word} is no directory: give services or directories, not both`
          : `there is no directory ${word}`,
      );
    }
  }
  for (const flag of ['file', 'project-name', 'project-directory'] as const) {
    if (flags[flag] !== undefined) {
      throw new UsageError(`--${flag} is about one project and cannot be given with a directory of projects`);
    }
  }
  return { kind: 'directories', directories: [...new Set(words.map((word) => resolve(word)))] };
}

function looksLikePath(word: string): boolean {
  return word.includes('/') || word === '.' || word === '..';
}

async function areDirectories(words: readonly string[]): Promise<boolean> {
  const answers = await Promise.all(words.map(isDirectory));
  return answers.every(Boolean);
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function hasService(project: Project, word: string): boolean {
  return Object.hasOwn(project.services, word) || project.disabledServices.includes(word);
}
