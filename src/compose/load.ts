/**
 * The whole way from options to a Project: discovery, the files, completion, checks, env files, clean-up.
 *
 * Expected outcomes are results: an invalid file is `{ok: false}` with every diagnostic and with the files to watch.
 * It throws only when the signal is aborted.
 */

import type { HookSource } from '../model/lint.ts';
import type { Project } from '../model/project.ts';
import { assemble } from './assemble.ts';
import { checkConsistency } from './consistency.ts';
import { byPlace, Findings } from './diagnostic.ts';
import { discover, STDIN, type Discovery } from './discovery.ts';
import type { Document } from './document.ts';
import { InputFiles } from './files.ts';
import { readHookSources } from './hook-sources.ts';
import { loadIncrementally } from './incremental.ts';
import type { LoadContext } from './load-context.ts';
import { loadModel, readDocuments } from './model-loader.ts';
import { normalise } from './normalise.ts';
import type { LoadOptions, LoadResult, Stdin } from './options.ts';
import { buildParts } from './project-builder.ts';
import { nameOf, projectName } from './project-name.ts';

/** Loads a Compose project as `docker compose config` would see it. */
export async function loadProject(options: LoadOptions): Promise<LoadResult> {
  options.signal?.throwIfAborted();
  const findings = new Findings();
  const inputs = new InputFiles();
  const discovery = discover(options, inputs, findings);
  const stdin = discovery?.files.includes(STDIN) === true ? await readStdin(options) : undefined;
  const shared = { findings, inputs, stdin };
  const loaded = discovery && (loadChanged(options, discovery, shared) ?? load(options, discovery, shared));
  const warnings = findings.warnings;
  if (loaded !== undefined && findings.errors.length === 0) return { ok: true, ...loaded, warnings };
  return { ok: false, diagnostics: findings.errors.toSorted(byPlace), warnings, inputFiles: inputs.list };
}

async function readStdin(options: LoadOptions): Promise<Stdin> {
  return typeof options.stdin === 'function' ? options.stdin() : (options.stdin ?? '');
}

interface Shared {
  readonly findings: Findings;
  readonly inputs: InputFiles;
  readonly stdin: Stdin | undefined;
}

interface Loaded {
  readonly project: Project;
  readonly hookSources: readonly HookSource[];
}

/** With a cache, only what changed is read, where that can be done. */
function loadChanged(options: LoadOptions, discovery: Discovery, { findings, inputs }: Shared): Loaded | undefined {
  if (options.cache === undefined || options.hookSources) return undefined;
  const project = loadIncrementally(options.cache, { options, discovery, inputs, findings });
  return project && { project, hookSources: [] };
}

function load(options: LoadOptions, discovery: Discovery, shared: Shared): Loaded | undefined {
  const { findings, inputs, stdin } = shared;
  const { environment, files, workingDir } = discovery;
  const home = options.environment['HOME'];
  const context: LoadContext = {
    inputs,
    findings,
    home,
    stdin,
    signal: options.signal,
    readAhead: new Map(),
    loads: 0,
  };
  const nameInFiles = nameOf(readAhead(discovery, context), environment);
  const name = projectName(options, discovery, nameInFiles, findings);
  environment.set('COMPOSE_PROJECT_NAME', name);
  const root = loadModel({ files, workingDir, environment, includedBy: [] }, context);
  if (root === undefined) {
    if (findings.errors.length === 0) {
      const source = files[0] === undefined || files[0] === STDIN ? undefined : inputs.readSource(files[0], 'compose');
      const at = source?.ok === true ? { source: source.value, offset: 0 } : undefined;
      findings.error({ code: 'empty-file', message: 'empty compose file', at, file: files[0], expected: 'services' });
    }
    return undefined;
  }
  if (findings.fatal) return undefined;
  normalise(root, name, environment);
  const parts = buildParts(
    root,
    { profiles: discovery.profiles, services: options.services ?? [] },
    environment,
    findings,
  );
  checkConsistency(root, parts, findings);
  const project = assemble(name, { root, parts, discovery, inputs, findings });
  if (findings.errors.length > 0) return undefined;
  return { project, hookSources: options.hookSources ? readHookSources(root, Object.keys(project.services)) : [] };
}

/** Reads the main files ahead, because the project's name in them is needed before anything is interpolated. */
function readAhead(discovery: Discovery, context: LoadContext): readonly Document[] {
  const all: Document[] = [];
  for (const file of new Set(discovery.files)) {
    const documents = readDocuments(file, context, true) ?? [];
    context.readAhead.set(file, documents);
    all.push(...documents);
  }
  return all;
}
