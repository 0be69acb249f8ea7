/**
 * Loads the projects that a document includes and takes over their resources.
 *
 * An included project has a folder, an environment and paths of its own; only its services, networks, volumes,
 * secrets, configs and models come over. What stands on both sides must be the same.
 */

import { statSync } from 'node:fs';
import { dirname } from 'node:path';

import { formatPath, type Findings, type Path } from './diagnostic.ts';
import { readEnvFiles } from './discovery.ts';
import { ensureMap } from './defaults.ts';
import type { Environment } from './environment.ts';
import { joinPath } from './files.ts';
import { MAX_LOADS, type LoadContext, type ModelRequest } from './load-context.ts';
import { entriesOf, equalNodes, get, type MapNode, type Node } from './node.ts';
import { absolute } from './paths.ts';
import { nearest } from './suggestion.ts';

const SECTIONS = ['services', 'volumes', 'networks', 'secrets', 'configs', 'models'] as const;
const KEYS = ['path', 'project_directory', 'env_file'];
const MAX_DEPTH = 100;

interface Include {
  readonly at: Node;
  readonly path: Path;
  readonly files: readonly string[];
  readonly projectDirectory: string | undefined;
  readonly envFiles: readonly string[];
}

/** The document that includes, and how the included project is loaded. */
export interface IncludeScope {
  readonly file: string;
  readonly request: ModelRequest;
  readonly context: LoadContext;
  readonly load: (request: ModelRequest, context: LoadContext) => MapNode | undefined;
}

/** Brings in everything that a document includes, in place. */
export function applyIncludes(root: MapNode, scope: IncludeScope): void {
  const list = root.entries.get('include')?.value;
  if (list === undefined || list.kind === 'bad') return;
  if (list.kind !== 'list') {
    // A wrong kind is left where it is, for validation to report.
    if (list.kind === 'null') root.entries.delete('include');
    return;
  }
  const kept = list.items.filter((item, index) => {
    const include = readInclude(item, ['include', index], scope.context.findings);
    if (include === undefined) return true;
    const model = loadInclude(include, scope);
    if (model !== undefined) importResources(model, root, scope.context);
    return false;
  });
  if (kept.length === 0) root.entries.delete('include');
  else list.items = kept;
}

/** Undefined: validation will say what is wrong with it. */
function readInclude(node: Node, path: Path, findings: Findings): Include | undefined {
  if (node.kind === 'string') return { at: node, path, files: [node.value], projectDirectory: undefined, envFiles: [] };
  if (node.kind !== 'map') return undefined;
  for (const { key, at } of node.entries.values()) {
    if (KEYS.includes(key)) continue;
    // Compose lets it pass without effect.
    const message = `${formatPath(path)}: unknown key "${key}" is ignored`;
    findings.warn({ code: 'unknown-key', message, at, path, suggestion: nearest(key, KEYS) });
  }
  const files = texts(get(node, 'path'));
  const envFiles = texts(get(node, 'env_file'));
  const directory = get(node, 'project_directory');
  const isWrong = directory !== undefined && directory.kind !== 'string' && directory.kind !== 'null';
  if (files === undefined || envFiles === undefined || isWrong) return undefined;
  const projectDirectory = directory?.kind === 'string' && directory.value !== '' ? directory.value : undefined;
  return { at: node, path, files, projectDirectory, envFiles };
}

function texts(node: Node | undefined): string[] | undefined {
  if (node === undefined || node.kind === 'null') return [];
  if (node.kind === 'string') return [node.value];
  if (node.kind !== 'list' || node.items.some((item) => item.kind !== 'string')) return undefined;
  return node.items.flatMap((item) => (item.kind === 'string' ? [item.value] : []));
}

function loadInclude(include: Include, scope: IncludeScope): MapNode | undefined {
  const { request, context } = scope;
  const base = { base: request.workingDir, home: context.home };
  const files = include.files.map((path) => absolute(path, base));
  const [main] = files;
  if (main === undefined) return undefined;
  const trail = [...request.includedBy, scope.file];
  const { at } = include.at;
  if (trail.includes(main)) {
    const steps = [...trail, main].map((step, index) => (index === 0 ? step : ` include ${step}`));
    const message = ['include cycle detected:', ...steps].join('\n');
    context.findings.error({ code: 'cycle', message, at, path: include.path });
    return undefined;
  }
  if (trail.length > MAX_DEPTH || ++context.loads > MAX_LOADS) {
    context.findings.error({ code: 'include', message: 'too many files are included', at, path: include.path });
    return undefined;
  }
  for (const path of files) {
    const source = context.inputs.readSource(path, 'compose');
    if (source.ok) continue;
    const message = `cannot include ${path}: ${source.fault.message}`;
    context.findings.error({ code: source.fault.code, message, at, path: include.path });
    return undefined;
  }
  const directory = include.projectDirectory;
  const workingDir = directory === undefined ? dirname(main) : includedFolder(absolute(directory, base));
  const environment = includedEnvironment(include, workingDir, request, context);
  return environment && scope.load({ files, workingDir, environment, includedBy: trail }, context);
}

/** Odd, but a project directory that does not exist counts as the folder it would be in. */
function includedFolder(directory: string): string {
  return statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true ? directory : dirname(directory);
}

/** The parent's variables, which win, and those of `env_file` or else of a `.env` in the included folder. */
function includedEnvironment(
  include: Include,
  workingDir: string,
  request: ModelRequest,
  context: LoadContext,
): Environment | undefined {
  const { findings, inputs } = context;
  const named = include.envFiles.map((path) => absolute(path, { base: request.workingDir, home: undefined }));
  for (const path of named) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) continue;
    findings.error({ code: 'env-file', message: `${path} is not a file`, at: include.at.at, path: include.path });
    return undefined;
  }
  const beside = joinPath(workingDir, '.env');
  const files = named.length > 0 ? named : inputs.exists(beside, 'env') ? [beside] : [];
  const values = readEnvFiles(files, request.environment, inputs, findings);
  return values && request.environment.extendedBy(values);
}

/** Takes over the resources of an included model; a resource that differs from one that is there is a fault. */
function importResources(from: MapNode, to: MapNode, context: LoadContext): void {
  for (const section of SECTIONS) {
    const imported = entriesOf(from, section);
    if (imported.length === 0 && get(from, section)?.kind !== 'map') continue;
    const own = get(to, section);
    if (own !== undefined && own.kind !== 'map' && own.kind !== 'null') continue;
    const target = ensureMap(to, section);
    for (const entry of imported) {
      const known = target.entries.get(entry.key);
      if (known === undefined) target.entries.set(entry.key, entry);
      else if (!equalNodes(known.value, entry.value)) {
        const message = `${section}.${entry.key} conflicts with imported resource`;
        const remedy = 'rename one of the two, or override it in a further -f file';
        context.findings.error({ code: 'include', message, at: known.at, path: [section, entry.key], remedy });
      }
    }
  }
}
