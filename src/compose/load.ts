/**
 * The whole way from options to a Project: discovery, the files, completion, checks, env files, clean-up.
 *
 * Expected outcomes are results: an invalid file is `{ok: false}` with every diagnostic and with the files to watch.
 * It throws only when the signal is aborted.
 */

import type { Project } from '../model/project.ts';
import { assemble } from './assemble.ts';
import { checkConsistency } from './consistency.ts';
import { byPlace, Findings } from './diagnostic.ts';
import { discover, projectName, STDIN, type Discovery, type NameInFiles } from './discovery.ts';
import { InputFiles } from './files.ts';
import type { LoadContext } from './load-context.ts';
import { loadModel, readDocuments } from './model-loader.ts';
import { get } from './node.ts';
import { normalise } from './normalise.ts';
import type { LoadOptions, LoadResult } from './options.ts';
import { buildParts } from './project-builder.ts';
import { substitute } from './template.ts';

/** Loads a Compose project as `docker compose config` would see it. */
export async function loadProject(options: LoadOptions): Promise<LoadResult> {
  options.signal?.throwIfAborted();
  const findings = new Findings();
  const inputs = new InputFiles();
  const discovery = discover(options, inputs, findings);
  const stdin = discovery?.files.includes(STDIN) === true ? await readStdin(options) : undefined;
  const project = discovery && load(options, discovery, { findings, inputs, stdin });
  const warnings = findings.warnings;
  if (project !== undefined && findings.errors.length === 0) return { ok: true, project, warnings };
  return { ok: false, diagnostics: findings.errors.toSorted(byPlace), warnings, inputFiles: inputs.list };
}

async function readStdin(options: LoadOptions): Promise<string> {
  return typeof options.stdin === 'function' ? options.stdin() : (options.stdin ?? '');
}

interface Shared {
  readonly findings: Findings;
  readonly inputs: InputFiles;
  readonly stdin: string | undefined;
}

function load(options: LoadOptions, discovery: Discovery, shared: Shared): Project | undefined {
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
  const name = projectName(options, discovery, readAheadName(discovery, context), findings);
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
  return findings.errors.length > 0 ? undefined : project;
}

/** Reads the main files ahead, because the project's name in them is needed before anything is interpolated. */
function readAheadName(discovery: Discovery, context: LoadContext): NameInFiles | undefined {
  let found: NameInFiles | undefined;
  for (const file of new Set(discovery.files)) {
    const documents = readDocuments(file, context, true);
    context.readAhead.set(file, documents ?? []);
    for (const { root } of documents ?? []) {
      const node = get(root, 'name');
      const isName = node !== undefined && (node.kind === 'string' || node.kind === 'int') && node.value !== '';
      if (isName) found = { name: String(node.value), at: node.at };
    }
  }
  if (found === undefined) return undefined;
  const result = substitute(found.name, (variable) => discovery.environment.get(variable), { unset: () => undefined });
  return result.ok ? { ...found, name: result.text } : found;
}
