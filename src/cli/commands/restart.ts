import { DEFAULT_RUN_OPTIONS } from '../../execute/run-context.ts';
import { runApply } from '../apply-run.ts';
import { durationFlag, hookTimeoutFlag, ReeveCommand, servicesArgument } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { invoke } from '../invocation.ts';
import { Flags } from '../oclif.ts';

export default class Restart extends ReeveCommand {
  static override summary = 'Stop and start containers in dependency order: pre_stop, stop, start, post_start.';
  static override description =
    'Replaces nothing: a changed file is for apply. Dependencies of named services are left alone; services that depend on ' +
    'them with `restart: true` are restarted with them.';
  static override examples = ['<%= config.bin %> restart', '<%= config.bin %> restart web --timeout 5'];
  static override args = servicesArgument;
  static override flags = {
    timeout: durationFlag({ char: 't', description: 'grace for each stop instead of the own one of each service' }),
    'hook-timeout': hookTimeoutFlag(),
    'no-deps': Flags.boolean({ description: 'leave services alone that depend on the named ones' }),
    force: Flags.boolean({ description: 'go on although a pre_stop fails' }),
  };

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(Restart);
    return invoke(flags, (invocation) =>
      runApply(invocation, {
        command: 'restart',
        words: args.services ?? [],
        onlyServices: true,
        policyOf: (project, services) => {
          const names = services ?? new Set(Object.keys(project.services));
          const asked = { services: names, restart: names, followers: !flags['no-deps'], force: flags.force };
          return { ...asked, noDeps: true, existingOnly: true };
        },
        options: {
          ...DEFAULT_RUN_OPTIONS,
          stopTimeoutMs: flags.timeout,
          hookTimeoutMs: flags['hook-timeout'] ?? DEFAULT_RUN_OPTIONS.hookTimeoutMs,
        },
        // Named, it is wanted; a restart of everything leaves what was stopped by hand stopped.
        releaseStopped: (services) => services !== undefined,
        wait: false,
        waitTimeoutMs: undefined,
      }),
    );
  }
}
