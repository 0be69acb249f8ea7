/**
 * Loads a project of one plain file by reading only the services whose text changed since the last load.
 *
 * A service that extends nothing is a function of its own text, the project's folder and the variables; all that takes
 * more than one service is done again each time. This way is only for files without a fault: whatever is found wrong,
 * or is not plain, makes it give up, and the file is loaded as a whole, which gives the diagnostics. A property test
 * holds both ways to the same result.
 */

import type { Mapping, Project, Service } from '../model/project.ts';
import { assemble } from './assemble.ts';
import { checkConsistency } from './consistency.ts';
import { ensureMap } from './defaults.ts';
import { Findings, type Diagnostic } from './diagnostic.ts';
import { STDIN, type Discovery } from './discovery.ts';
import { buildDocument, type Document } from './document.ts';
import type { Environment } from './environment.ts';
import type { InputFiles } from './files.ts';
import type { CachedService, LoadCache } from './load-cache.ts';
import { loadModel } from './model-loader.ts';
import { mapNode, nullNode, set, type MapNode } from './node.ts';
import { normalise } from './normalise.ts';
import type { LoadOptions } from './options.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { buildResources, buildServices, selectByProfile } from './project-builder.ts';
import { nameOf, projectName } from './project-name.ts';
import { cutServices } from './service-texts.ts';
import type { Source } from './source.ts';

/** Read each time: what they say depends on more than their text. */
const VOLATILE = /^ +develop:/m;
const EXTENDS = /^ +["']?extends["']? *:|[{,] *["']?extends["']? *:/m;

export interface IncrementalRequest {
  readonly options: LoadOptions;
  readonly discovery: Discovery;
  readonly inputs: InputFiles;
  readonly findings: Findings;
}

/** The project; undefined when the file has to be loaded as a whole. */
export function loadIncrementally(cache: LoadCache, request: IncrementalRequest): Project | undefined {
  const [file, ...others] = request.discovery.files;
  if (file === undefined || others.length > 0 || file === STDIN) return undefined;
  const source = request.inputs.readSource(file, 'compose', true);
  const texts = source.ok ? cutServices(source.value.text) : undefined;
  if (texts === undefined) return undefined;
  const load = new IncrementalLoad(file, request);
  const root = load.rest(texts.rest);
  const services = root && load.services(texts.services, cache);
  return services && load.project(root, services);
}

class IncrementalLoad {
  readonly #file: string;
  readonly #request: IncrementalRequest;
  readonly #home: string | undefined;
  /** A copy: a load as a whole may follow. */
  readonly #environment: Environment;
  readonly #warnings: Diagnostic[] = [];
  #name = '';

  constructor(file: string, request: IncrementalRequest) {
    this.#file = file;
    this.#request = request;
    this.#home = request.options.environment['HOME'];
    this.#environment = request.discovery.environment.fork();
  }

  /** The model without its services, loaded as any file is. */
  rest(text: string): MapNode | undefined {
    const document = this.#document(text);
    if (document === undefined) return undefined;
    const { options, discovery } = this.#request;
    const findings = new Findings();
    const ownDiscovery = { ...discovery, environment: this.#environment };
    this.#name = projectName(options, ownDiscovery, nameOf([document], this.#environment), findings);
    this.#environment.set('COMPOSE_PROJECT_NAME', this.#name);
    const root = this.#model(document, this.#environment, findings);
    if (root === undefined || findings.errors.length > 0) return undefined;
    this.#warnings.push(...findings.warnings);
    return root;
  }

  services(texts: ReadonlyMap<string, string>, cache: LoadCache): Mapping<Service> | undefined {
    const surroundings = this.#surroundings();
    const known = cache.known(surroundings);
    const kept = new Map<string, CachedService>();
    const services: [string, Service][] = [];
    for (const [name, text] of texts) {
      const entry = known.get(text) ?? this.#service(name, text);
      if (entry === undefined) return undefined;
      if (!VOLATILE.test(text)) kept.set(text, entry);
      services.push([name, entry.service]);
      for (const value of entry.sensitive) this.#environment.markValue(value);
    }
    cache.keep(surroundings, kept);
    return Object.fromEntries(services);
  }

  project(root: MapNode, all: Mapping<Service>): Project | undefined {
    const { options, discovery, inputs } = this.#request;
    const findings = new Findings();
    const usesDefault = Object.values(all).some(
      ({ networks }) => networks !== undefined && Object.hasOwn(networks, 'default'),
    );
    if (usesDefault) {
      const networks = ensureMap(root, 'networks');
      if (!networks.entries.has('default')) set(networks, 'default', nullNode(root.at));
    }
    normalise(root, this.#name, this.#environment);
    const selected = selectByProfile(all, { profiles: discovery.profiles, services: options.services ?? [] });
    const parts = { ...selected, ...buildResources(root, this.#environment, findings) };
    checkConsistency(root, parts, findings);
    const own = { ...discovery, environment: this.#environment };
    const project = assemble(this.#name, { root, parts, discovery: own, inputs, findings });
    if (findings.errors.length > 0) return undefined;
    this.#request.findings.warnings.push(...this.#warnings, ...findings.warnings);
    return project;
  }

  /** One service, loaded as a file of its own; undefined when anything is to be said about it. */
  #service(name: string, text: string): CachedService | undefined {
    if (EXTENDS.test(text)) return undefined;
    const document = this.#document(`services:\n${text}`);
    if (document === undefined) return undefined;
    const environment = this.#environment.fork();
    const findings = new Findings();
    const root = this.#model(document, environment, findings);
    if (root === undefined || findings.errors.length + findings.warnings.length > 0) return undefined;
    normalise(root, this.#name, environment);
    const service = buildServices(root, findings)[name];
    if (service === undefined || findings.errors.length + findings.warnings.length > 0) return undefined;
    return { service, sensitive: environment.sensitiveValues };
  }

  #model(document: Document, environment: Environment, findings: Findings): MapNode | undefined {
    const { options, discovery, inputs } = this.#request;
    return loadModel(
      { files: [this.#file], workingDir: discovery.workingDir, environment, includedBy: [] },
      {
        inputs,
        findings,
        home: this.#home,
        stdin: undefined,
        signal: options.signal,
        readAhead: new Map([[this.#file, [document]]]),
        loads: 0,
      },
    );
  }

  /** Undefined: the text is not plain, or something is wrong with it. */
  #document(text: string): Document | undefined {
    const source: Source = { path: this.#file, text };
    if (!/^[^\s#]/m.test(text)) return { root: mapNode({ source, offset: 0 }), resets: [] };
    const syntax = readPlainYaml(text);
    const findings = new Findings();
    const document = syntax && buildDocument(syntax, source, findings);
    return findings.errors.length > 0 ? undefined : document;
  }

  #surroundings(): string {
    const { workingDir } = this.#request.discovery;
    return JSON.stringify([this.#file, workingDir, this.#home, this.#name, this.#environment.entries()]);
  }
}
