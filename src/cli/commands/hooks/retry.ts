import { look } from '../../../controller/observe.ts';
import type { ReconcilerPorts } from '../../../controller/reconciler.ts';
import { DEFAULT_RUN_OPTIONS } from '../../../execute/run-context.ts';
import type { ReplicaStatus } from '../../../plan/readiness.ts';
import { replicaStatuses } from '../../../plan/readiness.ts';
import { runApply } from '../../apply-run.ts';
import { hookTimeoutFlag, ReeveCommand, servicesArgument } from '../../command.ts';
import type { ExitCode } from '../../exit.ts';
import { invoke } from '../../invocation.ts';

export default class HooksRetry extends ReeveCommand {
  static override summary = 'Run post_start hooks that failed, are owed, or were assumed to have run.';
  static override description =
    'In running containers only; nothing is created, replaced or started, so pre_start hooks that failed are run again by ' +
    'apply. A hook that another tool is taken to have run (ps says assumed) is run by this.';
  static override examples = ['<%= config.bin %> hooks retry', '<%= config.bin %> hooks retry web --hook-timeout 30s'];
  static override args = servicesArgument;
  static override flags = {
    'hook-timeout': hookTimeoutFlag(),
  };

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(HooksRetry);
    const named = args.services ?? [];
    return invoke(flags, (invocation) =>
      runApply(invocation, {
        command: 'hooks retry',
        words: named,
        onlyServices: true,
        policyOf: (project, services) => ({
          services: services ?? new Set(Object.keys(project.services)),
          existingOnly: true,
          noStart: true,
          noDeps: true,
        }),
        options: {
          ...DEFAULT_RUN_OPTIONS,
          hookTimeoutMs: flags['hook-timeout'] ?? DEFAULT_RUN_OPTIONS.hookTimeoutMs,
        },
        releaseStopped: false,
        wait: false,
        waitTimeoutMs: undefined,
        prepare: async (ports, project, signal) => {
          const { observed, ledger } = await look(ports, { project: project.name, desired: project, signal });
          const replicas = replicaStatuses(project, observed, ledger).filter(
            ({ service, role }) => role !== 'orphan' && (named.length === 0 || named.includes(service)),
          );
          oweAssumed(ports, replicas);
          for (const text of leftToApply(replicas)) invocation.output.warn(text);
        },
      }),
    );
  }
}

/** What failed is owed as it is, and what succeeded beside it is not; what was assumed becomes owed. */
function oweAssumed({ state }: ReconcilerPorts, replicas: readonly ReplicaStatus[]): void {
  for (const { container, hooks } of replicas) {
    if (container?.state.status === 'running' && hooks.kind === 'assumed')
      state.hooks.supersede(container.id, 'post_start');
  }
}

/** Sentences about what failed and is not run here. */
function leftToApply(replicas: readonly ReplicaStatus[]): string[] {
  return replicas.flatMap(({ service, number, hooks }) =>
    hooks.kind === 'failed' && hooks.phase === 'pre_start'
      ? [`${service}/${number}: pre_start[${hooks.index}] failed, and is run again by reeve apply`]
      : [],
  );
}
