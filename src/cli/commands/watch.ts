import { DEFAULT_RUN_OPTIONS } from '../../execute/run-context.ts';
import { durationFlag, hookTimeoutFlag, ReeveCommand, targetsArgument } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { invoke } from '../invocation.ts';
import { Flags } from '../oclif.ts';
import { runWatch } from '../watch-run.ts';

export default class Watch extends ReeveCommand {
  static override summary = 'Converge, then keep it so: follow the files, the engine and the clock.';
  static override description =
    'A saved file, a container that dies or is started by others, and a look now and then each bring the project back to ' +
    'what its files say, hooks included. A file that does not load keeps the last good version. Ctrl-C ends it; the ' +
    'containers stay.';
  static override examples = [
    '<%= config.bin %> watch',
    '<%= config.bin %> watch --down-on-exit',
    '<%= config.bin %> watch /srv/projects --prune --resync 1m',
  ];
  static override args = targetsArgument;
  static override flags = {
    timeout: durationFlag({ char: 't', description: 'grace for each stop instead of the own one of each service' }),
    debounce: durationFlag({ description: 'quiet time after a change of a file before it is read (default 50ms)' }),
    resync: durationFlag({ description: 'look although nothing is known to have happened (default 5m; 0: never)' }),
    'down-on-exit': Flags.boolean({ description: 'take everything down when interrupted' }),
    'remove-orphans': Flags.boolean({ description: 'remove containers whose service the files no longer have' }),
    prune: Flags.boolean({ description: 'DIR only: take down projects whose folder goes away' }),
    'hook-timeout': hookTimeoutFlag(),
    parallel: Flags.integer({ min: 1, helpValue: 'N', description: 'engine calls in flight (default 8)' }),
    force: Flags.boolean({ description: 'stop containers although their pre_stop fails' }),
  };

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(Watch);
    const downOnExit = flags['down-on-exit'];
    return invoke(
      flags,
      (invocation) =>
        runWatch(invocation, {
          words: args.targets ?? [],
          debounceMs: flags.debounce,
          resyncMs: flags.resync,
          downOnExit,
          prune: flags.prune,
          policy: { removeOrphans: flags['remove-orphans'], force: flags.force },
          options: {
            ...DEFAULT_RUN_OPTIONS,
            stopTimeoutMs: flags.timeout,
            hookTimeoutMs: flags['hook-timeout'] ?? DEFAULT_RUN_OPTIONS.hookTimeoutMs,
          },
          parallel: flags.parallel,
        }),
      // Taking everything down may take as long as its hooks do.
      downOnExit ? { graceMs: 600_000 } : {},
    );
  }
}
