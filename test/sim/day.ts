/** The day of a scenario: its world, the processes of reeve in it, and what is done to them, step by step. */
import type { AddOptions } from '../../src/controller/work-queue.ts';
import type { Project } from '../../src/model/project.ts';
import { deedText } from '../support/sim/log.ts';
import { processTable } from '../support/sim/process-table.ts';
import { image } from '../support/sim/images.ts';
import { seeded } from '../support/sim/random.ts';
import { SimWorld } from '../support/sim/world.ts';
import { jobOf, type Files } from './commands.ts';
import { EngineDoor } from './engine-door.ts';
import { Evidence, type Breach, type Run } from './evidence.ts';
import { interfere } from './hands.ts';
import { program } from './program.ts';
import { ProjectFiles } from './project-files.ts';
import { ReeveProcess } from './reeve-process.ts';
import { isCommand, type Command, type EngineFault, type Scenario, type Step } from './scenario.ts';
import { Trouble } from './trouble.ts';
import { rest } from './time.ts';
import type { Universe } from './universe.ts';

const SOCKET = '/sim/docker.sock';
/** The script goes on although a command has not ended by then. */
export const LONGEST_WAIT_MS = 15 * 60_000;

const ENGINE_ENDS = {
  restart: 'shutdown',
  'live-restart': 'live-restore',
  crash: 'crash',
  'power-loss': 'power-loss',
} as const;

export class Day {
  readonly found: Breach[] = [];
  readonly #universe: Universe;
  readonly scenario: Scenario;
  readonly world: SimWorld;
  readonly #door: EngineDoor;
  readonly files: ProjectFiles;
  readonly processes: { readonly process: ReeveProcess; readonly run: Run; readonly command: Command }[] = [];
  readonly #stateLosses: number[] = [];
  /** The project that each process of reeve read last. */
  readonly #lastRead = new Map<string, Project>();
  /** What each `watch` said last. */
  readonly #statuses = new Map<string, string>();
  readonly #faults = new Trouble();
  #isDiskFull = false;
  wasStateDeleted = false;
  #peace = Infinity;

