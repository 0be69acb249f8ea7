/** One simulation: the world and the processes of a scenario, step by step, then peace, then the questions. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProject } from '../../src/compose/index.ts';
import type { Desired } from '../../src/controller/watch-request.ts';
import type { AddOptions } from '../../src/controller/work-queue.ts';
import { messageOf } from '../../src/model/errors.ts';
import { LABEL } from '../../src/model/owner.ts';
import type { Project } from '../../src/model/project.ts';
import { deedText } from '../support/sim/log.ts';
import { processTable } from '../support/sim/process-table.ts';
import { image } from '../support/sim/images.ts';
import { seeded } from '../support/sim/random.ts';
import { SimWorld } from '../support/sim/world.ts';
import { jobOf, KEY, type Files } from './commands.ts';
import { EngineDoor } from './engine-door.ts';
import { Evidence, type Breach, type Run } from './evidence.ts';
import { interfere } from './hands.ts';
import { breaches } from './invariants.ts';
import type { Outcome } from './outcome.ts';
import { worldBreaches } from './end-state.ts';
import { program } from './program.ts';
import { isUntold, makePeace } from './peace.ts';
import { ReeveProcess, RESYNC_MS } from './reeve-process.ts';
import { isCommand, type Command, type EngineFault, type Scenario, type Step } from './scenario.ts';
import { Trouble } from './trouble.ts';
import { rest } from './time.ts';
import type { Universe } from './universe.ts';

const SOCKET = '/sim/docker.sock';
/** The script goes on although a command has not ended by then. */
const LONGEST_WAIT_MS = 15 * 60_000;
/** Peace has to bring everything to rest within. */
const LONGEST_PEACE_MS = 60 * 60_000;
const OTHERS_MS = 3_000;
/** Longest pause that reeve makes between two tries, and more. */
const QUIET_MS = 150_000;

const ENGINE_ENDS = {
  restart: 'shutdown',
  'live-restart': 'live-restore',
  crash: 'crash',
  'power-loss': 'power-loss',
} as const;

export interface Simulated {
  readonly outcome: Outcome;
  readonly log: string;
}

export async function simulate(universe: Universe, scenario: Scenario): Promise<Simulated> {
  const beganMs = process.hrtime.bigint();
  const simulation = new Simulation(universe, scenario);
  try {
    await simulation.run();
  } catch (error) {
    simulation.found.push({
      rule: 'the simulation goes through',
      message: String(error instanceof Error ? error.stack : error),
    });
  } finally {
    await simulation.close();
  }
  const log = simulation.log();
  const outcome: Outcome = {
    seed: scenario.seed,
    breaches: simulation.found,
    digest: createHash('sha256').update(log).digest('hex').slice(0, 16),
    calls: simulation.calls(),
    virtualMs: universe.time.monotonic(),
    realMs: Number(process.hrtime.bigint() - beganMs) / 1e6,
  };
  return { outcome, log };
}

class Simulation {
  readonly found: Breach[] = [];
  readonly #universe: Universe;
  readonly #scenario: Scenario;
  readonly #world: SimWorld;
  readonly #door: EngineDoor;
  readonly #folder: string;
  readonly #processes: { readonly process: ReeveProcess; readonly run: Run; readonly command: Command }[] = [];
  readonly #watchers = new Set<(key: string, how?: AddOptions) => void>();
  readonly #stateLosses: number[] = [];
  readonly #loaded = new Map<number, Promise<Desired>>();
  /** The project that each process of reeve read last. */
  readonly #lastRead = new Map<string, Project>();
  /** What each `watch` said last. */
  readonly #statuses = new Map<string, string>();
  readonly #faults = new Trouble();
  #version = 0;
  #isDiskFull = false;
  #wasStateDeleted = false;
  #peace = Infinity;

