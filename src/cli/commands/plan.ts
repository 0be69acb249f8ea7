import { DEFAULT_STOP_LIMITS } from '../../plan/stop-budget.ts';
import { durationFlag, hookTimeoutFlag, ReeveCommand, targetsArgument } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { invoke } from '../invocation.ts';
import { Flags } from '../oclif.ts';
import { runPlan } from '../plan-run.ts';
import { scaleOf } from '../scale.ts';

export default class Plan extends ReeveCommand {
  static override summary = 'Show what apply would do and why; change nothing.';
  static override description =
    'Each action with its cause, hooks included, grouped by what it is about. Values that come from outside the files are ' +
    'shown as ***.';
  static override examples = [
    '<%= config.bin %> plan',
    '<%= config.bin %> plan web --json',
    '<%= config.bin %> plan --exit-code || echo "something to do"',
  ];
  static override args = targetsArgument;
  static override flags = {
    'exit-code': Flags.boolean({ description: 'exit with 2 when there is anything to do' }),
    'remove-orphans': Flags.boolean({ description: 'as apply --remove-orphans' }),
    prune: Flags.boolean({ description: 'as apply --prune' }),
    'force-recreate': Flags.boolean({ description: 'as apply --force-recreate' }),
    'no-deps': Flags.boolean({ description: 'as apply --no-deps' }),
    'renew-anon-volumes': Flags.boolean({ char: 'V', description: 'as apply --renew-anon-volumes' }),
    'recreate-volumes': Flags.boolean({ description: 'as apply --recreate-volumes' }),
    scale: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'SERVICE=N',
      description: 'as apply --scale',
    }),
    pull: Flags.option({ options: ['always', 'missing', 'never'] as const, description: 'as apply --pull' })(),
    timeout: durationFlag({ char: 't', description: 'as apply --timeout' }),
    'hook-timeout': hookTimeoutFlag({ description: 'as apply --hook-timeout' }),
    'show-values': Flags.boolean({ description: 'show values that come from outside the files' }),
  };

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(Plan);
    return invoke(flags, (invocation) =>
      runPlan(invocation, {
        words: args.targets ?? [],
        scale: scaleOf(flags.scale),
        policyOf: (_project, services) => ({
          services,
          noDeps: flags['no-deps'],
          removeOrphans: flags['remove-orphans'],
          forceRecreate: flags['force-recreate'],
          renewVolumes: flags['renew-anon-volumes'],
          recreateVolumes: flags['recreate-volumes'],
          pull: flags.pull ?? 'policy',
        }),
        command: 'plan',
        prune: flags.prune ? { force: false } : undefined,
        showValues: flags['show-values'],
        limits: {
          stopTimeoutMs: flags.timeout,
          hookTimeoutMs: flags['hook-timeout'] ?? DEFAULT_STOP_LIMITS.hookTimeoutMs,
        },
        signalsChanges: flags['exit-code'],
      }),
    );
  }
}
