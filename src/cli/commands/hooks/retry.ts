import { look } from '../../../controller/observe.ts';
import type { ReconcilerPorts } from '../../../controller/reconciler.ts';
import { DEFAULT_RUN_OPTIONS } from '../../../execute/run-context.ts';
import type { Project } from '../../../model/project.ts';
import { replicaStatuses } from '../../../plan/readiness.ts';
import { runApply } from '../../apply-run.ts';
import { durationFlag, ReeveCommand, servicesArgument } from '../../command.ts';
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
    'hook-timeout': durationFlag({ description: 'deadline of hooks that have none of their own (default 5m)' }),
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
        prepare: (ports, project, signal) => oweAssumed(ports, project, named, signal),
      }),
    );
  }
}

/** What failed is owed as it is, and what succeeded beside it is not; what was assumed becomes owed. */
async function oweAssumed(
  ports: ReconcilerPorts,
  desired: Project,
  named: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { observed, ledger } = await look(ports, { project: desired.name, desired, signal });
  for (const { service, container, hooks, role } of replicaStatuses(desired, observed, ledger)) {
    if (container?.state.status !== 'running' || role === 'orphan') continue;
    if (named.length > 0 && !named.includes(service)) continue;
    if (hooks.kind === 'assumed') ports.state.hooks.supersede(container.id, 'post_start');
  }
}
