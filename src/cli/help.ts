/**
 * `--help`: the list of commands in the order of the table, and the page of one command with its flags and examples. oclif
 * lays out the page; the table knows only summaries, so the class of the command that is asked about is loaded for it.
 */

import { CommandHelp, Help, type Command } from '@oclif/core';
import packageJson from '../../package.json' with { type: 'json' };
import type { CommandClass } from './command.ts';
import { loadConfig } from './command-line.ts';
import type { CommandEntry } from './commands/index.ts';
import { findCommand } from './commands/index.ts';

export function rootHelp(table: Readonly<Record<string, CommandEntry>>): string {
  const names = Object.keys(table).map((id) => id.replaceAll(':', ' '));
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const commands = Object.values(table).map(
    ({ summary }, index) => `  ${(names[index] ?? '').padEnd(width)}${summary}`,
  );
  return `${packageJson.description.replace(/^A controller(.*?): /, 'reeve is a controller$1: it ')}

USAGE
  $ reeve [GLOBAL FLAGS] COMMAND [FLAGS] [SERVICE...]

COMMANDS
${commands.join('\n')}

GLOBAL FLAGS, before or after the command
  -f, --file PATH      -p, --project-name NAME    -H, --host ADDRESS     --json
  --env-file PATH      --project-directory PATH   --log-level LEVEL      --no-color
  --profile NAME       -h, --help                 --version

EXAMPLES
  $ reeve plan                       what would be done, and why
  $ reeve apply --wait               do it, until everything is ready
  $ reeve watch                      and keep it so
  $ reeve COMMAND --help             flags and examples of one command

EXIT CODES
  0 converged   1 something failed   2 wrong usage, or plan --exit-code with changes   3 a Compose file is invalid
  4 the engine cannot be reached   130 interrupted
`;
}

export async function showCommandHelp(id: string, table: Readonly<Record<string, CommandEntry>>): Promise<void> {
  const { name, version, description } = packageJson;
  const config = await loadConfig({ name, version, description, root: import.meta.dirname }, table);
  const command = config.findCommand(id, { must: true });
  const entry = findCommand(table, id);
  if (entry !== undefined) describeFrom((await entry.load()).default, command);
  const help = new CommandPage(config, {
    maxWidth: 110,
    flagSortOrder: 'none',
    hideCommandSummaryInDescription: true,
  });
  await help.showCommandHelp(command);
}

class CommandPage extends Help {
  protected override CommandHelpClass = FlagList;
}

/** oclif trims a list as a whole, and so moves a first flag that has no letter out of its column. */
class FlagList extends CommandHelp {
  override renderList(...list: Parameters<CommandHelp['renderList']>): string {
    const text = super.renderList(...list);
    const first = list[0][0]?.[0] ?? '';
    const isOnOneLine = text.startsWith(`${first.trim()} `);
    return isOnOneLine ? first.slice(0, first.length - first.trimStart().length) + text : text;
  }
}

/** Base flags included; a usage line that names arguments as the contract does. */
function describeFrom(commandClass: CommandClass, command: Command.Loadable): void {
  const args = Object.values(commandClass.args).map((arg) => {
    const name = arg.multiple === true ? `${arg.name ?? ''}...` : (arg.name ?? '');
    return arg.required === true ? name : `[${name}]`;
  });
  Object.assign(command, {
    args: named(commandClass.args),
    description: commandClass.description,
    examples: commandClass.examples,
    flags: named({ ...commandClass.flags, ...commandClass.baseFlags }),
    strict: commandClass.strict,
    usage: [command.id.replaceAll(':', ' '), ...args, '[FLAGS]'].join(' '),
  });
}

function named<T extends object>(definitions: Readonly<Record<string, T>>): Record<string, T & { name: string }> {
  return Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, { name, ...definition }]));
}
