import { ReeveCommand } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { EXIT } from '../exit.ts';
import { invoke } from '../invocation.ts';
import { knownProject, tryFiles } from '../known-project.ts';
import { Flags } from '../oclif.ts';
import { historyJson, renderHistory } from '../render/history.ts';
import { withConnection } from '../session.ts';
import { systemClock } from '../wire.ts';

export default class History extends ReeveCommand {
  static override summary = 'Show what was done, when and why; newest last.';
  static override examples = [
    '<%= config.bin %> history',
    '<%= config.bin %> history --limit 200 --json',
    '<%= config.bin %> history --all',
  ];
  static override flags = {
    limit: Flags.integer({ char: 'n', min: 1, default: 50, description: 'newest lines only' }),
    all: Flags.boolean({ char: 'a', description: 'of all projects on this engine; needs no files' }),
  };

  async run(): Promise<ExitCode> {
    const { flags } = await this.parse(History);
    return invoke(flags, (invocation) =>
      withConnection(
        invocation,
        () => (flags.all ? Promise.resolve(undefined) : tryFiles(invocation)),
        ({ state }, loaded) => {
          const { output } = invocation;
          const project = flags.all ? undefined : knownProject(invocation, state, loaded).name;
          const entries = state.history.list({ limit: flags.limit, ...(project !== undefined && { project }) });
          if (output.json) for (const entry of entries) output.object(historyJson(entry));
          else if (entries.length === 0) output.note('nothing was done yet');
          else
            output.result(renderHistory(entries, { nowMs: systemClock.now(), namesProject: flags.all }, output.style));
          return Promise.resolve(EXIT.converged);
        },
      ),
    );
  }
}
