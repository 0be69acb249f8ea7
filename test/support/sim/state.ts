/** Everything there is on the engine, with what the state machines share: time, log, events, ids. Decides nothing. */
import { createHash } from 'node:crypto';
import { EventBus } from './events.ts';
import { Log, type By, type DeedOf } from './log.ts';
import type { Program } from './program.ts';
import { conflict, notFound } from './refusal.ts';
import { momentText, type SimTime } from './time.ts';
import type { SimContainer, SimExec, SimImage, SimNetwork, SimVolume } from './things.ts';

export class EngineState {
  readonly containers = new Map<string, SimContainer>();
  /** By id. */
  readonly networks = new Map<string, SimNetwork>();
  readonly volumes = new Map<string, SimVolume>();
  /** By reference. */
  readonly images = new Map<string, SimImage>();
  /** What a pull finds, by reference. */
  readonly registry = new Map<string, SimImage>();
  readonly execs = new Map<string, SimExec>();
  readonly time: SimTime;
  readonly log: Log;
  readonly bus: EventBus;
  program: Program;
  /** As engines from 25 on (API 1.44) do things; else as 20.10 does. */
  readonly isModern: boolean;
  /** Whether the engine's process is there: without it, nothing is restarted, probed or told. */
  isEngineUp = true;
  readonly #name: string;
  #ids = 0;
  // Past all that a kernel gives out: none of them is ever taken for a process of this host.
  #pids = 10_000_000;
  readonly #runs = new Map<string, number>();

  constructor(parts: {
    readonly time: SimTime;
    readonly program: Program;
    readonly name: string;
    readonly isModern: boolean;
  }) {
    this.time = parts.time;
    this.program = parts.program;
    this.#name = parts.name;
    this.isModern = parts.isModern;
    this.log = new Log(() => this.time.elapsedMs);
    this.bus = new EventBus(this.time);
  }

  newId(): string {
    this.#ids += 1;
    return createHash('sha256').update(`${this.#name} ${this.#ids}`).digest('hex');
  }

  newPid(): number {
    return (this.#pids += 1);
  }

  moment(): string {
    return momentText(this.time.stampNs());
  }

  /** How often that was counted, this time included. */
  count(what: string): number {
    const runs = (this.#runs.get(what) ?? 0) + 1;
    this.#runs.set(what, runs);
    return runs;
  }

  /** By id, name, or the beginning of an id. */
  container(which: string): SimContainer {
    const found = this.findContainer(which);
    if (!found) throw notFound(`No such container: ${which}`);
    return found;
  }

  findContainer(which: string): SimContainer | undefined {
    const exact = this.containers.get(which) ?? this.named(which);
    if (exact || which.length === 0) return exact;
    return [...this.containers.values()].find(({ id }) => id.startsWith(which));
  }

  named(name: string): SimContainer | undefined {
    const bare = name.replace(/^\//, '');
    for (const container of this.containers.values()) if (container.name === bare) return container;
    return undefined;
  }

  network(which: string): SimNetwork {
    const found = this.findNetwork(which);
    if (!found) throw notFound(`network ${which} not found`);
    return found;
  }

  findNetwork(which: string): SimNetwork | undefined {
    const all = [...this.networks.values()];
    return (
      this.networks.get(which) ??
      all.find(({ name }) => name === which) ??
      (which === '' ? undefined : all.find(({ id }) => id.startsWith(which)))
    );
  }

  refuseTakenName(name: string): void {
    const other = this.named(name);
    if (!other) return;
    throw conflict(
      `Conflict. The container name "/${name}" is already in use by container "${other.id}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
  }

  tellContainer(container: SimContainer, action: string, more: Readonly<Record<string, string>> = {}): void {
    const attributes = { ...container.labels, ...more, image: container.imageRef, name: container.name };
    this.bus.tell('container', action, container.id, attributes);
  }

  /** The container's part of a deed. */
  incarnation({ id, startedAt }: SimContainer): Pick<DeedOf<'container-started'>, 'containerId' | 'startedAt'> {
    return { containerId: id, startedAt };
  }

  tellNetwork({ id, name, driver }: SimNetwork, action: string, containerId?: string): void {
    this.bus.tell('network', action, id, {
      ...(containerId === undefined ? {} : { container: containerId }),
      name,
      type: driver,
    });
  }

  logContainer(
    by: By,
    container: SimContainer,
    what: 'container-paused' | 'container-unpaused' | 'container-updated' | 'restart-cancelled',
  ): void {
    this.log.add(by, { what, ...this.incarnation(container) });
  }
}
