/**
 * A simulated Docker engine that clients reach over unix sockets, one each: the way in for tests. What happens is in `log`,
 * what there is in `world`; nothing happens but in `run`, `pass`, `calm` or while it plays.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessTable } from '../../../src/engine/exec-kill.ts';
import { FrontDesk } from './desk.ts';
import { Door } from './door.ts';
import { NO_FAULTS, type Faults } from './faults.ts';
import type { Log } from './log.ts';
import { processTable } from './process-table.ts';
import type { Program } from './program.ts';
import { seeded, type Random } from './random.ts';
import { DEFAULT_SCHEDULE, Scheduler, type Bounds, type SchedulerOptions } from './scheduler.ts';
import type { SimClock } from './time.ts';
import { SimWorld, type EngineEnd } from './world.ts';

export interface SimulationOptions {
  readonly seed?: number;
  readonly faults?: Faults;
  readonly program?: Program;
  /** As the engine says it; default that of Docker 20.10. */
  readonly apiVersion?: string;
  readonly schedule?: Partial<SchedulerOptions>;
}

/** One user of the engine, such as one reeve. */
export interface SimClient {
  readonly id: string;
  /** As in DOCKER_HOST. */
  readonly host: string;
  readonly clock: SimClock;
  /** The host's processes, as far as they are those of execs. */
  readonly processes: ProcessTable;
  /** It dies: its connections break and nothing of it is let in any more. */
  cut(): void;
}

export class Simulation {
  readonly world: SimWorld;
  readonly random: Random;
  faults: Faults;
  readonly #desk: FrontDesk;
  readonly #scheduler: Scheduler;
  readonly #doors = new Map<string, Door>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'reeve-sim-'));
  #isDown = false;

  constructor(options: SimulationOptions = {}) {
    const { seed = 1, faults = NO_FAULTS, program, apiVersion = '1.41', schedule } = options;
    this.random = seeded(seed);
    this.faults = faults;
    this.world = new SimWorld({ name: `sim ${seed}`, apiVersion, ...(program && { program }) });
    const settings = { apiVersion, engineId: `SIM:${seed}` };
    const currentFaults = (): Faults => this.faults;
    this.#desk = new FrontDesk({
      world: this.world,
      faults: currentFaults,
      settings,
      random: this.random.fork('desk'),
    });
    this.#scheduler = new Scheduler({
      desk: this.#desk,
      time: this.world.time,
      random: this.random.fork('scheduler'),
      faults: currentFaults,
      options: { ...DEFAULT_SCHEDULE, ...schedule },
    });
  }

  get log(): Log {
    return this.world.log;
  }

  /** Requests that took effect so far. */
  get served(): number {
    return this.#desk.served;
  }

  /** A door for a new client. */
  async client(id: string): Promise<SimClient> {
    if (this.#doors.has(id)) throw new Error(`there is a client ${id} already`);
    const door = new Door(id, join(this.#folder, `${this.#doors.size}.sock`), this.#desk);
    this.#doors.set(id, door);
    if (!this.#isDown) await door.open();
    this.log.add({ kind: 'outside' }, { what: 'client-opened', client: id });
    return {
      id,
      host: `unix://${door.path}`,
      clock: this.world.time.clock(),
      processes: processTable(this.world, { kind: 'client', client: id }),
      cut: () => this.#cut(id),
    };
  }

  /** Lets things happen until the work is settled. */
  run<T>(work: Promise<T>, bounds?: Bounds): Promise<T> {
    return this.#scheduler.run(work, bounds);
  }

  /** Lets so much virtual time pass. */
  pass(ms: number): Promise<void> {
    return this.#scheduler.pass(ms);
  }

  /** Lets happen what needs no time. */
  calm(): Promise<void> {
    return this.#scheduler.calm();
  }

  /** For code that knows nothing of the simulation: things happen until the returned call. */
  play(): () => Promise<void> {
    return this.#scheduler.play();
  }

  /** The engine's process ends: nothing answers, what was asked is lost. */
  engineDown(end: EngineEnd = { how: 'crash' }): void {
    if (this.#isDown) return;
    this.#isDown = true;
    for (const door of this.#doors.values()) door.close();
    this.#desk.drop();
    this.world.engineDown(end);
  }

  /** It is there again. Clients that were cut off stay so. */
  async engineUp(): Promise<void> {
    if (!this.#isDown) return;
    this.#isDown = false;
    this.world.engineUp();
    await Promise.all([...this.#doors.values()].map((door) => door.open()));
  }

  get isEngineDown(): boolean {
    return this.#isDown;
  }

  close(): void {
    for (const door of this.#doors.values()) door.close();
    this.#desk.drop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #cut(id: string): void {
    const door = this.#doors.get(id);
    if (!door) return;
    this.#doors.delete(id);
    this.#desk.abandon(id);
    door.close();
    this.log.add({ kind: 'outside' }, { what: 'client-cut', client: id });
  }
}
