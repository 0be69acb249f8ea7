import { ReeveCommand } from '../command.ts';
import { runDoctor } from '../doctor-run.ts';
import type { ExitCode } from '../exit.ts';
import { invoke } from '../invocation.ts';

export default class Doctor extends ReeveCommand {
  static override summary = 'Check that the engine can be reached, what it can do, and where state is kept.';
  static override description = 'Exit code 4 when the engine cannot be reached.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor -H tcp://10.0.0.5:2375 --json'];

  async run(): Promise<ExitCode> {
    const { flags } = await this.parse(Doctor);
    return invoke(flags, runDoctor);
  }
}