  constructor(universe: Universe, scenario: Scenario) {
    this.#universe = universe;
    this.scenario = scenario;
    universe.reset(scenario.seed);
    const { time } = universe;
    const random = seeded(scenario.seed);
    this.world = new SimWorld({
      time: time.sim,
      program: program(),
      name: String(scenario.seed),
      apiVersion: scenario.apiVersion,
    });
    this.world.health.tellsOfProbes = false;
    const taken = random.fork('taken');
    this.world.execs.endOfTaken = () => taken.pick(['seen', 'seen', 'forgotten', 'stuck']);
    this.world.state.images.set('app:1', image('app:1'));
    this.#door = new EngineDoor({
      world: this.world,
      time,
      random: random.fork('latency'),
      settings: { apiVersion: scenario.apiVersion, engineId: 'sim' },
      faults: this.#faults,
    });
    time.atRest = this.#door.attend;
    universe.listeners.set(SOCKET, (owner) =>
      this.#door.open(owner, owner instanceof ReeveProcess ? owner.moment : () => true),
    );
    this.files = new ProjectFiles(scenario.versions);
  }

  evidence(): Evidence {
    return new Evidence({
      scenario: this.scenario,
      deeds: this.world.log.deeds,
      runs: this.processes.map(({ run }) => run),
      stateLosses: this.#stateLosses,
      peace: this.#peace,
    });
  }

  log(): string {
    return this.world.log.deeds.map(deedText).join('\n');
  }

  calls(): number {
    return this.world.log.deeds.filter(({ what }) => what === 'request').length;
  }

  async close(): Promise<void> {
    for (const { process } of this.processes) process.kill();
    await rest();
    this.files.remove();
  }

  async take({ afterMs, what: deed }: Step): Promise<void> {
    const { time } = this.#universe;
    await time.pass(afterMs);
    if (isCommand(deed)) {
      await this.begin(deed);
      return;
    }
    switch (deed.do) {
      case 'edit':
        return this.files.save(deed.version);
      case 'wait':
        await time.passUntil(() => this.busy().length === 0, time.monotonic() + LONGEST_WAIT_MS);
        return;
      case 'kill':
        return this.alive().at(-1)?.process.kill();
      case 'interrupt':
        return this.alive().at(-1)?.process.interrupt();
      case 'leave':
        return this.alive().at(-1)?.process.leave();
      case 'others':
        return await this.#others(deed);
      case 'engine':
        return this.#trouble(deed);
      case 'state':
        return this.#harmState(deed.fault);
    }
  }

  async #others(deed: Parameters<typeof interfere>[1]): Promise<void> {
    const desired = await this.files.load();
    interfere(this.world, deed, desired.kind === 'project' ? desired.project : undefined);
  }

  #trouble(deed: EngineFault): void {
    const { fault, times } = deed;
    const { sim } = this.#universe.time;
    switch (fault) {
      case 'refuse':
      case 'restart':
      case 'live-restart':
      case 'crash':
      case 'power-loss':
        this.#stopEngine(fault, times * 100);
        return;
      case 'forget-execs':
        for (const { id } of this.world.runningExecs()) this.world.forgetExec(id);
        return;
      case 'clock-jump':
        sim.engineAheadMs += (times % 2 === 0 ? -1 : 1) * 3_600_000;
        return;
      default:
        this.#faults.add(deed);
    }
  }

  #stopEngine(fault: 'refuse' | keyof typeof ENGINE_ENDS, forMs: number): void {
    if (this.#door.isClosed) return;
    this.#door.isClosed = true;
    if (fault !== 'refuse') {
      this.#door.breakAll();
      this.world.engineDown({ how: ENGINE_ENDS[fault] });
    }
    this.#universe.time.sim.after(forMs, () => {
      if (fault !== 'refuse') this.world.engineUp();
      this.#door.isClosed = false;
    });
  }

  #harmState(fault: 'full' | 'deleted' | 'well'): void {
    this.#isDiskFull = fault === 'full';
    if (fault === 'well') return;
    this.#stateLosses.push(this.world.log.deeds.length);
    this.wasStateDeleted ||= fault === 'deleted';
    if (fault === 'deleted') this.files.deleteState();
  }

  async begin(command: Command): Promise<ReeveProcess> {
    const { time, random } = this.#universe;
    const { deeds } = this.world.log;
    const client = `reeve-${this.processes.length + 1}-${command.do}`;
    const process = new ReeveProcess(
      client,
      {
        time,
        host: `unix://${SOCKET}`,
        processes: processTable(this.world, { kind: 'client', client }),
        statePath: this.files.statePath,
        isDiskFull: () => this.#isDiskFull,
        random: () => random.next(),
        cut: (name) => {
          endedAt = deeds.length;
          this.#door.cut(name);
        },
      },
      { diesAt: command.diesAt, remembers: command.do === 'watch' },
    );
    let endedAt: number | undefined;
    this.processes.push({
      process,
      command,
      run: {
        client,
        command,
        desired: () => this.#lastRead.get(client),
        began: deeds.length,
        ended: () => endedAt,
      },
    });
    process.start(jobOf(command, this.#filesOf(process)));
    return process;
  }

  #filesOf(process: ReeveProcess): Files {
    return {
      load: async () => {
        const desired = await this.files.load();
        if (desired.kind === 'project') this.#lastRead.set(process.name, desired.project);
        return desired;
      },
      source: {
        start: (emit, signal) => {
          const wake = (key: string, how?: AddOptions): void => {
            if (process.alive) this.#universe.time.as(process, () => emit(key, how));
          };
          this.files.watch(wake, signal);
          return Promise.resolve();
        },
      },
      announce: ({ state, reason, messages }) => {
        this.#statuses.set(process.name, `${state} ${reason} ${messages.join('; ')}`);
      },
    };
  }

  alive(): { readonly process: ReeveProcess; readonly command: Command }[] {
    return this.processes.filter(({ process }) => process.alive);
  }

  /** Commands that end by themselves and have not. */
  busy(): ReeveProcess[] {
    return this.alive()
      .filter(({ command }) => command.do !== 'watch')
      .map(({ process }) => process);
  }

  /** What each `watch` that is there said last. */
  watches(): string[] {
    return this.alive()
      .filter(({ command }) => command.do === 'watch')
      .map(({ process: { name } }) => this.#statuses.get(name) ?? 'nothing');
  }

  async command(command: Command): Promise<ReeveProcess> {
    const { time } = this.#universe;
    const process = await this.begin(command);
    const ended = await time.passUntil(() => !process.alive, time.monotonic() + LONGEST_WAIT_MS);
    if (!ended) this.fail('every command ends', process.name);
    return process;
  }

  /** Changes of the world so far. */
  changes(): number {
    return this.world.log.deeds.filter(({ what }) => what !== 'request' && !what.startsWith('client-')).length;
  }

  get time(): Universe['time'] {
    return this.#universe.time;
  }

  get isEngineThere(): boolean {
    return !this.#door.isClosed;
  }

  /** Within the time that a command may take; false: it did not come. */
  passUntil(holds: () => boolean): Promise<boolean> {
    return this.time.passUntil(holds, this.time.monotonic() + LONGEST_WAIT_MS);
  }

  endTroubles(): void {
    this.#isDiskFull = false;
    this.#faults.end();
  }

  /** From here on nobody interferes. */
  beginPeace(): void {
    this.#peace = this.world.log.deeds.length;
  }

  fail(rule: string, message: string): void {
    this.found.push({ rule, message });
  }
}
