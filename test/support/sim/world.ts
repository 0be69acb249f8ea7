/**
 * The simulated engine's world: everything there is, its state machines, and what others than clients do to it. Knows
 * nothing of HTTP. All that happens is in `log`; all that an engine would tell is on the event bus.
 */
import { isAtLeast } from './api-version.ts';
import { Containers } from './containers.ts';
import { Execs, KILLED } from './execs.ts';
import { HealthChecks } from './health.ts';
import { Images } from './images.ts';
import { Lifecycle } from './lifecycle.ts';
import { BY_FAULT, BY_PROCESS, OUTSIDE, type By, type Log } from './log.ts';
import { Networks } from './networks.ts';
import { WORDS, type Program } from './program.ts';
import { EngineState } from './state.ts';
import { SimTime } from './time.ts';
import type { SimContainer, SimExec } from './things.ts';
import { Volumes } from './volumes.ts';

export interface WorldOptions {
  readonly time?: SimTime;
  readonly program?: Program;
  /** Ids are made from it. */
  readonly name?: string;
  /** Newest that it speaks; default 1.41. */
  readonly apiVersion?: string;
}

/**
 * `shutdown`: it stops its containers and ends. `crash`: it is killed; its containers run on until it comes back, which ends
 * them. `live-restore`: they run on and it takes them up again. `power-loss`: all is gone at once.
 */
export interface EngineEnd {
  readonly how: 'shutdown' | 'crash' | 'live-restore' | 'power-loss';
}

/** Exit code of what was running when the power went. */
const POWER_LOST = 255;

export class SimWorld {
  readonly state: EngineState;
  readonly networks: Networks;
  readonly volumes: Volumes;
  readonly images: Images;
  readonly execs: Execs;
  readonly health: HealthChecks;
  readonly lifecycle: Lifecycle;
  readonly containers: Containers;
  #lastEnd: EngineEnd['how'] = 'shutdown';

  constructor({ time = new SimTime(), program = WORDS, name = 'sim', apiVersion = '1.41' }: WorldOptions = {}) {
    const state = new EngineState({ time, program, name, isModern: isAtLeast(apiVersion, '1.44') });
    this.state = state;
    this.networks = new Networks(state);
    this.volumes = new Volumes(state);
    this.images = new Images(state);
    this.execs = new Execs(state);
    this.health = new HealthChecks(state);
    const { networks, volumes, images, execs, health } = this;
    this.lifecycle = new Lifecycle({ state, networks, volumes, execs, health });
    this.containers = new Containers({ state, lifecycle: this.lifecycle, execs, images, volumes });
  }

  get log(): Log {
    return this.state.log;
  }

  get time(): SimTime {
    return this.state.time;
  }

  /** All containers, the oldest first. */
  all(): SimContainer[] {
    return [...this.state.containers.values()];
  }

  /** Its main process ends by itself: restart policies see a crash, not a stop. */
  crash(which: string, exitCode = KILLED, by: By = BY_PROCESS): void {
    this.lifecycle.die(this.state.container(which), exitCode, by);
  }

  /** A running command is killed from the host. */
  killExec(execId: string, by: By = OUTSIDE): boolean {
    const exec = this.state.execs.get(execId);
    if (exec?.state !== 'running') return false;
    this.execs.end(exec, KILLED, by);
    return true;
  }

  forgetExec(execId: string): void {
    const exec = this.state.execs.get(execId);
    if (exec) this.execs.forget(exec, BY_FAULT);
  }

  runningExecs(): SimExec[] {
    return [...this.state.execs.values()].filter(({ state }) => state === 'running');
  }

  /** The engine's process ends. What it knew of execs and events is lost; doors and streams are the server's business. */
  engineDown({ how }: EngineEnd, by: By = BY_FAULT): void {
    this.log.add(by, { what: 'engine-down', how });
    this.#lastEnd = how;
    this.lifecycle.forgetStops();
    for (const container of this.all()) {
      if (how === 'shutdown') this.lifecycle.endByEngine(container, false);
      if (how === 'power-loss') this.lifecycle.loseProcess(container, POWER_LOST, by);
      this.lifecycle.forgetRestart(container);
    }
    this.state.isEngineUp = false;
    this.state.bus.isMute = true;
    for (const exec of this.state.execs.values()) this.execs.forget(exec, by);
    this.state.bus.forget();
  }

  /** It is there again, and restart policies have been followed before it answers. */
  engineUp(by: By = BY_FAULT): void {
    this.state.isEngineUp = true;
    this.state.bus.isMute = false;
    for (const container of this.all()) {
      if (this.#lastEnd === 'crash') this.lifecycle.endByEngine(container, true);
    }
    for (const container of this.all()) this.lifecycle.restore(container);
    this.log.add(by, { what: 'engine-up' });
  }
}
