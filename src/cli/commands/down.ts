import { DEFAULT_RUN_OPTIONS } from '../../execute/run-context.ts';
import { durationFlag, hookTimeoutFlag, ReeveCommand, servicesArgument } from '../command.ts';
import { runDown } from '../down-run.ts';
import type { ExitCode } from '../exit.ts';
import { invoke } from '../invocation.ts';
import { Flags } from '../oclif.ts';

export default class Down extends ReeveCommand {
  static override summary = 'Stop and remove containers and networks, pre_stop hooks first.';
  static override description =
    'In reverse dependency order. A container whose pre_stop fails stays, the others go on, and the exit code is 1; --force ' +
    'lets it go. By project name alone (-p) no file is needed: names, order and hooks come from the containers. Services ' +
    'that no profile enables are left alone unless they are named.';
  static override examples = [
    '<%= config.bin %> down',
    '<%= config.bin %> down --volumes --timeout 30s',
    '<%= config.bin %> down -p shop',
  ];
  static override args = servicesArgument;
  static override flags = {
    volumes: Flags.boolean({ char: 'v', description: 'remove the named and anonymous volumes too, with their data' }),
    'remove-orphans': Flags.boolean({ description: 'also containers whose service the files do not have' }),
    timeout: durationFlag({ char: 't', description: 'grace for each stop instead of the own one of each service' }),
    'hook-timeout': hookTimeoutFlag(),
    force: Flags.boolean({ description: 'go on although a pre_stop fails' }),
  };

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(Down);
    return invoke(flags, (invocation) =>
      runDown(invocation, {
        command: 'down',
        words: args.services ?? [],
        volumes: flags.volumes,
        removeOrphans: flags['remove-orphans'],
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
