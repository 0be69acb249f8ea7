import type { CommandClass } from '../command.ts';
import { ReeveCommand } from '../command.ts';
import type { CompletedCommand, CompletedFlag } from '../completion/commands.ts';
import { completionScript, SHELLS } from '../completion/script.ts';
import type { ExitCode } from '../exit.ts';
import { EXIT } from '../exit.ts';
import { commands } from './index.ts';
import { invoke } from '../invocation.ts';
import { Args } from '../oclif.ts';

export default class Completion extends ReeveCommand {
  static override summary = 'Print a completion script for bash, zsh or fish.';
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    '<%= config.bin %> completion zsh > "${fpath[1]}/_reeve"',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/reeve.fish',
  ];
  static override args = {
    shell: Args.string({
      name: 'SHELL',
      required: true,
      ignoreStdin: true,
      options: [...SHELLS],
      description: 'which shell',
    }),
  };

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(Completion);
    return invoke(flags, async ({ output }) => {
      const described = await Promise.all(
        Object.entries(commands).flatMap(([id, { summary, aliases = [], load }]) =>
          [id, ...aliases].map(async (name) => describe(name, summary, (await load()).default)),
        ),
      );
      const shell = SHELLS.find((one) => one === args.shell) ?? 'bash';
      output.result(completionScript(shell, described).trimEnd());
      return EXIT.converged;
    });
  }
}

function describe(id: string, summary: string, commandClass: CommandClass): CompletedCommand {
  const flags = Object.entries({ ...commandClass.flags, ...commandClass.baseFlags });
  return {
    words: id.replaceAll(':', ' '),
    summary,
    choices: Object.values(commandClass.args).flatMap(({ options = [] }) => options),
    takesServices: ['services', 'targets', 'service'].some((name) => Object.hasOwn(commandClass.args, name)),
    flags: flags.map(([name, flag]): CompletedFlag => ({
      name,
      char: flag.char,
      summary: flag.description ?? '',
      takesValue: flag.type === 'option',
      takesFile: flag.type === 'option' && flag.helpValue === 'PATH',
      options: flag.type === 'option' ? [...(flag.options ?? [])] : [],
    })),
  };
}
