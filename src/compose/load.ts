/**
 * The whole way from options to a Project: discovery, the files, completion, checks, env files, clean-up.
 *
 * Expected outcomes are results: an invalid file is `{ok: false}` with every diagnostic and with the files to watch.
 * It throws only when the signal is aborted.
 */

import { buildParts, pick, placeOf, type Parts } from './project-builder.ts';
import { compareText } from '../model/canonical-json.ts';
import type { FileObject, Project, Service } from '../model/project.ts';
import { checkConsistency } from './consistency.ts';
import { Contents } from './content.ts';
import { extensionsOf } from './decode.ts';
import { byPlace, Findings } from './diagnostic.ts';
import { discover, projectName, STDIN, type Discovery, type NameInFiles } from './discovery.ts';
import { foldEnvFiles, foldLabelFiles } from './env-files.ts';
import type { Environment } from './environment.ts';
import { InputFiles } from './files.ts';
import type { LoadContext } from './load-context.ts';
import { loadModel, readDocuments } from './model-loader.ts';
import { get, type MapNode } from './node.ts';
import { normalise } from './normalise.ts';
import type { LoadOptions, LoadResult } from './options.ts';
import { usedResources } from './select.ts';
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
  const services = foldServices(root, parts, context, environment);
  if (findings.errors.length > 0) return undefined;
  return assemble(name, root, { ...parts, services }, discovery, inputs);
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

/** The enabled services with their env files and label files folded in. */
function foldServices(root: MapNode, parts: Parts, context: LoadContext, environment: Environment): Parts['services'] {
  const { inputs, findings } = context;
  const contents = new Contents(inputs);
  const folded: Record<string, Service> = {};
  for (const [name, service] of Object.entries(parts.services)) {
    const path = ['services', name];
    const place = { environment, inputs, findings, path, at: placeOf(root, path) };
    const envFiles = service.env_file ?? [];
    const labels = foldLabelFiles(service.label_file ?? [], service.labels, {
      ...place,
      at: placeOf(root, [...path, 'label_file']),
    });
    const contentHash = contents.hashOf(service, parts.configs, parts.secrets);
    folded[name] = {
      ...service,
      ...(envFiles.length === 0
        ? {}
        : {
            ownEnvironment: service.environment ?? {},
            environment: foldEnvFiles(envFiles, service.environment, {
              ...place,
              at: placeOf(root, [...path, 'env_file']),
            }),
          }),
      ...(labels === undefined ? {} : { labels }),
      ...(contentHash === undefined ? {} : { contentHash }),
    };
  }
  return pick(folded, Object.keys(folded));
}

function assemble(name: string, root: MapNode, parts: Parts, discovery: Discovery, inputs: InputFiles): Project {
  const { environment } = discovery;
  const used = usedResources(Object.values(parts.services));
  const secrets = pick(parts.secrets, used.secrets);
  const defaultPlatform = environment.get('DOCKER_DEFAULT_PLATFORM');
  return {
    name,
    workingDir: discovery.workingDir,
    configFiles: discovery.files,
    environmentFiles: discovery.environmentFiles,
    ...(defaultPlatform ? { defaultPlatform } : {}),
    services: parts.services,
    disabledServices: Object.keys(parts.disabled),
    profiles: profilesOf(parts),
    networks: pick(parts.networks, used.networks),
    volumes: pick(parts.volumes, used.volumes),
    secrets,
    configs: pick(parts.configs, used.configs),
    extensions: extensionsOf(root) ?? {},
    inputFiles: inputs.list,
    sensitiveValues: new Set([...environment.sensitiveValues, ...secretValues(secrets, inputs)]),
  };
}

function profilesOf(parts: Parts): string[] {
  const services = [...Object.values(parts.services), ...Object.values(parts.disabled)];
  return [...new Set(services.flatMap((service) => service.profiles ?? []))].toSorted(compareText);
}

function secretValues(secrets: Readonly<Record<string, FileObject>>, inputs: InputFiles): string[] {
  return Object.values(secrets).flatMap((secret) => {
    if (secret.value !== undefined) return secret.value === '' ? [] : [secret.value];
    const bytes =
      secret.file === undefined || secret.external === true ? undefined : inputs.readBytes(secret.file, 'secret');
    if (bytes?.ok !== true) return [];
    const text = bytes.value.toString('utf8');
    return [text, text.trim()].filter((value) => value !== '');
  });
}
