/**
 * A build context as a tar stream: the folder less what `.dockerignore` names, and the Dockerfile where it is not in the
 * folder. Files are read one at a time, so that a context of any size takes little memory.
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

/** A Dockerfile that is not in the context goes by this name there. */
const OWN_DOCKERFILE = '.reeve.Dockerfile';

export async function buildContext(build: Build): Promise<BuildContext> {
  const root = resolve(build.context ?? '.');
  await requireFolder(root);
  const given = resolve(root, build.dockerfile ?? 'Dockerfile');
  const inside = relative(root, given);
  const isInside = inside !== '' && !inside.startsWith('..') && !isAbsolute(inside);
  const isOwn = build.dockerfile_inline !== undefined || !isInside;
  const dockerfile = isOwn ? OWN_DOCKERFILE : inside.split(sep).join('/');
  const text = build.dockerfile_inline ?? (isInside ? undefined : await readText(given));
  const ignored = await readText(join(root, '.dockerignore')).catch(() => '');
  // The engine reads these two itself, whatever the file says.
  const ignore = parseIgnoreFile(`${ignored}\n!.dockerignore\n${isOwn ? '' : `!${dockerfile}`}`);
  return { dockerfile, archive: archiveOf(root, ignore, isOwn ? text : undefined) };
}

async function* archiveOf(root: string, ignore: IgnoreFile, dockerfile: string | undefined): AsyncGenerator<Buffer> {
  yield* entriesOf(root, '', ignore);
  if (dockerfile !== undefined) {
    yield tarEntry({ kind: 'file', path: OWN_DOCKERFILE, mode: 0o644, mtimeS: 0, bytes: Buffer.from(dockerfile) });
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

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new EngineError('rejected', `${path} cannot be read: ${systemCode(error) ?? String(error)}`);
  }
}
