import { DEFAULT_RUN_OPTIONS } from '../../execute/run-context.ts';
import { runApply } from '../apply-run.ts';
import { durationFlag, hookTimeoutFlag, ReeveCommand, servicesArgument } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { invoke } from '../invocation.ts';
import { Flags } from '../oclif.ts';

export default class Start extends ReeveCommand {
  static override summary = 'Start containers that are there, in dependency order, with their hooks.';
  static override description = 'Creates, replaces and removes nothing. What was stopped by hand is wanted again.';
  static override examples = ['<%= config.bin %> start', '<%= config.bin %> start web --wait'];
  static override args = servicesArgument;
  static override flags = {
    wait: Flags.boolean({ description: 'until everything is ready' }),
    'wait-timeout': durationFlag({ description: 'longest time for everything, hooks too; implies --wait' }),
    'hook-timeout': hookTimeoutFlag(),
  };

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(Start);
    return invoke(flags, (invocation) =>
      runApply(invocation, {
        command: 'start',
        words: args.services ?? [],
        onlyServices: true,
        policyOf: (_project, services) => ({ services, existingOnly: true }),
        options: {
          ...DEFAULT_RUN_OPTIONS,
          hookTimeoutMs: flags['hook-timeout'] ?? DEFAULT_RUN_OPTIONS.hookTimeoutMs,
        },
        releaseStopped: true,
        wait: flags.wait || flags['wait-timeout'] !== undefined,
        waitTimeoutMs: flags['wait-timeout'],
      }),
    );
  }
}
