/** What the commands do, on the controller: as src/cli does it, without words and output. */
import { watch } from '../../src/controller/controller.ts';
import { look } from '../../src/controller/observe.ts';
import { apply, down, stop, type ApplyPolicy } from '../../src/controller/operations.ts';
import type { ReconcileResult } from '../../src/controller/reconciler.ts';
import { convergeUntilReady } from '../../src/cli/ready.ts';
import type { Desired, WakeSource } from '../../src/controller/watch-request.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/execute/run-context.ts';
import type { Project } from '../../src/model/project.ts';
import { withScale } from '../../src/model/scale.ts';
import { replicaStatuses } from '../../src/plan/readiness.ts';
import type { ProjectStatus } from '../../src/controller/status.ts';
import { engineEventsSource } from '../../src/source/engine-events.ts';
import { resyncSource } from '../../src/source/resync.ts';
import { RESYNC_MS, type Job } from './reeve-process.ts';
import { replicasOf, type Command } from './scenario.ts';

export interface Files {
  /** As they are now. */
  readonly load: () => Promise<Desired>;
  /** Notices of edits. */
  readonly source: WakeSource;
  readonly announce: (status: ProjectStatus) => void;
}

/** The one key that is watched. */
export const KEY = 'project';
/** Shorter than the defaults: less happens in vain. */
const OPTIONS = { ...DEFAULT_RUN_OPTIONS, hookTimeoutMs: 60_000, waitTimeoutMs: 180_000 };

export function jobOf(command: Command, files: Files): Job {
  return command.do === 'watch' ? watchJob(files) : oneShot(command, files);
}

function watchJob({ load, source, announce }: Files): Job {
  return async ({ ports, drain, signal }) => {
    await watch(ports, {
      keys: [KEY],
      load,
      files: { start: (emit, until) => source.start(emit, until), watch: async () => {}, forget: async () => {} },
      // The default resync would find out by luck what was not heard of.
      sources: (keys) => [
        engineEventsSource({ engine: ports.engine, keys }),
        resyncSource({ keys: () => keys.all(), clock: ports.clock, random: Math.random, everyMs: RESYNC_MS }),
      ],
      policy: { removeOrphans: true },
      options: OPTIONS,
      prune: false,
      directoryOf: () => undefined,
      downOnExit: false,
      drain,
      signal,
      announce,
    });
    return undefined;
  };
}

function oneShot(command: Command, files: Files): Job {
  return async (process) => {
    const desired = await files.load();
    if (desired.kind !== 'project') throw new Error(`the simulation made a file that does not load`);
    const { project } = desired;
    const named = command.services?.filter((name) => Object.hasOwn(project.services, name)) ?? [];
    const services = named.length > 0 ? new Set(named) : undefined;
    return await run(command, process, { project, services });
  };
}

interface Meant {
  readonly project: Project;
  readonly services: ReadonlySet<string> | undefined;
}

async function run(
  command: Command,
  { ports, drain, signal }: Parameters<Job>[0],
  { project, services }: Meant,
): Promise<ReconcileResult | undefined> {
  const control = { options: OPTIONS, drain, signal };
  const force = command.force ?? false;
  const down_ = { services, volumes: command.volumes ?? false, removeOrphans: command.removeOrphans ?? false, force };
  const converge = (
    desired: Project,
    policy: Partial<ApplyPolicy>,
    releaseStopped: boolean,
  ): Promise<ReconcileResult> => apply(ports, { ...control, desired, policy, command: command.do, releaseStopped });
  switch (command.do) {
    case 'apply':
    case 'recreate': {
      const desired = scaled(project, command);
      const forceRecreate = command.do === 'recreate';
      const { removeOrphans = false, noDeps = false, recreateVolumes = false } = command;
      const policy = { services, removeOrphans, noDeps, force };
      const once = (round: number): Promise<ReconcileResult> =>
        converge(desired, round === 1 ? { ...policy, forceRecreate, recreateVolumes } : policy, true);
      if (!command.wait) return await once(1);
      return await convergeUntilReady(ports, { desired, services, noDeps, converge: once, drain, signal });
    }
    case 'start':
      return await converge(project, { services, existingOnly: true }, true);
    case 'restart': {
      const names = services ?? new Set(Object.keys(project.services));
      const policy = { services: names, noDeps: true, restart: names, existingOnly: true, force };
      return await converge(project, policy, services !== undefined);
    }
    case 'down':
      return await down(ports, {
        ...control,
        project: project.name,
        desired: project,
        policy: { ...down_, command: 'down' },
      });
    case 'stop':
      return await stop(ports, {
        ...control,
        project: project.name,
        desired: project,
        policy: { ...down_, command: 'stop' },
      });
    case 'hooks-retry': {
      const { observed, ledger } = await look(ports, { project: project.name, desired: project, signal });
      for (const { container, hooks, role } of replicaStatuses(project, observed, ledger)) {
        if (container?.state.status !== 'running' || role === 'orphan') continue;
        if (hooks.kind === 'assumed') ports.state.hooks.supersede(container.id, 'post_start');
      }
      const names = services ?? new Set(Object.keys(project.services));
      return await converge(project, { services: names, existingOnly: true, noStart: true, noDeps: true }, false);
    }
    case 'suspend':
    case 'resume': {
      for (const service of services ?? [undefined]) {
        const hold = { project: project.name, service, kind: 'suspended' } as const;
        if (command.do === 'suspend') ports.state.inventory.hold(hold);
        else ports.state.inventory.release(hold);
      }
      return undefined;
    }
    case 'watch':
      throw new Error('watch is not a command that ends');
  }
}

function scaled(project: Project, command: Command): Project {
  const asked = Object.values(project.services).map((service) => [service.name, replicasOf(service, command)] as const);
  const changed = asked.filter(([name, count]) => count !== project.services[name]?.replicas);
  return changed.length === 0 ? project : withScale(project, new Map(changed));
}