  constructor(universe: Universe, scenario: Scenario) {
    this.#universe = universe;
    this.#scenario = scenario;
    universe.reset(scenario.seed);
    const { time } = universe;
    const random = seeded(scenario.seed);
    this.#world = new SimWorld({
      time: time.sim,
      program: program(),
      name: String(scenario.seed),
      apiVersion: scenario.apiVersion,
    });
    this.#world.health.tellsOfProbes = false;
    const taken = random.fork('taken');
    this.#world.execs.endOfTaken = () => taken.pick(['seen', 'seen', 'forgotten', 'stuck']);
    this.#world.state.images.set('app:1', image('app:1'));
    this.#door = new EngineDoor({
      world: this.#world,
      time,
      random: random.fork('latency'),
      settings: { apiVersion: scenario.apiVersion, engineId: 'sim' },
      faults: this.#faults,
    });
    time.atRest = this.#door.attend;
    universe.listeners.set(SOCKET, (owner) =>
      this.#door.open(owner, owner instanceof ReeveProcess ? owner.moment : () => true),
    );
    this.#folder = mkdtempSync(join(folderOfAll(), 'day-'));
    this.#write(0);
  }

  async run(): Promise<void> {
    for (const step of this.#scenario.steps) await this.#take(step);
    const final = await this.#settle();
    if (final) this.found.push(...worldBreaches(this.#world, final));
    if (final && this.found.length === 0) await this.#checkStillness();
    if (this.#scenario.down) await this.#takeDown();
    this.found.push(...breaches(this.evidence()));
  }

  evidence(): Evidence {
    return new Evidence({
      scenario: this.#scenario,
      deeds: this.#world.log.deeds,
      runs: this.#processes.map(({ run }) => run),
      stateLosses: this.#stateLosses,
      peace: this.#peace,
    });
  }

  log(): string {
    return this.#world.log.deeds.map(deedText).join('\n');
  }

  calls(): number {
    return this.#world.log.deeds.filter(({ what }) => what === 'request').length;
  }

  async close(): Promise<void> {
    for (const { process } of this.#processes) process.kill();
    await rest();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #take({ afterMs, what: deed }: Step): Promise<void> {
    const { time } = this.#universe;
    await time.pass(afterMs);
    if (isCommand(deed)) {
      await this.#begin(deed);
      return;
    }
    switch (deed.do) {
      case 'edit':
        this.#write(deed.version);
        for (const wake of this.#watchers) wake(KEY, { delayMs: 50 });
        return;
      case 'wait':
        await time.passUntil(() => this.#busy().length === 0, time.monotonic() + LONGEST_WAIT_MS);
        return;
      case 'kill':
        return this.#alive().at(-1)?.process.kill();
      case 'interrupt':
        return this.#alive().at(-1)?.process.interrupt();
      case 'leave':
        return this.#alive().at(-1)?.process.leave();
      case 'others':
        return await this.#others(deed);
      case 'engine':
        return this.#trouble(deed);
      case 'state':
        return this.#harmState(deed.fault);
    }
  }

  async #others(deed: Parameters<typeof interfere>[1]): Promise<void> {
    const desired = await this.#load();
    interfere(this.#world, deed, desired.kind === 'project' ? desired.project : undefined);
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
        for (const { id } of this.#world.runningExecs()) this.#world.forgetExec(id);
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
      this.#world.engineDown({ how: ENGINE_ENDS[fault] });
    }
    this.#universe.time.sim.after(forMs, () => {
      if (fault !== 'refuse') this.#world.engineUp();
      this.#door.isClosed = false;
    });
  }

  #harmState(fault: 'full' | 'deleted' | 'well'): void {
    this.#isDiskFull = fault === 'full';
    if (fault === 'well') return;
    this.#stateLosses.push(this.#world.log.deeds.length);
    this.#wasStateDeleted ||= fault === 'deleted';
    if (fault === 'deleted')
      for (const end of ['', '-wal', '-shm']) rmSync(`${this.#statePath}${end}`, { force: true });
  }

  get #statePath(): string {
    return join(this.#folder, 'state', 'sim.db');
  }

  async #begin(command: Command): Promise<ReeveProcess> {
    const { time, random } = this.#universe;
    const { deeds } = this.#world.log;
    const client = `reeve-${this.#processes.length + 1}-${command.do}`;
    const process = new ReeveProcess(
      client,
      {
        time,
        host: `unix://${SOCKET}`,
        processes: processTable(this.#world, { kind: 'client', client }),
        statePath: this.#statePath,
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
    this.#processes.push({
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
    process.start(jobOf(command, this.#files(process)));
    return process;
  }

  #files(process: ReeveProcess): Files {
    return {
      load: async () => {
        const desired = await this.#load();
        if (desired.kind === 'project') this.#lastRead.set(process.name, desired.project);
        return desired;
      },
      source: {
        start: (emit, signal) => {
          const wake = (key: string, how?: AddOptions): void => {
            if (process.alive) this.#universe.time.as(process, () => emit(key, how));
          };
          this.#watchers.add(wake);
          signal.addEventListener('abort', () => this.#watchers.delete(wake));
          return Promise.resolve();
        },
      },
      announce: ({ state, reason, messages }) => {
        this.#statuses.set(process.name, `${state} ${reason} ${messages.join('; ')}`);
      },
    };
  }

  #write(version: number): void {
    this.#version = version;
    writeFileSync(join(this.#folder, 'compose.yaml'), JSON.stringify(this.#scenario.versions[version] ?? {}));
  }

  #load(): Promise<Desired> {
    const known = this.#loaded.get(this.#version);
    if (known) return known;
    const loading = this.#read();
    this.#loaded.set(this.#version, loading);
    return loading;
  }

  async #read(): Promise<Desired> {
    const loaded = await loadProject({ cwd: this.#folder, environment: {} });
    if (loaded.ok) return { kind: 'project', project: loaded.project, files: [] };
    throw new InvalidScenario(loaded.diagnostics.map(({ message }) => message).join('; '));
  }

  #alive(): { readonly process: ReeveProcess; readonly command: Command }[] {
    return this.#processes.filter(({ process }) => process.alive);
  }

  /** Commands that end by themselves and have not. */
  #busy(): ReeveProcess[] {
    return this.#alive()
      .filter(({ command }) => command.do !== 'watch')
      .map(({ process }) => process);
  }

  /** Nobody interferes any more: everything has to come to rest as desired. */
  async #settle(): Promise<Project | undefined> {
    const { time } = this.#universe;
    this.#isDiskFull = false;
    this.#faults.end();
    await time.passUntil(() => !this.#door.isClosed, time.monotonic() + LONGEST_WAIT_MS);
    // What others have begun ends, a stop with its grace.
    await time.pass(OTHERS_MS);
    this.#peace = this.#world.log.deeds.length;
    const ended = await time.passUntil(() => this.#busy().length === 0, time.monotonic() + LONGEST_WAIT_MS);
    if (!ended)
      this.#fail(
        'every command ends',
        this.#busy()
          .map(({ name }) => name)
          .join(', '),
      );
    makePeace(this.#world);
    const desired = await this.#load();
    if (desired.kind !== 'project') return undefined;
    const isSettled = this.#scenario.peace === 'watch' ? await this.#settleByWatch() : await this.#settleByApply();
    for (const { process } of this.#processes) this.#judgeEnd(process);
    return isSettled ? desired.project : undefined;
  }

  async #settleByApply(): Promise<boolean> {
    const { time } = this.#universe;
    for (const { process, command } of this.#alive()) if (command.do === 'watch') process.interrupt();
    const ended = await time.passUntil(() => this.#alive().length === 0, time.monotonic() + LONGEST_WAIT_MS);
    if (!ended)
      this.#fail(
        'every command ends',
        this.#alive()
          .map(({ process }) => process.name)
          .join(', '),
      );
    await this.#command({ do: 'resume' });
    let last = '';
    for (let round = 0; round < 12; round += 1) {
      const deeds = this.#changes();
      const { end } = await this.#command({ do: 'apply', removeOrphans: true });
      await time.pass(20_000);
      if (end?.kind === 'result' && end.result?.kind === 'converged' && this.#changes() === deeds) return true;
      last =
        end?.kind === 'result'
          ? (end.result?.failures.join('; ') ?? '')
          : end?.kind === 'error'
            ? messageOf(end.error)
            : '';
      await time.pass(60_000);
    }
    this.#fail('left in peace it settles', `apply does not converge: ${last}`);
    return false;
  }

  async #settleByWatch(): Promise<boolean> {
    const { time } = this.#universe;
    await time.passUntil(() => !this.#alive().some(({ process }) => process.isInterrupted), LONGEST_WAIT_MS);
    if (this.#watches().length === 0) await this.#begin({ do: 'watch' });
    // Nobody helps a watch that has heard of nothing; only what was stopped by hand has to be asked for.
    if (this.#processes.some(({ command }) => command.do === 'stop' || command.do === 'suspend')) {
      await this.#command({ do: 'resume' });
      await this.#command({ do: 'start' });
    }
    // No file system tells of a record that was removed.
    if (this.#wasStateDeleted || isUntold(this.#world)) await time.pass(2 * RESYNC_MS);
    const limitMs = time.monotonic() + LONGEST_PEACE_MS;
    for (let changes = -1; time.monotonic() < limitMs;) {
      // One whose last moment comes only now leaves the rest to the next.
      if (this.#watches().length === 0) await this.#begin({ do: 'watch' });
      if (changes === this.#changes() && this.#watches().every((said) => said.startsWith('ready'))) return true;
      changes = this.#changes();
      await time.pass(QUIET_MS);
    }
    this.#fail('left in peace it settles', `watch does not come to rest: ${this.#watches().join(' | ')}`);
    return false;
  }

  /** What each `watch` that is there said last. */
  #watches(): string[] {
    return this.#alive()
      .filter(({ command }) => command.do === 'watch')
      .map(({ process: { name } }) => this.#statuses.get(name) ?? 'nothing');
  }

  async #command(command: Command): Promise<ReeveProcess> {
    const { time } = this.#universe;
    const process = await this.#begin(command);
    const ended = await time.passUntil(() => !process.alive, time.monotonic() + LONGEST_WAIT_MS);
    if (!ended) this.#fail('every command ends', process.name);
    return process;
  }

  /** Converged means that there is nothing more to do: another run changes nothing, and nobody goes on looking. */
  async #checkStillness(): Promise<void> {
    const before = this.#changes();
    const { end } = await this.#command({ do: 'apply', removeOrphans: true });
    const isConverged = end?.kind === 'result' && end.result?.kind === 'converged' && end.result.actions === 0;
    if (!isConverged) this.#fail('converged means an empty plan', JSON.stringify(end));
    if (this.#changes() !== before) this.#fail('converged means an empty plan', 'another apply changed something');
    const calls = this.calls();
    await this.#universe.time.pass(3 * 60_000);
    if (this.#changes() !== before) this.#fail('what has settled stays as it is', 'something changed by itself');
    if (this.calls() - calls > 20)
      this.#fail('the number of calls is bounded', `${this.calls() - calls} calls in three quiet minutes`);
  }

  async #takeDown(): Promise<void> {
    for (const { process } of this.#alive()) process.interrupt();
    await this.#universe.time.passUntil(
      () => this.#alive().length === 0,
      this.#universe.time.monotonic() + LONGEST_WAIT_MS,
    );
    for (let round = 0; round < 6; round += 1) {
      const { end } = await this.#command({ do: 'down', removeOrphans: true });
      if (end?.kind === 'result' && end.result?.kind === 'converged') break;
      await this.#universe.time.pass(60_000);
    }
    const left = this.#world.all().filter(({ labels }) => labels[LABEL.project] === 'shop');
    if (left.length > 0) this.#fail('down leaves nothing', left.map(({ name }) => name).join(', '));
  }

  /** Changes of the world so far. */
  #changes(): number {
    return this.#world.log.deeds.filter(({ what }) => what !== 'request' && !what.startsWith('client-')).length;
  }

  #judgeEnd({ name, end }: ReeveProcess): void {
    const error = end?.kind === 'error' ? end.error : undefined;
    const isExpected = error instanceof Error && ['EngineError', 'StateError', 'Death'].includes(error.name);
    if (error !== undefined && !isExpected && messageOf(error) !== 'interrupted')
      this.#fail(
        'reeve fails in no way but its own',
        `${name}: ${error instanceof Error ? error.stack : messageOf(error)}`,
      );
    const failures = end?.kind === 'result' ? (end.result?.failures ?? []) : [];
    for (const failure of failures) {
      if (/done 5 times over|please report|TypeError/.test(failure))
        this.#fail('reeve fails in no way but its own', `${name}: ${failure}`);
    }
  }

  #fail(rule: string, message: string): void {
    this.found.push({ rule, message });
  }
}

/** The shrinker's cuts can leave a file that means nothing. */
export class InvalidScenario extends Error {}

function folderOfAll(): string {
  const folder = join(process.platform === 'linux' ? '/dev/shm' : tmpdir(), 'reeve-sim');
  mkdirSync(folder, { recursive: true });
  return folder;
}
