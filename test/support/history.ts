/** A history on an engine in memory: runs of the reconciler that may die, others that interfere, and what was seen of it. */
import { Backoff } from '../../src/controller/backoff.ts';
import { apply, down, stop, type ApplyPolicy } from '../../src/controller/operations.ts';
import type { ReconcileResult, ReconcilerPorts } from '../../src/controller/reconciler.ts';
import { createLanes } from '../../src/execute/lanes.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/execute/run-context.ts';
import { NO_HOOKS, readHooks, type CarriedHook, type HookSet } from '../../src/model/carried-hook.ts';
import { isHookContainer, LABEL } from '../../src/model/owner.ts';
import type { Project } from '../../src/model/project.ts';
import { buildPlan } from '../../src/plan/build.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { DEFAULT_POLICY } from '../../src/plan/policy.ts';
import { openState } from '../../src/state/sqlite.ts';
import { ModelEngine } from './model-engine.ts';
import type { Deed, ModelContainer } from './model-world.ts';
import { Crash, Life } from './mortal.ts';
import type { Interference } from './random-project.ts';
import { rest, VirtualClock } from './virtual-clock.ts';

export interface Step {
  /** Which of the history's projects the files have from now on. */
  readonly edit: number;
  readonly before: readonly Interference[];
  readonly during: readonly { readonly at: number; readonly deed: Interference }[];
  readonly diesAt: number | undefined;
  readonly lastCallCounts: boolean;
  readonly ask: 'apply' | 'recreate' | 'recreate-volumes' | 'restart' | 'down' | 'stop';
  /** The next so many hooks fail. */
  readonly failures: number;
}

/** Turns of the event loop without an end of the run after which time goes on. */
const QUIET_TURNS = 60;
const MOST_SECONDS = 4000;

export class History {
  readonly engine = new ModelEngine();
  /** Rules that were seen broken while it happened. */
  readonly broken: string[] = [];
  readonly #state;
  readonly #clock = new VirtualClock();
  readonly #projects: readonly Project[];
  readonly #labels = new Map<string, Readonly<Record<string, string>>>();
  /** Length of the log at each look at the world. */
  readonly #looks: number[] = [];
  #desired: Project;
  #failures = 0;
  /** Nobody interferes, and this is desired: what a start waits for can be told. */
  #calm: Project | undefined;

  constructor(projects: readonly Project[]) {
    const [first] = projects;
    if (!first) throw new Error('a history needs a project');
    this.#projects = projects;
    this.#desired = first;
    this.#state = openState({ path: ':memory:', now: () => this.#clock.now() });
    const { engine } = this;
    engine.subscribe((notice) => {
      if (notice.kind !== 'container') return;
      const labels = engine.containers.get(notice.containerId)?.labels;
      if (labels) this.#labels.set(notice.containerId, labels);
    });
    engine.before = ({ name, subject }) => {
      if (name === 'observe') this.#looks.push(engine.log.length);
      if (name === 'start-container') this.#checkStart(subject);
    };
    engine.process = ({ labels }) => {
      const service = labels[LABEL.service];
      if (service === 'job') return { endsAfter: 4 };
      return service === 'web' ? { health: 'healthy' } : {};
    };
    engine.script = ([command = '']) => {
      const fails = this.#failures > 0;
      if (fails) this.#failures -= 1;
      return { exitCode: fails ? 1 : 0, lasts: command.endsWith('1') ? 2 : 0 };
    };
  }

  [Symbol.dispose](): void {
    this.#state.close();
  }

