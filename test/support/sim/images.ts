/** Images of the simulated engine: what is there, what a registry has, what a build makes. */
import { createHash } from 'node:crypto';
import { conflict, notFound } from './refusal.ts';
import type { By } from './log.ts';
import type { EngineState } from './state.ts';
import type { SimImage } from './things.ts';

/** An image that runs on until it is stopped, unless its parts say otherwise. */
export function image(name: string, parts: Partial<SimImage> = {}): SimImage {
  const id = `sha256:${createHash('sha256').update(name).digest('hex')}`;
  return { id, labels: {}, entrypoint: [], command: ['run'], volumes: [], healthcheck: undefined, ...parts };
}

export class Images {
  readonly #state: EngineState;

  constructor(state: EngineState) {
    this.#state = state;
  }

  /** By reference or id; a bare name means `latest`. */
  get(ref: string): SimImage {
    const found = this.find(ref);
    if (!found) throw notFound(`No such image: ${ref}`);
    return found;
  }

  find(ref: string): SimImage | undefined {
    const { images } = this.#state;
    const known = images.get(ref) ?? images.get(`${ref}:latest`) ?? images.get(ref.replace(/:latest$/, ''));
    return (
      known ?? [...images.values()].find(({ id }) => id === ref || (ref.length >= 12 && id.startsWith(`sha256:${ref}`)))
    );
  }

  /** undefined: no registry has it. */
  pull(ref: string, by: By): SimImage | undefined {
    const found = this.#state.registry.get(ref) ?? this.#state.registry.get(ref.replace(/:latest$/, ''));
    if (!found) return undefined;
    this.#state.images.set(ref.replace(/:latest$/, ''), found);
    this.#state.log.add(by, { what: 'image-pulled', image: ref });
    this.#state.bus.tell('image', 'pull', ref, { ...found.labels, name: ref });
    return found;
  }

  build(refs: readonly string[], labels: Readonly<Record<string, string>>, by: By): SimImage {
    const [first = ''] = refs;
    const built = image(first, { labels });
    for (const ref of refs) {
      this.#state.images.set(ref.replace(/:latest$/, ''), built);
      this.#state.log.add(by, { what: 'image-built', image: ref });
      this.#state.bus.tell('image', 'tag', built.id, { ...labels, name: ref });
    }
    return built;
  }

  remove(ref: string, by: By): void {
    const found = this.get(ref);
    const users = [...this.#state.containers.values()].filter((container) => container.image.id === found.id);
    if (users[0]) {
      throw conflict(
        `conflict: unable to remove repository reference "${ref}" (must force) - container ${users[0].id.slice(0, 12)} is using its referenced image ${found.id.slice(7, 19)}`,
      );
    }
    for (const [name, one] of this.#state.images) if (one.id === found.id) this.#state.images.delete(name);
    this.#state.log.add(by, { what: 'image-removed', image: ref });
    this.#state.bus.tell('image', 'untag', found.id, { name: ref });
  }
}
