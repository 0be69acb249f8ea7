/** A `watch` of a directory of projects on an engine in memory, under a clock that stands still until it is advanced. */
import type { TestContext } from 'node:test';
import { Backoff } from '../../src/controller/backoff.ts';
import { watch } from '../../src/controller/controller.ts';
import type { ProjectStatus } from '../../src/controller/status.ts';
import type { Desired, WakeSource, WatchRequest } from '../../src/controller/watch-request.ts';
import { RememberingEngine } from '../../src/engine/remembering-engine.ts';
import { createLanes } from '../../src/execute/lanes.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/execute/run-context.ts';
import type { Project } from '../../src/model/project.ts';
import { engineEventsSource } from '../../src/source/engine-events.ts';
import { HeldNotices } from './held-notices.ts';
import { openedState } from './state.ts';
import { VirtualClock } from './virtual-clock.ts';
import { project } from './world.ts';

type Emit = Parameters<WakeSource['start']>[0];
/** What stands in a folder; undefined: a file that does not load. */
type Content = Project | undefined;

export const DIRECTORY = '/srv';

/** A project with one service `web` of a network of its own. */
export function projectNamed(name: string, services: Parameters<typeof project>[0] = { web: {} }): Project {
  return project(services, { name, networks: { default: { name: `${name}_default`, ipam: {} } } });
}

export class WatchedDirectory {
  readonly engine = new HeldNotices();
  readonly clock = new VirtualClock();
  /** As announced, oldest first. */
  readonly statuses: ProjectStatus[] = [];
  readonly state;
  readonly drain = new AbortController();
  readonly #stop = new AbortController();
  readonly #folders = new Map<string, Content>();
  readonly #ports;
  #watching: Promise<void> = Promise.resolve();
  #emit: Emit = () => {};
  #emitWake: Emit = () => {};
  /** Every key is looked at again. */
  resync: () => void = () => {};

  constructor(t: TestContext, folders: Readonly<Record<string, Content>>) {
    const { engine, clock } = this;
    this.state = openedState(t, { path: ':memory:', now: () => clock.now() });
    for (const [name, content] of Object.entries(folders)) this.#put(name, content);
    this.#ports = {
      engine: new RememberingEngine(engine, { clock }),
      state: this.state,
      lanes: createLanes(),
      clock,
      crashes: new Backoff({ clock, random: () => 0 }),
      emit: () => {},
    };
    t.after(() => this.end());
  }

  start(asked: Partial<WatchRequest> = {}): this {
    this.#watching = watch(this.#ports, { ...this.#request(), ...asked });
    return this;
  }

  /** A watch before this one made everything that is in the folders. */
  async applied(): Promise<void> {
    const before = new AbortController();
    this.start({ drain: before.signal });
    await this.pass();
    before.abort(new Error('it is over'));
    await this.#watching;
    this.statuses.length = 0;
  }

  /** Folders that change at one moment, as a rename does: seen by one look at the directory. */
  change(folders: Readonly<Record<string, Content | 'gone'>>): void {
    for (const [name, content] of Object.entries(folders))
      if (content === 'gone') this.#folders.delete(pathOf(name));
      else this.#put(name, content);
    for (const name of Object.keys(folders)) this.#emit(pathOf(name));
  }

  /** Lets everything happen that happens within 4 s. */
  async pass(): Promise<void> {
    for (let turns = 0; turns < 20; turns += 1) await this.clock.advance(200);
  }

  /** `one: x Converged`: the folder, the project, and where it stands, with the first line of why. */
  said(): string[] {
    return this.statuses.map(lineOf);
  }

  /** What was said last of each folder, by name. */
  stands(): string[] {
    return [...new Map(this.statuses.map((status) => [status.key, lineOf(status)])).values()].toSorted();
  }

  /** Names of containers that run. */
  running(): string[] {
    return [...this.engine.containers.values()]
      .filter(({ state }) => state.status === 'running')
      .map(({ name }) => name)
      .toSorted();
  }

  async end(): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await this.#watching.catch(() => {});
  }

  /** Until `watch` ends by itself. */
  get ended(): Promise<void> {
    return this.#watching;
  }

  #put(name: string, content: Content): void {
    this.#folders.set(pathOf(name), content && { ...content, workingDir: pathOf(name) });
  }

  #load(key: string): Desired {
    if (!this.#folders.has(key)) return { kind: 'gone' };
    const content = this.#folders.get(key);
    if (!content) return { kind: 'invalid', messages: ['not YAML'], files: [] };
    return { kind: 'project', project: content, files: [] };
  }

  #request(): WatchRequest {
    return {
      keys: [...this.#folders.keys()],
      // A file that is not there is looked for twice.
      load: async (key) => {
        if (!this.#folders.has(key)) await this.clock.delay(300, this.#stop.signal);
        return this.#load(key);
      },
      files: {
        start: (emit) => {
          this.#emit = emit;
          return Promise.resolve();
        },
        watch: () => Promise.resolve(),
        forget: () => Promise.resolve(),
      },
      sources: (keys) => {
        const events = engineEventsSource({ engine: this.#ports.engine, keys });
        const start: WakeSource['start'] = async (emit, ended) => {
          await events.start(emit, ended);
          this.engine.notify({ kind: 'connected' });
        };
        this.resync = () => {
          for (const key of keys.all()) this.#emitWake(key);
        };
        const periodic: WakeSource = {
          start: (emit) => {
            this.#emitWake = emit;
            return Promise.resolve();
          },
        };
        return [{ start }, periodic];
      },
      policy: {},
      options: DEFAULT_RUN_OPTIONS,
      prune: false,
      directoryOf: () => DIRECTORY,
      downOnExit: false,
      drain: AbortSignal.any([this.drain.signal, this.#stop.signal]),
      signal: this.#stop.signal,
      announce: (status) => this.statuses.push(status),
    };
  }
}

function lineOf({ key, project: name, reason, messages: [first] }: ProjectStatus): string {
  return [`${key.slice(DIRECTORY.length + 1)}:`, name ?? '-', reason, ...(first === undefined ? [] : [first])].join(
    ' ',
  );
}

function pathOf(name: string): string {
  return `${DIRECTORY}/${name}`;
}
