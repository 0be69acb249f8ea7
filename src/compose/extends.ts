/**
 * Lays each service over the one that it extends: of the same file or of another, itself extended first.
 *
 * A base from another file comes with its paths already absolute (from that file's folder) and its variables already
 * put in. `!reset` and `!override` of the extending file act on what is inherited.
 */

import { formatPath, type Findings, type Path, type Place } from './diagnostic.ts';
import { mergeServices } from './merge.ts';
import { clone, describeKind, get, set, type MapNode, type Node } from './node.ts';
import { applyResets } from './reset.ts';
import { nearest } from './suggestion.ts';

/** A file's services before `extends` is resolved, with what goes with them. */
export interface ExtendsScope {
  /** Name of the file, for cycles and messages. */
  readonly file: string;
  readonly services: MapNode;
  readonly resets: readonly Path[];
}

/** An `extends` that names another file. */
export interface BaseRequest {
  readonly file: string;
  readonly at: Place;
  readonly path: Path;
}

/** The document whose services are extended. */
export interface DocumentScope {
  readonly file: string;
  readonly resets: readonly Path[];
  /** Loads another file; undefined after a fault was reported. */
  readonly loadBase: (request: BaseRequest) => ExtendsScope | undefined;
}

interface Reference {
  readonly service: string;
  readonly file: string | undefined;
  readonly at: Node;
}

/** A longer chain is a mistake or an attack. */
const MAX_CHAIN = 100;

/** Resolves every `extends` of a document, in place. */
export function applyExtends(root: MapNode, scope: DocumentScope, findings: Findings): void {
  const services = get(root, 'services');
  if (services === undefined || services.kind === 'bad') return;
  if (services.kind !== 'map') {
    const message = `services must be a mapping, not ${describeKind(services.kind)}`;
    findings.error({ code: 'wrong-type', message, at: services.at, path: ['services'], expected: 'a mapping' });
    return;
  }
  const resolver = new ExtendsResolver(scope.loadBase, findings);
  for (const name of services.entries.keys()) {
    resolver.resolve(name, { file: scope.file, services, resets: scope.resets }, []);
  }
}

class ExtendsResolver {
  readonly #load: DocumentScope['loadBase'];
  readonly #findings: Findings;

  constructor(load: DocumentScope['loadBase'], findings: Findings) {
    this.#load = load;
    this.#findings = findings;
  }

  /** The service, with everything that it inherits; its entry is replaced by that. */
  resolve(name: string, scope: ExtendsScope, trail: readonly string[]): Node | undefined {
    const entry = scope.services.entries.get(name);
    const service = entry?.value;
    if (entry === undefined || service?.kind !== 'map' || !service.entries.has('extends')) return service;
    const path = ['services', name];
    const extendsNode = get(service, 'extends');
    const reference = this.#reference(extendsNode, path);
    service.entries.delete('extends');
    if (reference === undefined || extendsNode === undefined) return service;
    const base = this.#base(reference, scope, [...trail, `${name} in ${scope.file}`], path);
    if (base?.kind === 'null') {
      // Odd, but Compose leaves the attribute where it is when the base is there and empty.
      set(service, 'extends', extendsNode);
      return service;
    }
    if (base?.kind !== 'map') return service;
    const inherited = clone(base);
    applyResets(inherited, scope.resets, path);
    entry.value = mergeServices(name, inherited, service, this.#findings);
    return entry.value;
  }

  #base(reference: Reference, scope: ExtendsScope, trail: readonly string[], path: Path): Node | undefined {
    const { at } = reference.at;
    const source = reference.file === undefined ? scope : this.#load({ file: reference.file, at, path });
    if (source === undefined) return undefined;
    if (!source.services.entries.has(reference.service)) {
      const where = reference.file ?? scope.file;
      const message = `cannot extend service "${String(path[1])}" in ${scope.file}: service "${reference.service}" not found in ${where}`;
      const suggestion = nearest(reference.service, [...source.services.entries.keys()]);
      this.#findings.error({ code: 'extends', message, at, path, suggestion });
      return undefined;
    }
    const next = `${reference.service} in ${source.file}`;
    const isCycle = trail.includes(next);
    if (!isCycle && trail.length < MAX_CHAIN) return this.resolve(reference.service, source, trail);
    const steps = [...trail, next].map((step, index) => (index === 0 ? `  ${step}` : `  extends ${step}`));
    const message = isCycle ? ['Circular reference:', ...steps].join('\n') : 'the chain of extends is too long';
    this.#findings.error({ code: isCycle ? 'cycle' : 'extends', message, at, path });
    return undefined;
  }

  #reference(node: Node | undefined, path: Path): Reference | undefined {
    if (node === undefined || node.kind === 'bad') return undefined;
    if (node.kind === 'string') return { service: node.value, file: undefined, at: node };
    const name = get(node, 'service');
    const file = get(node, 'file');
    const isFileWrong = file !== undefined && file.kind !== 'string' && file.kind !== 'null';
    if (name?.kind !== 'string' || isFileWrong) {
      const at = isFileWrong ? file : node;
      const message = `${formatPath(path)}.extends must name a service, and its file as a string`;
      this.#findings.error({
        code: 'extends',
        message,
        at: at.at,
        path,
        expected: 'a service name, or {service, file}',
      });
      return undefined;
    }
    for (const { key, at } of node.kind === 'map' ? node.entries.values() : []) {
      if (key === 'service' || key === 'file') continue;
      // Compose lets it pass without effect.
      const message = `${formatPath(path)}.extends: unknown key "${key}" is ignored`;
      this.#findings.warn({ code: 'unknown-key', message, at, path, expected: 'service, file' });
    }
    return { service: name.value, file: file?.kind === 'string' ? file.value : undefined, at: node };
  }
}
