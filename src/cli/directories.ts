/**
 * The projects of directories: each immediate sub-folder with a Compose file is one, with its own `.env`. A folder that does
 * not load, and two folders that claim one name, are their own failures and nobody else's.
 */

import type { HookSource } from '../model/lint.ts';
import type { Project } from '../model/project.ts';
import { messageOf, UsageError } from '../model/errors.ts';
import type { State } from '../state/state.ts';
import { CommandFailed, InvalidFiles } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { isMissing, sayWarnings } from './targets.ts';
import type { LoadOptions, ProjectFolder } from './wire.ts';
import { listFolders, loadFiles } from './wire.ts';

export interface FolderProject {
  readonly directory: string;
  /** Name of the folder, for people. */
  readonly folder: string;
  readonly path: string;
  readonly loaded:
    | {
        readonly ok: true;
        readonly name: string;
        readonly project: Project;
        readonly hookSources: readonly HookSource[];
      }
    /** `name`: the project that its files ask for, where they could be read. */
    | { readonly ok: false; readonly name?: string; readonly error: Error };
}

/** Loads every project of these directories; an unreadable directory is a failure of the whole. */
export async function loadDirectories(
  invocation: Invocation,
  directories: readonly string[],
): Promise<readonly FolderProject[]> {
  const lists = await Promise.all(
    directories.map(async (directory) => {
      const folders = await foldersOf(directory);
      return Promise.all(folders.map((folder) => loadFolder(invocation, directory, folder)));
    }),
  );
  return refuseTwins(lists.flat());
}

/** A directory that holds no project at all is a mistake: the folder of one project was meant, or another one. */
export function refuseEmpty(directories: readonly string[], projects: readonly FolderProject[]): void {
  if (projects.length > 0) return;
  throw new UsageError(
    `no sub-folder of ${directories.join(', ')} has a Compose file; for the project of that folder itself leave the directory away, or use --project-directory`,
  );
}

/** Loads one folder as `docker compose --project-directory` in it would, whatever the shell says of another project. */
export function folderOptions(options: LoadOptions, path: string): LoadOptions {
  const { COMPOSE_FILE: _file, COMPOSE_PROJECT_NAME: _name, PWD: _pwd, ...environment } = options.environment;
  const { files: _files, projectName: _projectName, projectDirectory: _directory, ...rest } = options;
  return { ...rest, cwd: path, environment };
}

/** A project that no folder asks for any more. */
export interface GoneProject {
  readonly project: string;
  /** The folder that it was applied from. */
  readonly folder: string;
  /** The project that this folder makes now; undefined: it is gone. */
  readonly makes: string | undefined;
}

/** Projects that were applied from this directory and that no folder asks for; unknown while its own does not load. */
export function goneProjects(state: State, directory: string, present: readonly FolderProject[]): GoneProject[] {
  const folders = new Map(present.map(({ path, loaded }) => [path, loaded]));
  const asked = new Set(present.flatMap(({ loaded }) => loaded.name ?? []));
  return state.inventory.list(directory).flatMap(({ project, workingDir: folder }) => {
    const loaded = folders.get(folder);
    return loaded?.ok === false || asked.has(project) ? [] : [{ project, folder, makes: loaded?.name }];
  });
}

async function foldersOf(directory: string): Promise<ProjectFolder[]> {
  try {
    return await listFolders(directory);
  } catch (error) {
    throw new UsageError(`cannot read the directory ${directory}: ${messageOf(error)}`, { cause: error });
  }
}

async function loadFolder(invocation: Invocation, directory: string, folder: ProjectFolder): Promise<FolderProject> {
  const { name, path } = folder;
  const found = { directory, folder: name, path };
  if (folder.kind === 'unreadable') return failed(found, new CommandFailed(folder.message));
  try {
    const result = await loadFiles(folderOptions(invocation.loadOptions, path));
    if (!result.ok && isMissing(result))
      return failed(found, new CommandFailed(`the Compose file of ${path} went away`));
    if (!result.ok) return failed(found, new InvalidFiles(result.diagnostics));
    sayWarnings(invocation, result.warnings);
    const { project, hookSources } = result;
    return { ...found, loaded: { ok: true, name: project.name, project, hookSources } };
  } catch (error) {
    invocation.interrupts.signal.throwIfAborted();
    return failed(found, error instanceof Error ? error : new Error(String(error)));
  }
}

function failed(found: Omit<FolderProject, 'loaded'>, error: Error): FolderProject {
  return { ...found, loaded: { ok: false, error } };
}

/** Two folders of one project name would undo each other's work: neither is applied. */
function refuseTwins(projects: readonly FolderProject[]): FolderProject[] {
  const byName = Map.groupBy(projects, ({ loaded }) => (loaded.ok ? loaded.name : undefined));
  return projects.map((one) => {
    const { loaded } = one;
    const twins = loaded.ok ? (byName.get(loaded.name) ?? []) : [];
    if (!loaded.ok || twins.length < 2) return one;
    const paths = twins.map(({ path }) => path).join(', ');
    const why = `project ${loaded.name} is claimed by several folders: ${paths}; give each its own name`;
    return { ...one, loaded: { ok: false, name: loaded.name, error: new CommandFailed(why) } };
  });
}
