import { ReeveCommand, servicesArgument } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { runHold } from '../hold-run.ts';
import { invoke } from '../invocation.ts';

export default class Suspend extends ReeveCommand {
  static override summary = 'Leave a project or services alone until resumed.';
  static override description =
    'apply and watch look, say so, and touch nothing of it. down and stop still work: they are asked for by hand.';
  static override examples = [
    '<%= config.bin %> suspend',
    '<%= config.bin %> suspend web',
    '<%= config.bin %> suspend -p shop',
  ];
  static override args = servicesArgument;

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(Suspend);
    return invoke(flags, (invocation) => runHold(invocation, { words: args.services ?? [], suspend: true }));
  }
}
