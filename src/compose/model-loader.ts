/**
 * Files -> one merged model: the order in which the stages run on each document of each file.
 *
 * Used for the project's own files, for each included project, and (in part) for files that are extended. A stage
 * that finds faults reports them and goes on with the rest, so that all of them are named at once.
 */

import { dirname } from 'node:path';

import { canonicalise, dropBlankDns } from './canonical.ts';
import { checkValues, setDefaults } from './defaults.ts';
import type { Path } from './diagnostic.ts';
import { STDIN } from './discovery.ts';
import { stdinSource } from './files.ts';
import { buildDocument, type Document } from './document.ts';
import { applyExtends, type BaseRequest, type ExtendsScope } from './extends.ts';
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
  return new ModelLoader(request, context).load();
}

/** The documents of a file; undefined after a fault was reported. */
export function readDocuments(file: string, context: LoadContext, allowPipe = false): readonly Document[] | undefined {
  const ahead = context.readAhead.get(file);
  if (ahead !== undefined) {
    context.readAhead.delete(file);
    return ahead;
  }
  const source = readComposeFile(file, context, allowPipe);
  return source && parseDocuments(source, context);
}

function readComposeFile(file: string, context: LoadContext, allowPipe: boolean): Source | undefined {
  const source =
    file === STDIN ? stdinSource(context.stdin ?? '', STDIN) : context.inputs.readSource(file, 'compose', allowPipe);
  if (source.ok) return source.value;
  context.findings.error({ code: source.fault.code, message: source.fault.message, file });
  return undefined;
}

function parseDocuments(source: Source, context: LoadContext): Document[] | undefined {
  const syntax = parseYaml(source, context.findings);
  return syntax?.map((document) => buildDocument(document, source, context.findings));
}

class ModelLoader {
  readonly #request: ModelRequest;
  readonly #context: LoadContext;
  /** Files that services extend, each read once. */
  readonly #bases = new Map<string, ExtendsScope | undefined>();

  constructor(request: ModelRequest, context: LoadContext) {
    this.#request = request;
    this.#context = context;
  }

  load(): MapNode | undefined {
    const { files, workingDir, environment, includedBy } = this.#request;
    const { findings, home, signal } = this.#context;
    let model: MapNode | undefined;
    for (const file of files) {
      signal?.throwIfAborted();
      const documents = readDocuments(file, this.#context, includedBy.length === 0);
      for (const document of documents ?? []) model = this.#add(model ?? mapNode(document.root.at), document, file);
    }
    if (model === undefined) return undefined;
    setDefaults(model);
    checkValues(model, findings);
    resolvePaths(model, { base: workingDir, home, findings });
    resolveListedEnvironment(model, environment);
    return model;
  }

  #add(model: MapNode, document: Document, file: string): MapNode {
    const { findings } = this.#context;
    const root = interpolate(document.root, this.#request.environment, findings);
    if (root.kind !== 'map') {
      if (root.kind !== 'bad') {
        const message = `top-level object must be a mapping, not ${describeKind(root.kind)}`;
        findings.error({ code: 'wrong-type', message, at: root.at, expected: 'a mapping' });
      }
      return model;
    }
    const scope = { file, resets: document.resets, loadBase: (base: BaseRequest) => this.#base(base) };
    applyExtends(root, scope, findings);
    applyResets(model, document.resets);
    applyIncludes(root, { file, request: this.#request, context: this.#context, load: loadModel });
    const merged = mergeModels(model, root, findings);
    makeUnique(merged, findings);
    validate(merged, findings);
    this.#dropVersion(merged, file);
    this.#complete(merged);
    return merged;
  }

  /** Long forms, which may show that two items are the same. */
  #complete(model: MapNode): void {
    canonicalise(model, this.#context.findings);
    dropBlankDns(model);
    makeUnique(model, this.#context.findings);
  }

  #dropVersion(model: MapNode, file: string): void {
    const version = model.entries.get('version');
    if (version === undefined) return;
    const message = `${file}: the attribute \`version\` is obsolete, it will be ignored, please remove it to avoid potential confusion`;
    this.#context.findings.warn({ code: 'obsolete', message, at: version.at, path: ['version'] });
    model.entries.delete('version');
  }

  /** A file that services extend: interpolated and in long form, with absolute paths, not itself extended. */
  #base(base: BaseRequest): ExtendsScope | undefined {
    const file = absolute(base.file, { base: this.#request.workingDir, home: this.#context.home });
    if (!this.#bases.has(file)) this.#bases.set(file, this.#loadBase(file, base));
    return this.#bases.get(file);
  }

  #loadBase(file: string, { at, path }: BaseRequest): ExtendsScope | undefined {
    const { findings, home, inputs } = this.#context;
    const source = inputs.readSource(file, 'compose');
    if (!source.ok || ++this.#context.loads > MAX_LOADS) {
      const problem = source.ok ? 'too many files are extended' : source.fault.message;
      const message = `cannot extend from ${file}: ${problem}`;
      findings.error({ code: source.ok ? 'extends' : source.fault.code, message, at, path });
      return undefined;
    }
    const documents = parseDocuments(source.value, this.#context);
    if (documents === undefined) return undefined;
    const { model, resets } = this.#mergeBase(documents);
    const services = get(model, 'services');
    if (model === undefined || services?.kind !== 'map') {
      findings.error({ code: 'extends', message: `cannot extend from ${file}: it has no services`, at, path });
      return undefined;
    }
    resolvePaths(model, { base: dirname(file), home, findings });
    return { file, services, resets };
  }

  #mergeBase(documents: readonly Document[]): { model: MapNode | undefined; resets: Path[] } {
    const { findings } = this.#context;
    const resets: Path[] = [];
    let model: MapNode | undefined;
    for (const document of documents) {
      const root = interpolate(document.root, this.#request.environment, findings);
      if (root.kind !== 'map') continue;
      resets.push(...document.resets);
      if (model !== undefined) applyResets(model, document.resets);
      model = model === undefined ? root : mergeModels(model, root, findings);
      makeUnique(model, findings);
      this.#complete(model);
    }
    return { model, resets };
  }
}
