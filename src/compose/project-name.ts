/**
 * What a project is called.
 */

import { realpathSync } from 'node:fs';
import { basename, isAbsolute } from 'node:path';

import type { Findings, Place } from './diagnostic.ts';
import type { Discovery } from './discovery.ts';
import type { Document } from './document.ts';
import type { Environment } from './environment.ts';
import { get } from './node.ts';
import type { LoadOptions } from './options.ts';
import { substitute } from './template.ts';

const FALLBACK_NAME = 'project';

/** The name of a project whose files and environment give none: its folder's, brought into form. */
export function normalizeProjectName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

/** A name as the files give it, with its place. */
export interface NameInFiles {
  readonly name: string;
  readonly at: Place;
}

/**
 * Names the project: `-p`, COMPOSE_PROJECT_NAME, the files' `name`, the folder. After an error it is a name that lets
 * the load go on, so that other errors are found as well.
 */
export function projectName(
  options: LoadOptions,
  discovery: Discovery,
  nameInFiles: NameInFiles | undefined,
  findings: Findings,
): string {
  const given = options.projectName ?? '';
  const imposed = given === '' ? (discovery.environment.get('COMPOSE_PROJECT_NAME') ?? '') : given;
  if (imposed !== '') {
    if (normalizeProjectName(imposed) === imposed) return imposed;
    findings.error({
      code: 'project-name',
      message: `invalid project name "${imposed}": must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number`,
      suggestion: normalizeProjectName(imposed) || undefined,
    });
    return FALLBACK_NAME;
  }
  const folder = basename(discovery.workingDir);
  const name = normalizeProjectName(nameInFiles?.name ?? folder);
  if (name === '') {
    const at = nameInFiles?.at;
    const remedy = 'give --project-name';
    findings.error({ code: 'project-name', message: 'project name must not be empty', at, path: ['name'], remedy });
    return FALLBACK_NAME;
  }
  if (nameInFiles === undefined && isLink(discovery.workingDir)) {
    const message = `project has been loaded without an explicit name from a symlink. Using name "${folder}"`;
    findings.warn({ code: 'project-name', message });
  }
  return name;
}

function isLink(path: string): boolean {
  try {
    return isAbsolute(path) && basename(realpathSync(path)) !== basename(path);
  } catch {
    return false;
  }
}

/** The last name that documents give, with its variables put in. */
export function nameOf(documents: readonly Document[], environment: Environment): NameInFiles | undefined {
  let found: NameInFiles | undefined;
  for (const { root } of documents) {
    const node = get(root, 'name');
    const isName = node !== undefined && (node.kind === 'string' || node.kind === 'int') && node.value !== '';
    if (isName) found = { name: String(node.value), at: node.at };
  }
  if (found === undefined) return undefined;
  const result = substitute(found.name, (variable) => environment.get(variable), { unset: () => undefined });
  return result.ok ? { ...found, name: result.text } : found;
}
