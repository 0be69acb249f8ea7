/**
 * A build context as a tar stream: the folder less what `.dockerignore`, or the Dockerfile's own ignore file, names, and the
 * Dockerfile where it is not in the folder as it is to be read. Files are read one at a time, so that a context of any size
 * takes little memory.
 */

import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { EngineError } from '../model/errors.ts';
import type { Build } from '../model/project.ts';
import { systemCode } from './faults.ts';
import { parseIgnoreFile, type IgnoreFile } from './ignore-file.ts';
import { TAR_END, tarEntry } from './tar-entry.ts';

export interface BuildContext {
  /** Path of the Dockerfile within the archive. */
  readonly dockerfile: string;
  readonly archive: AsyncIterable<Buffer>;
}

/** A Dockerfile that is not in the context, or not to be read as it is there, goes by this name. */
const OWN_DOCKERFILE = '.reeve.Dockerfile';
const IGNORE_FILE = '.dockerignore';

/** The text of a build's Dockerfile, from wherever the file has it. */
export async function dockerfileText(build: Build): Promise<string> {
  const root = rootOf(build);
  await requireFolder(root);
  return build.dockerfile_inline ?? (await readText(givenDockerfile(build, root)));
}

/** The context of a build, whose Dockerfile is read as `text`; undefined: as it stands there. */
export async function buildContext(build: Build, text: string | undefined): Promise<BuildContext> {
  const root = rootOf(build);
  const given = givenDockerfile(build, root);
  const inside = relative(root, given);
  const isInside = inside !== '' && !inside.startsWith('..') && !isAbsolute(inside);
  const isInline = build.dockerfile_inline !== undefined;
  const ofDockerfile = isInline ? undefined : await textIfThere(`${given}${IGNORE_FILE}`);
  const ofFolder = ofDockerfile === undefined ? await textIfThere(join(root, IGNORE_FILE)) : undefined;
  if (text === undefined && isInside && !isInline && ofDockerfile === undefined) {
    const dockerfile = inside.split(sep).join('/');
    // The engine reads these two itself, whatever the file says.
    const ignore = parseIgnoreFile(`${ofFolder ?? ''}\n!${IGNORE_FILE}\n!${dockerfile}`);
    return { dockerfile, archive: archiveOf(root, ignore, {}) };
  }
  const ignore = parseIgnoreFile(ofDockerfile ?? ofFolder ?? '');
  const kept = ofFolder === undefined || ignore.isIgnored(IGNORE_FILE) ? IGNORE_FILE : ofFolder;
  const own = {
    // What it names the engine takes out of the context again, so that no image gets it.
    [IGNORE_FILE]: `${kept}\n${OWN_DOCKERFILE}\n`,
    [OWN_DOCKERFILE]: text ?? (await dockerfileText(build)),
  };
  return { dockerfile: OWN_DOCKERFILE, archive: archiveOf(root, ignore, own) };
}

function rootOf({ context = '.' }: Build): string {
  return resolve(context);
}

function givenDockerfile({ dockerfile = 'Dockerfile' }: Build, root: string): string {
  return resolve(root, dockerfile);
}

/** The folder, with files of our own in place of those that have their names there. */
async function* archiveOf(
  root: string,
  ignore: IgnoreFile,
  own: Readonly<Record<string, string>>,
): AsyncGenerator<Buffer> {
  const isIgnored = (path: string): boolean => Object.hasOwn(own, path) || ignore.isIgnored(path);
  yield* entriesOf(root, '', { ...ignore, isIgnored });
  for (const [path, text] of Object.entries(own)) {
    yield tarEntry({ kind: 'file', path, mode: 0o644, mtimeS: 0, bytes: Buffer.from(text) });
  }
  yield TAR_END;
}

async function* entriesOf(root: string, folder: string, ignore: IgnoreFile): AsyncGenerator<Buffer> {
  const names = (await readdir(join(root, folder))).toSorted();
  for (const name of names) {
    const path = folder === '' ? name : `${folder}/${name}`;
    const isIgnored = ignore.isIgnored(path);
    const file = join(root, path);
    const stats = await lstat(file);
    const common = { path, mode: stats.mode & 0o7777, mtimeS: Math.trunc(stats.mtimeMs / 1000) };
    if (stats.isDirectory()) {
      if (isIgnored && !ignore.hasExceptions) continue;
      if (!isIgnored) yield tarEntry({ ...common, kind: 'folder' });
      yield* entriesOf(root, path, ignore);
    } else if (isIgnored) continue;
    else if (stats.isSymbolicLink()) yield tarEntry({ ...common, kind: 'link', target: await readlink(file) });
    else if (stats.isFile()) yield tarEntry({ ...common, kind: 'file', bytes: await readFile(file) });
  }
}

async function requireFolder(root: string): Promise<void> {
  const stats = await lstat(`${root}${sep}.`).catch((error: unknown) => {
    throw new EngineError('rejected', `build context ${root} cannot be read: ${systemCode(error) ?? String(error)}`);
  });
  if (!stats.isDirectory()) throw new EngineError('rejected', `build context ${root} is no folder`);
}

async function textIfThere(path: string): Promise<string | undefined> {
  return readText(path).catch(() => undefined);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new EngineError('rejected', `${path} cannot be read: ${systemCode(error) ?? String(error)}`);
  }
}
