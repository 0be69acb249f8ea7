/**
 * Which texts of a model are paths on this machine, and how they become absolute.
 *
 * A path is taken from the folder of its project, included project or extended file; remote contexts, Windows paths
 * and names of services stay as they are.
 */

import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute } from 'node:path';

import type { Findings, Path } from './diagnostic.ts';
import { expandHome, joinPath } from './files.ts';
import { entriesOf, get, set, textNode, type ListNode, type MapNode, type Node } from './node.ts';
import { items } from './defaults.ts';

export interface PathContext {
  /** Absolute folder. */
  readonly base: string;
  readonly home: string | undefined;
  readonly findings: Findings;
}

/** Makes the paths of a model absolute, in place. */
export function resolvePaths(root: MapNode, context: PathContext): void {
  for (const { key, value } of entriesOf(root, 'services')) resolveService(value, ['services', key], context);
  for (const section of ['configs', 'secrets']) {
    for (const { value } of entriesOf(root, section)) rewrite(value, 'file', (path) => unixPath(path, context));
  }
  for (const { value } of entriesOf(root, 'volumes')) {
    const options = get(value, 'driver_opts');
    const isBind = textOf(get(value, 'driver')) === 'local' && textOf(get(options, 'o')) === 'bind';
    if (isBind) rewrite(options, 'device', (path) => unixPath(path, context));
  }
}

function resolveService(service: Node, path: Path, context: PathContext): void {
  const build = get(service, 'build');
  rewrite(build, 'context', (text) => buildContext(text, context));
  const contexts = get(build, 'additional_contexts');
  if (contexts?.kind === 'map') {
    for (const key of contexts.entries.keys()) rewrite(contexts, key, (text) => buildContext(text, context));
  }
  const ssh = get(build, 'ssh');
  if (ssh?.kind === 'map') for (const key of ssh.entries.keys()) rewrite(ssh, key, (text) => unixPath(text, context));
  for (const file of items(service, 'env_file')) rewrite(file, 'path', (text) => absolute(text, context));
  rewriteItems(get(service, 'label_file'), (text) => absolute(text, context));
  rewrite(get(service, 'extends'), 'file', (text) => absolute(text, context));
  for (const trigger of items(get(service, 'develop'), 'watch')) {
    rewrite(trigger, 'path', (text) => withoutLinks(absolute(text, context)));
  }
  for (const mount of items(service, 'volumes')) {
    if (textOf(get(mount, 'type')) !== 'bind') continue;
    if (mount.entries.has('source')) rewrite(mount, 'source', (text) => unixPath(text, context));
    else {
      const message = 'invalid mount config for type "bind": field Source must not be empty';
      context.findings.error({ code: 'missing-key', message, at: mount.at, path, expected: 'source' });
    }
  }
}

/** `~` and relative paths become absolute; an empty text stays. */
export function absolute(path: string, context: Pick<PathContext, 'base' | 'home'>): string {
  const expanded = expandHome(path, context.home);
  return isAbsolute(expanded) || expanded === '' ? expanded : joinPath(context.base, expanded);
}

/** Like `absolute`, but Windows paths count as absolute and an empty text is the folder itself. */
function unixPath(path: string, context: PathContext): string {
  const expanded = expandHome(path, context.home);
  return isAbsolute(expanded) || isWindowsAbsolute(expanded) ? expanded : joinPath(context.base, expanded);
}

function isWindowsAbsolute(path: string): boolean {
  return /^.:[\\/]/su.test(path) || /^[\\/]{2}/.test(path);
}

const REMOTE_CONTEXTS = ['https://', 'http://', 'git://', 'ssh://', 'github.com/', 'git@'];

function buildContext(text: string, context: PathContext): string {
  const isRemote = text.includes('://') || text.startsWith('service:');
  return isRemote || REMOTE_CONTEXTS.some((prefix) => text.startsWith(prefix)) ? text : absolute(text, context);
}

/** The path with its links followed; as it is when it does not exist. */
function withoutLinks(path: string): string {
  try {
    lstatSync(path);
    return realpathSync(path);
  } catch {
    return path;
  }
}

function rewrite(node: Node | undefined, key: string, change: (text: string) => string): void {
  const value = get(node, key);
  if (node?.kind === 'map' && value?.kind === 'string') set(node, key, textNode(value.at, change(value.value)));
}

function rewriteItems(node: Node | undefined, change: (text: string) => string): void {
  const list: ListNode | undefined = node?.kind === 'list' ? node : undefined;
  if (list === undefined) return;
  list.items = list.items.map((item) => (item.kind === 'string' ? textNode(item.at, change(item.value)) : item));
}

function textOf(node: Node | undefined): string | undefined {
  return node?.kind === 'string' ? node.value : undefined;
}
