/**
 * The bytes behind a service's configs and secrets, as one digest: what tells that a container would see other
 * content although its definition is the same.
 */

import { createHash } from 'node:crypto';

import type { FileObject, FileReference, Mapping, Service } from '../model/project.ts';
import type { InputFiles } from './files.ts';

/** Digests of the contents of configs and secrets, each read once a load. */
export class Contents {
  readonly #inputs: InputFiles;
  readonly #byObject = new Map<FileObject, string>();

  constructor(inputs: InputFiles) {
    this.#inputs = inputs;
  }

  /** Undefined when the service uses no config or secret whose bytes are on this side. */
  hashOf(service: Service, configs: Mapping<FileObject>, secrets: Mapping<FileObject>): string | undefined {
    const parts = [
      ...this.#digests('config', service.configs ?? [], configs),
      ...this.#digests('secret', service.secrets ?? [], secrets),
    ];
    if (parts.length === 0) return undefined;
    return createHash('sha256').update(parts.toSorted().join('\n')).digest('hex');
  }

  #digests(kind: 'config' | 'secret', uses: readonly FileReference[], objects: Mapping<FileObject>): string[] {
    return uses.flatMap(({ source, target }) => {
      const object = objects[source];
      if (object === undefined || object.external === true) return [];
      return [`${kind} ${source} ${target ?? ''} ${this.#digest(kind, object)}`];
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
    if (object.file === undefined) return object.value === undefined ? 'unset' : sha256(object.value);
    const bytes = this.#inputs.readBytes(object.file, kind);
    return bytes.ok ? sha256(bytes.value) : bytes.fault.code;
  }
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
