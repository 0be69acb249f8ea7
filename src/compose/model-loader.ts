/**
 * Files -> one merged model: the order in which the stages run on each document of each file.
 *
 * Used for the project's own files, for each included project, and (in part) for files that are extended. A stage
 * that finds faults reports them and goes on with the rest, so that all of them are named at once.
 */

import { dirname } from 'node:path';

import { canonicalise, dropBlankDns } from './canonical.ts';
import { checkValues, setDefaults } from './defaults.ts';
import { type Findings, type Path, type Place } from './diagnostic.ts';
import { STDIN } from './discovery.ts';
import { buildDocument, type Document } from './document.ts';
import { applyExtends, type ExtendsScope } from './extends.ts';
import { applyIncludes } from './include.ts';
import { interpolate } from './interpolate.ts';
import { MAX_LOADS, type LoadContext, type ModelRequest } from './load-context.ts';
import { mergeModels } from './merge.ts';
import { describeKind, get, mapNode, type MapNode } from './node.ts';
import { resolveListedEnvironment } from './normalise.ts';
import { absolute, resolvePaths } from './paths.ts';
import { applyResets } from './reset.ts';
import type { Source } from './source.ts';
import { makeUnique } from './unique.ts';
import { validate } from './validate.ts';
import { parseYaml } from './yaml-syntax.ts';

/** Loads and merges the files of a project; undefined when not even a part of it could be read. */
export function loadModel(request: ModelRequest, context: LoadContext): MapNode | undefined {
  let model: MapNode | undefined;
  for (const file of request.files) {
    context.signal?.throwIfAborted();
    const documents = readDocuments(file, context, request.includedBy.length === 0);
    if (documents === undefined) continue;
    for (const document of documents) model = addDocument(model, document, file, request, context);
  }
  if (model === undefined) return undefined;
  setDefaults(model);
  checkValues(model, context.findings);
  resolvePaths(model, { base: request.workingDir, home: context.home, findings: context.findings });
  resolveListedEnvironment(model, request.environment);
  return model;
}

/** The documents of a file; undefined after a fault was reported. */
export function readDocuments(file: string, context: LoadContext, allowPipe = false): readonly Document[] | undefined {
  const ahead = context.readAhead.get(file);
  if (ahead !== undefined) {
    context.readAhead.delete(file);
    return ahead;
  }
  const source = readComposeFile(file, context, allowPipe);
  if (source === undefined) return undefined;
  const syntax = parseYaml(source, context.findings);
  return syntax?.map((document) => buildDocument(document, source, context.findings));
}

function readComposeFile(file: string, context: LoadContext, allowPipe: boolean): Source | undefined {
  if (file === STDIN) return { path: STDIN, text: context.stdin ?? '' };
  const source = context.inputs.readSource(file, 'compose', allowPipe);
  if (source.ok) return source.value;
  context.findings.error({ code: source.fault.code, message: source.fault.message, file });
  return undefined;
}

function addDocument(
  base: MapNode | undefined,
  document: Document,
  file: string,
  request: ModelRequest,
  context: LoadContext,
): MapNode {
  const { findings } = context;
  const model = base ?? mapNode(document.root.at);
  const root = interpolate(document.root, request.environment, findings);
  if (root.kind !== 'map') {
    if (root.kind !== 'bad') {
      const message = `top-level object must be a mapping, not ${describeKind(root.kind)}`;
      findings.error({ code: 'wrong-type', message, at: root.at, expected: 'a mapping' });
    }
    return model;
  }
  applyExtends(root, file, document.resets, baseLoader(file, request, context), findings);
  applyResets(model, document.resets);
  applyIncludes(root, file, request, context, loadModel);
  const merged = mergeModels(model, root, findings);
  makeUnique(merged, findings);
  validate(merged, findings);
  dropVersion(merged, file, findings);
  canonicalise(merged, findings);
  dropBlankDns(merged);
  makeUnique(merged, findings);
  return merged;
}

function dropVersion(model: MapNode, file: string, findings: Findings): void {
  const version = model.entries.get('version');
  if (version === undefined) return;
  const message = `${file}: the attribute \`version\` is obsolete, it will be ignored, please remove it to avoid potential confusion`;
  findings.warn({ code: 'obsolete', message, at: version.at, path: ['version'] });
  model.entries.delete('version');
}

/** Loads files that services of `file` extend: interpolated and in long form, with absolute paths, not yet extended. */
function baseLoader(
  file: string,
  request: ModelRequest,
  context: LoadContext,
): (name: string, at: Place, path: Path) => ExtendsScope | undefined {
  const known = new Map<string, ExtendsScope | undefined>();
  return (name, at, path) => {
    const target = absolute(name, { base: request.workingDir, home: context.home });
    if (!known.has(target)) known.set(target, loadBase(target, { file, at, path }, request, context));
    return known.get(target);
  };
}

function loadBase(
  file: string,
  from: { readonly file: string; readonly at: Place; readonly path: Path },
  request: ModelRequest,
  context: LoadContext,
): ExtendsScope | undefined {
  const { findings } = context;
  const { at, path } = from;
  if (++context.loads > MAX_LOADS) {
    findings.error({ code: 'extends', message: 'too many files are extended', at, path });
    return undefined;
  }
  const source = context.inputs.readSource(file, 'compose');
  if (!source.ok) {
    const message = `cannot extend from ${file}: ${source.fault.message}`;
    findings.error({ code: source.fault.code, message, at, path });
    return undefined;
  }
  const syntax = parseYaml(source.value, findings);
  if (syntax === undefined) return undefined;
  let model: MapNode | undefined;
  const resets: Path[] = [];
  for (const documentSyntax of syntax) {
    const document = buildDocument(documentSyntax, source.value, findings);
    const root = interpolate(document.root, request.environment, findings);
    if (root.kind !== 'map') continue;
    resets.push(...document.resets);
    if (model !== undefined) applyResets(model, document.resets);
    model = model === undefined ? root : mergeModels(model, root, findings);
    makeUnique(model, findings);
    canonicalise(model, findings);
    dropBlankDns(model);
    makeUnique(model, findings);
  }
  const services = get(model, 'services');
  if (model === undefined || services?.kind !== 'map') {
    const message = `cannot extend from ${file}: it has no services`;
    findings.error({ code: 'extends', message, at, path });
    return undefined;
  }
  resolvePaths(model, { base: dirname(file), home: context.home, findings });
  return { file, services, resets };
}
