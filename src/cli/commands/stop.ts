import { DEFAULT_RUN_OPTIONS } from '../../execute/run-context.ts';
import { durationFlag, hookTimeoutFlag, ReeveCommand, servicesArgument } from '../command.ts';
import { runDown } from '../down-run.ts';
import type { ExitCode } from '../exit.ts';
import { invoke } from '../invocation.ts';
import { Flags } from '../oclif.ts';

export default class Stop extends ReeveCommand {
  static override summary = 'Stop containers, pre_stop hooks first; they stay stopped until start or apply.';
  static override description = 'In reverse dependency order. watch leaves what was stopped this way alone.';
  static override examples = [
    '<%= config.bin %> stop',
    '<%= config.bin %> stop web --timeout 5',
    '<%= config.bin %> stop -p shop',
  ];
  static override args = servicesArgument;
  static override flags = {
    timeout: durationFlag({ char: 't', description: 'grace for each stop instead of the own one of each service' }),
    'hook-timeout': hookTimeoutFlag(),
    force: Flags.boolean({ description: 'go on although a pre_stop fails' }),
  };

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(Stop);
    return invoke(flags, (invocation) =>
      runDown(invocation, {
        command: 'stop',
        words: args.services ?? [],
        volumes: false,
        removeOrphans: false,
        force: flags.force,
        options: {
          ...DEFAULT_RUN_OPTIONS,
          stopTimeoutMs: flags.timeout,
          hookTimeoutMs: flags['hook-timeout'] ?? DEFAULT_RUN_OPTIONS.hookTimeoutMs,
        },
      }),
    );
  }
}
