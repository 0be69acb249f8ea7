/**
 * The bytes behind a service's configs and secrets, as a digest each: what tells that a container would see other
 * content although its definition is the same.
 *
 * The digests travel in labels. They are keyed with the project's name and directory, so that equal secrets of two
 * projects do not show, and no table made once for all finds a common one.
 */

import { createHmac } from 'node:crypto';

import { NO_FILE, type FileObject, type FileReference, type Mapping, type Service } from '../model/project.ts';
import type { InputFiles } from './files.ts';

/** Hex digits of a digest: enough for no accident, and a label stays short. */
const DIGITS = 32;

/** Digests of the contents of configs and secrets, each read once a load. */
export class Contents {
  readonly #inputs: InputFiles;
  readonly #key: string;
  readonly #byObject = new Map<FileObject, string>();

  constructor(inputs: InputFiles, project: { readonly name: string; readonly workingDir: string }) {
    this.#inputs = inputs;
    this.#key = `${project.name}\n${project.workingDir}`;
  }

  /** By `config motd`; undefined when the service uses no config or secret whose bytes are on this side. */
  digestsOf(service: Service, configs: Mapping<FileObject>, secrets: Mapping<FileObject>): Mapping<string> | undefined {
    const digests = [
      ...this.#digests('config', service.configs ?? [], configs),
      ...this.#digests('secret', service.secrets ?? [], secrets),
    ];
    return digests.length === 0 ? undefined : Object.fromEntries(digests);
  }

  #digests(
    kind: 'config' | 'secret',
    uses: readonly FileReference[],
    objects: Mapping<FileObject>,
  ): (readonly [string, string])[] {
    return uses.flatMap(({ source }) => {
      const object = objects[source];
      if (object === undefined || object.external === true) return [];
      return [[`${kind} ${source}`, this.#digest(kind, object)] as const];
    });
  }

  #digest(kind: 'config' | 'secret', object: FileObject): string {
    const known = this.#byObject.get(object);
    if (known !== undefined) return known;
    const digest = this.#read(kind, object);
    this.#byObject.set(object, digest);
    return digest;
  }

  /** A file that is not there yet has a digest of its own, so that its appearance counts as a change. */
  #read(kind: 'config' | 'secret', object: FileObject): string {
    if (object.file === undefined) return object.value === undefined ? 'unset' : this.#hash(object.value);
    const bytes = this.#inputs.readBytes(object.file, kind);
    if (bytes.ok) return this.#hash(bytes.value);
    return bytes.fault.missing ? NO_FILE : bytes.fault.code;
  }

  #hash(bytes: string | Uint8Array): string {
    return createHmac('sha256', this.#key).update(bytes).digest('hex').slice(0, DIGITS);
  }
}
