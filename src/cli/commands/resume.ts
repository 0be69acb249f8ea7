import { ReeveCommand, servicesArgument } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { runHold } from '../hold-run.ts';
import { invoke } from '../invocation.ts';

export default class Resume extends ReeveCommand {
  static override summary = 'End a suspend.';
  static override description = 'The next apply, or a watch that runs, converges the project or the services again.';
  static override examples = [
    '<%= config.bin %> resume',
    '<%= config.bin %> resume web',
    '<%= config.bin %> resume -p shop',
  ];
  static override args = servicesArgument;

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(Resume);
    return invoke(flags, (invocation) => runHold(invocation, { words: args.services ?? [], suspend: false }));
  }
}
