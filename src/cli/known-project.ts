/**
 * Which project a command is about when it can do without the files: `-p NAME` alone, files that do not load, or none at
 * all. What was applied before is remembered with its folder and files, so a broken file still has a name.
 */

import { resolve } from 'node:path';
import type { Project, ServiceName } from '../model/project.ts';
import type { InventoryEntry, State } from '../state/state.ts';
import { InvalidFiles } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { refusePaths } from './path-words.ts';
import { isMissing, sayWarnings, servicesOf } from './targets.ts';
import type { LoadResult } from './wire.ts';
import { loadFiles } from './wire.ts';

const STDIN = '-';

export interface KnownProject {
  readonly name: string;
  /** undefined: there are no files that load. */
  readonly desired: Project | undefined;
}

/** Reads the files with the profiles of those services, unless a name alone was given, as Compose does it; what they say wrong is for later. */
export async function tryFiles(
  invocation: Invocation,
  services: readonly string[] = [],
): Promise<LoadResult | undefined> {
  const { flags, loadOptions } = invocation;
  if (flags['project-name'] !== undefined && flags.file === undefined) return undefined;
  return loadFiles({ services, ...loadOptions });
}

/**
 * The project by its files, else by what is known of it; throws when nothing tells its name. `words` are what the command
 * takes for services: a path among them is what went wrong then.
 */
export function knownProject(
  invocation: Invocation,
  state: State,
  loaded: LoadResult | undefined,
  words: readonly string[] = [],
): KnownProject {
  if (loaded?.ok === true) {
    sayWarnings(invocation, loaded.warnings);
    return { name: loaded.project.name, desired: loaded.project };
  }
  const name = nameOf(invocation, state, loaded);
  if (name === undefined) {
    if (loaded !== undefined && isMissing(loaded)) refusePaths(words);
    throw new InvalidFiles(loaded?.diagnostics ?? []);
  }
  if (loaded !== undefined) {
    const [first] = loaded.diagnostics;
    invocation.output.warn(
      `the files of ${name} do not load (${first?.message ?? 'unknown'}); going by the labels of its containers`,
    );
  }
  return { name, desired: undefined };
}

/** Refuses names that neither the files nor what is known besides (containers, records) have; without files any may be right. */
export function refuseUnknown(
  { desired }: Pick<KnownProject, 'desired'>,
  words: readonly string[],
  known: readonly ServiceName[],
): void {
  if (desired === undefined) return;
  const isKnown = (word: string): boolean => known.includes(word) || desired.disabledServices.includes(word);
  servicesOf(
    desired,
    words.filter((word) => !isKnown(word)),
  );
}

/** A project by the files from which it was last applied, whatever folder this is; undefined: not known, or they do not load. */
export async function recallProject(
  { loadOptions }: Invocation,
  state: State,
  name: string,
): Promise<Project | undefined> {
  const entry = state.inventory.get(name);
  if (entry === undefined || entry.configFiles.length === 0 || entry.configFiles.includes(STDIN)) return undefined;
  const { cwd, environment, envFiles, profiles, signal } = loadOptions;
  const loaded = await loadFiles({
    cwd,
    environment,
    files: entry.configFiles,
    projectDirectory: entry.workingDir,
    projectName: name,
    ...(envFiles && { envFiles }),
    ...(profiles && { profiles }),
    ...(signal && { signal }),
  });
  return loaded.ok ? loaded.project : undefined;
}

function nameOf({ flags, loadOptions }: Invocation, state: State, loaded: LoadResult | undefined): string | undefined {
  const given = flags['project-name'] ?? loadOptions.environment['COMPOSE_PROJECT_NAME'];
  if (given !== undefined && given !== '') return given;
  const folder = resolve(loadOptions.projectDirectory ?? loadOptions.cwd);
  const files = new Set((loadOptions.files ?? []).map((file) => resolve(loadOptions.cwd, file)));
  const read = new Set(loaded?.ok === false ? loaded.inputFiles.map(({ path }) => path) : []);
  const isThis = ({ workingDir, configFiles }: InventoryEntry): boolean => {
    if (files.size > 0) return configFiles.length > 0 && configFiles.every((file) => files.has(file));
    return workingDir === folder || configFiles.some((file) => read.has(file));
  };
  const entries = state.inventory.list().filter(isThis);
  return entries.length === 1 ? entries[0]?.project : undefined;
}
