/** Volumes of the simulated engine. */
import { conflict, notFound } from './refusal.ts';
import { BY_ENGINE, type By } from './log.ts';
import type { EngineState } from './state.ts';
import type { SimContainer, SimVolume } from './things.ts';

export interface VolumeBody {
  readonly Name?: string;
  readonly Driver?: string;
  readonly DriverOpts?: Readonly<Record<string, string>> | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

export class Volumes {
  readonly #state: EngineState;

  constructor(state: EngineState) {
    this.#state = state;
  }

  /** One that is there already is left as it is. */
  create(body: VolumeBody, by: By): SimVolume {
    const name = body.Name ?? '';
    const there = this.#state.volumes.get(name);
    if (there) return there;
    const volume: SimVolume = {
      name: name === '' ? this.#state.newId() : name,
      created: this.#state.moment(),
      driver: body.Driver === undefined || body.Driver === '' ? 'local' : body.Driver,
      options: body.DriverOpts ?? null,
      labels: body.Labels ?? null,
      isAnonymous: name === '',
    };
    this.#state.volumes.set(volume.name, volume);
    this.#state.log.add(by, { what: 'volume-created', volume: volume.name });
    this.#tell(volume, 'create');
    return volume;
  }

  remove(name: string, by: By): void {
    const volume = this.#state.volumes.get(name);
    if (!volume) throw notFound(`get ${name}: no such volume`);
    const users = this.usersOf(name);
    if (users.length > 0) {
      throw conflict(`remove ${name}: volume is in use - [${users.map(({ id }) => id).join(', ')}]`);
    }
    this.#state.volumes.delete(name);
    this.#state.log.add(by, { what: 'volume-removed', volume: name });
    this.#tell(volume, 'destroy');
  }

  usersOf(name: string): SimContainer[] {
    return [...this.#state.containers.values()].filter(({ mounts }) => mounts.some(({ volume }) => volume === name));
  }

  /** What nobody named goes with its last container. */
  removeAnonymous({ mounts }: SimContainer): void {
    for (const { volume, isAnonymous } of mounts) {
      if (isAnonymous && this.#state.volumes.has(volume) && this.usersOf(volume).length === 0) {
        this.remove(volume, BY_ENGINE);
      }
    }
  }

  mount({ id, mounts }: SimContainer): void {
    for (const { volume: name, target, isReadOnly } of mounts) {
      const volume = this.#state.volumes.get(name);
      if (!volume) continue;
      const how = { container: id, destination: target, propagation: '', 'read/write': String(!isReadOnly) };
      this.#tell(volume, 'mount', how);
    }
  }

  unmount({ id, mounts }: SimContainer): void {
    for (const { volume: name } of mounts) {
      const volume = this.#state.volumes.get(name);
      if (volume) this.#tell(volume, 'unmount', { container: id });
    }
  }

  #tell({ name, driver }: SimVolume, action: string, more: Readonly<Record<string, string>> = {}): void {
    this.#state.bus.tell('volume', action, name, { ...more, driver });
  }
}