  /** One step; however its run ends. */
  async take(step: Step): Promise<void> {
    this.#desired = this.#projects[step.edit] ?? this.#desired;
    this.#failures = step.failures;
    for (const one of step.before) this.#interfere(one);
    const meanwhile = new Map(step.during.map(({ at, deed }) => [at, () => this.#interfere(deed)]));
    const life = new Life({ diesAt: step.diesAt, lastCallCounts: step.lastCallCounts, meanwhile });
    this.#calm = step.during.length === 0 ? this.#desired : undefined;
    const end = await this.#run(life, step.ask, this.#desired);
    this.#calm = undefined;
    if (end instanceof Error && !(end instanceof Crash) && !life.signal.aborted) this.broken.push(String(end.stack));
    this.#failures = 0;
    // What a dead process began goes on without it.
    await this.#pass();
  }

  /** Lets everything happen that happens by itself. */
  async #pass(): Promise<void> {
    for (let turns = 0; turns < 12; turns += 1) await rest();
  }

  /** Runs until nothing is left to do; the project that it came to. */
  async settle(): Promise<Project> {
    for (const container of this.engine.containers.values()) {
      if (container.labels[LABEL.project] === undefined) this.engine.remove(container.id);
      // What is finished stays, and those that need it running could never start.
      else if (!isHookContainer(container.labels) && this.wasFinishedByOthers(container.id)) {
        this.engine.start(container.id);
      }
    }
    const { log } = this.engine;
    let last: ReconcileResult | undefined;
    for (let runs = 0; runs < 12; runs += 1) {
      const deeds = log.length;
      last = await this.apply(this.#desired);
      await this.#pass();
      if (last.kind === 'converged' && log.length === deeds) return this.#desired;
      await this.#clock.advance(Math.max(120_000, last.afterMs ?? 0));
    }
    throw new Error(`does not converge: ${last?.kind} ${last?.failures.join('; ')}`);
  }

  async apply(desired: Project): Promise<ReconcileResult> {
    this.#desired = desired;
    this.#calm = desired;
    const result = await this.#run(new Life(), 'apply', desired);
    if (result instanceof Error) throw result;
    return result;
  }

  /** Without files: by labels alone. */
  async takeDown(): Promise<void> {
    for (let runs = 0; runs < 12; runs += 1) {
      const result = await this.#run(new Life(), 'down');
      await this.#pass();
      if (result instanceof Error) throw result;
      if (result.kind === 'converged') return;
      await this.#clock.advance(120_000);
    }
    throw new Error('cannot be taken down');
  }

  plans(desired: Project): { readonly plan: Plan; readonly again: Plan } {
    const observed = this.engine.look({
      project: desired.name,
      images: ['app'],
      networks: Object.values(desired.networks).map(({ name }) => name),
      volumes: Object.values(desired.volumes).map(({ name }) => name),
    });
    const ledger = this.#state.hooks.view(desired.name);
    const make = (): Plan => buildPlan({ desired, observed, ledger, policy: DEFAULT_POLICY });
    return { plan: make(), again: make() };
  }

  labelsOf(containerId: string): Readonly<Record<string, string>> {
    return this.#labels.get(containerId) ?? {};
  }

  projectOf(containerId: string): string | undefined {
    return this.#labels.get(containerId)?.[LABEL.project];
  }

  hooksOf(containerId: string): HookSet {
    return readHooks(this.#labels.get(containerId)?.[LABEL.hooks]) ?? NO_HOOKS;
  }

  /** Ends with 0 of this hook in this container, and with a failure that is let pass. */
  deliveries(containerId: string, hook: CarriedHook): Deed[] {
    return this.engine.log.filter(
      (deed) =>
        deed.what === 'exec-end' &&
        deed.containerId === containerId &&
        deed.command?.join(' ') === hook.command?.join(' ') &&
        (deed.exitCode === 0 || hook.policy.onFailure === 'continue'),
    );
  }

  /** `docker stop` of what ends with 0 and asks for no more: nobody can tell it from a job that is done. */
  wasFinishedByOthers(containerId: string): boolean {
    const { state, restartPolicy } = this.engine.get(containerId);
    const last = this.engine.log.findLast((deed) => deed.what === 'stop' && deed.containerId === containerId);
    const asksForNoMore = restartPolicy.name === 'no' || restartPolicy.name === 'on-failure';
    return state.status === 'exited' && state.exitCode === 0 && asksForNoMore && last?.by === 'others';
  }

  /** Place in the log of that start of the container. */
  startOf(containerId: string, startedAt: string): number {
    return this.engine.log.findIndex(
      (deed) => deed.what === 'start' && deed.containerId === containerId && deed.startedAt === startedAt,
    );
  }

  /** Whether a hook was run in that start before reeve had looked at the world since it began. */
  beganUnseen(containerId: string, startedAt: string): boolean {
    const began = this.startOf(containerId, startedAt);
    if (this.engine.log[began]?.by === 'reeve') return false;
    const ran = this.engine.log.findIndex(
      (deed) => deed.what === 'exec-start' && deed.containerId === containerId && deed.startedAt === startedAt,
    );
    return this.lookedBefore(ran) <= began;
  }

  /** Place in the log of the last look at the world before that deed. */
  lookedBefore(index: number): number {
    return this.#looks.findLast((length) => length <= index) ?? 0;
  }

  /** For a person who has to understand it. */
  describe(steps: readonly Step[]): string {
    const services = (project: Project): string[] =>
      Object.values(project.services).map((service) => {
        const hooks = [...(service.pre_start ?? []), ...(service.post_start ?? []), ...(service.pre_stop ?? [])].map(
          ({ command, per_replica, policy: { run, onFailure, after } }) =>
            `${command?.[0]} ${run} ${onFailure} ${after}${per_replica ? ' each' : ''}`,
        );
        const needs = Object.entries(service.depends_on ?? {}).map(
          ([name, { condition, required, restart }]) =>
            `${name} ${condition}${required ? '' : '?'}${restart ? ' restart' : ''}`,
        );
        const nets = Object.keys(service.networks ?? {}).join(' ');
        return `  ${service.name} x${service.replicas} ${service.hostname} ${service.restart} [${nets}] hooks(${hooks.join(', ')}) needs(${needs.join(', ')})`;
      });
    const deeds = this.engine.log.map((deed, index) => {
      const labels = this.#labels.get(deed.containerId);
      const name = `${labels?.[LABEL.service]}/${labels?.[LABEL.number] ?? labels?.[LABEL.hookContainer]}@${deed.containerId.slice(0, 6)}`;
      const look = this.#looks.includes(index) ? '  (look)\n' : '';
      return `${look}  ${deed.by} ${deed.what} ${name} ${deed.startedAt.slice(-5)} ${(deed.command ?? []).join(' ')} ${deed.exitCode ?? ''}`;
    });
    return [
      ...this.#projects.flatMap((project, index) => [`project ${index}`, ...services(project)]),
      ...steps.map((step) => `step ${JSON.stringify(step)}`),
      ...deeds,
    ].join('\n');
  }

  async #run(life: Life, ask: Step['ask'], files?: Project): Promise<ReconcileResult | Error> {
    const ports: ReconcilerPorts = {
      engine: life.mortal(this.engine),
      // The kernel frees the lease of a process that dies, whatever that was doing.
      state: { ...life.mortal({ ...this.#state }), leases: this.#state.leases },
      lanes: createLanes({ clock: this.#clock }),
      clock: this.#clock,
      crashes: new Backoff({ clock: this.#clock, random: () => 0 }),
      emit: () => {},
    };
    const desired = this.#desired;
    const control = { options: DEFAULT_RUN_OPTIONS, drain: new AbortController().signal, signal: life.signal };
    const asked: Partial<ApplyPolicy> = {
      removeOrphans: true,
      forceRecreate: ask === 'recreate',
      recreateVolumes: ask === 'recreate-volumes',
      restart: new Set(ask === 'restart' ? Object.keys(desired.services) : []),
    };
    const policy = { services: undefined, volumes: false, removeOrphans: true, force: false } as const;
    const project = desired.name;
    const running =
      ask === 'down'
        ? down(ports, { ...control, project, desired: files, policy: { ...policy, command: 'down' } })
        : ask === 'stop'
          ? stop(ports, { ...control, project, desired, policy: { ...policy, command: 'stop' } })
          : apply(ports, { ...control, desired, policy: asked, command: 'apply', releaseStopped: true });
    return await this.#withTime(running);
  }

  /** Lets time pass while nothing else happens. */
  async #withTime(running: Promise<ReconcileResult>): Promise<ReconcileResult | Error> {
    let end: ReconcileResult | Error | undefined;
    running.then(
      (result) => (end = result),
      (error: unknown) => (end = error instanceof Error ? error : new Error(String(error))),
    );
    for (let seconds = 0; seconds < MOST_SECONDS; seconds += 1) {
      for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
        await rest();
        if (end) return end;
      }
      await this.#clock.advance(1000);
    }
    throw new Error('the run does not end');
  }

  #interfere({ which, what }: Interference): void {
    const { engine } = this;
    const all = [...engine.containers.values()].filter(({ labels }) => labels[LABEL.project] === 'shop');
    const target = all[which % Math.max(1, all.length)];
    const other = all[(which + 1) % Math.max(1, all.length)];
    switch (what) {
      case 'add-look-alike':
        if (!engine.find('shop-app-1')) engine.addContainer('shop-app-1', {});
        return;
      case 'add-neighbour':
        if (!engine.find('mall-app-1'))
          engine.addContainer('mall-app-1', { [LABEL.project]: 'mall', [LABEL.service]: 'app', [LABEL.number]: '1' });
        return;
      case 'compose-up':
        for (const service of Object.values(this.#desired.services)) engine.composeUp(this.#desired, service);
        return;
      case 'rename':
        if (target) engine.rename(target.id, `renamed-${target.id.slice(0, 6)}`);
        return;
      case 'swap-names':
        if (target && other) swapNames(target, other);
        return;
      case 'disconnect':
        for (const network of target?.networks.keys() ?? []) engine.disconnect(target?.id ?? '', network);
        return;
      case 'kill':
      case 'stop':
      case 'start':
      case 'restart':
      case 'remove':
      case 'pause':
        if (target) engine[what](target.id);
    }
  }

  /** A dependent starts after all replicas of what it waits for. */
  #checkStart(containerId: string): void {
    const desired = this.#calm;
    const service = desired?.services[this.#labels.get(containerId)?.[LABEL.service] ?? ''];
    const wasStarted = this.engine.log.some((deed) => deed.what === 'start' && deed.containerId === containerId);
    for (const [name, { required, condition }] of Object.entries(service?.depends_on ?? {})) {
      const dependency = desired?.services[name];
      if (!required || !dependency) continue;
      const present = [...this.engine.containers.values()].filter(({ labels }) => labels[LABEL.service] === name);
      const ready = present.filter((container) => this.#isReady(container, condition));
      // One that a run had stopped and brings back goes on beside what it ran beside: what failed holds its own alone.
      const wanted = wasStarted ? Math.min(present.length, dependency.replicas) : dependency.replicas;
      if (ready.length < wanted)
        this.broken.push(`${service?.name} was started with ${ready.length} of ${wanted} ${name}`);
    }
  }

  #isReady({ id, state }: ModelContainer, condition: string): boolean {
    if (state.status === 'exited') return state.exitCode === 0 && state.startedAt !== '';
    if (state.status !== 'running' || condition === 'service_completed_successfully') return false;
    if (condition === 'service_healthy' && state.health !== 'healthy') return false;
    return this.hooksOf(id).post_start.every(
      (hook) =>
        hook.policy.run !== 'every-start' ||
        this.deliveries(id, hook).some(({ startedAt }) => startedAt === state.startedAt),
    );
  }
}

function swapNames(one: ModelContainer, other: ModelContainer): void {
  const { name } = one;
  one.name = other.name;
  other.name = name;
}
