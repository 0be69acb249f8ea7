import { DEFAULT_RUN_OPTIONS } from '../../execute/run-context.ts';
import { UsageError } from '../../model/errors.ts';
import { runApply } from '../apply-run.ts';
import { durationFlag, hookTimeoutFlag, ReeveCommand, targetsArgument } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { invoke } from '../invocation.ts';
import { Flags } from '../oclif.ts';
import { runPlan } from '../plan-run.ts';
import { scaleOf } from '../scale.ts';

export default class Apply extends ReeveCommand {
  static override summary = 'Make the containers what the files say, once, hooks included.';
  static override description =
    'Looks at what runs, plans what differs, does it in dependency order and looks again, until there is nothing left to do. ' +
    'Hooks that are owed are run. What failed is said in full and the exit code is 1; the next apply goes on from there.';
  static override examples = [
    '<%= config.bin %> apply',
    '<%= config.bin %> apply web --wait --wait-timeout 2m',
    '<%= config.bin %> apply /srv/projects --prune',
  ];
  static override args = targetsArgument;
  static override flags = {
    timeout: durationFlag({ char: 't', description: 'grace for each stop instead of the own one of each service' }),
    wait: Flags.boolean({
      description: 'until everything is ready: running, healthy, hooks done, stable for a second',
    }),
    'wait-timeout': durationFlag({ description: 'longest time for everything, hooks too; implies --wait' }),
    scale: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'SERVICE=N',
      description: 'number of containers of a service',
    }),
    'remove-orphans': Flags.boolean({ description: 'remove containers whose service the files no longer have' }),
    prune: Flags.boolean({
      description: 'DIR only: take down projects that were applied from it and whose folder is gone',
    }),
    'force-recreate': Flags.boolean({ description: 'replace containers although nothing differs' }),
    'no-deps': Flags.boolean({ description: 'leave the dependencies of the named services alone' }),
    'no-start': Flags.boolean({ description: 'create, start nothing' }),
    'renew-anon-volumes': Flags.boolean({ char: 'V', description: 'new anonymous volumes for replaced containers' }),
    'recreate-volumes': Flags.boolean({
      description: 'replace volumes whose definition changed; their data is lost',
    }),
    pull: Flags.option({
      options: ['always', 'missing', 'never'] as const,
      description: "when to pull images (default: each service's pull_policy)",
    })(),
    build: Flags.boolean({ description: 'build images first, although they are there' }),
    'dry-run': Flags.boolean({ description: 'show the plan and do nothing' }),
    parallel: Flags.integer({ min: 1, helpValue: 'N', description: 'engine calls in flight (default 8)' }),
    'hook-timeout': hookTimeoutFlag(),
    force: Flags.boolean({ description: 'stop containers although their pre_stop fails' }),
  };

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(Apply);
    return invoke(flags, (invocation) => {
      const wait = flags.wait || flags['wait-timeout'] !== undefined;
      if (wait && flags['no-start']) throw new UsageError('--no-start starts nothing that --wait could wait for');
      const request = {
        command: 'apply' as const,
        prune: flags.prune ? { force: flags.force } : undefined,
        words: args.targets ?? [],
        scale: scaleOf(flags.scale),
        policyOf: (_project: unknown, services: ReadonlySet<string> | undefined) => ({
          services,
          noDeps: flags['no-deps'],
          removeOrphans: flags['remove-orphans'],
          forceRecreate: flags['force-recreate'],
          renewVolumes: flags['renew-anon-volumes'],
          recreateVolumes: flags['recreate-volumes'],
          noStart: flags['no-start'],
          build: flags.build,
          pull: flags.pull ?? ('policy' as const),
          force: flags.force,
        }),
      };
      const limits = {
        stopTimeoutMs: flags.timeout,
        hookTimeoutMs: flags['hook-timeout'] ?? DEFAULT_RUN_OPTIONS.hookTimeoutMs,
      };
      if (flags['dry-run'])
        return runPlan(invocation, { ...request, showValues: false, signalsChanges: false, limits });
      return runApply(invocation, {
        ...request,
        options: { ...DEFAULT_RUN_OPTIONS, ...limits },
        releaseStopped: true,
        parallel: flags.parallel,
        wait,
        waitTimeoutMs: flags['wait-timeout'],
      });
    });
  }
}
