/**
 * Finds the command that a command line names, shows its help or runs it, and turns what it throws into an exit code.
 * What is wrong with the words themselves is exit code 2 (CONTRACT §3); everything else is the command's own to say.
 */
import { Errors, Help, type Command, type Config } from '@oclif/core';
import packageJson from '../../package.json' with { type: 'json' };
import { loadConfig } from './command-line.ts';
import type { CommandEntry } from './commands/index.ts';

const usageError = 2;
const helpWords = new Set(['--help', '-h']);

/** Runs the words after the program's name and gives the exit code. */
export async function runCommandLine(
  argv: readonly string[],
  table: Readonly<Record<string, CommandEntry>>,
): Promise<number> {
  const { name, version, description } = packageJson;
  const config = await loadConfig({ name, version, description, root: import.meta.dirname }, table);
  const wantsHelp = argv.length === 0 || argv[0] === 'help' || argv.slice(0, endOfOptions(argv)).some(isHelpWord);
  const words = argv[0] === 'help' ? argv.slice(1) : argv;
  try {
    if (wantsHelp) return await showHelp(config, words);
    const found = findCommand(config, words);
    if (found === undefined) return noSuchCommand(words);
    await config.runCommand(found.command.id, [...found.rest], found.command);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return exitCodeOf(error);
  }
}

interface FoundCommand {
  readonly command: Command.Loadable;
  readonly rest: readonly string[];
}

/** The longest run of leading words that names a command: `hooks logs web` is `hooks:logs` with `web` left over. */
function findCommand(config: Config, words: readonly string[]): FoundCommand | undefined {
  for (let length = Math.min(2, words.length); length > 0; length -= 1) {
    const command = config.findCommand(words.slice(0, length).join(':'));
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  return undefined;
}

async function showHelp(config: Config, argv: readonly string[]): Promise<number> {
  const words = argv.filter((word) => !isHelpWord(word));
  const help = new CommandListHelp(config, { maxWidth: 100, flagSortOrder: 'none', hideAliasesFromRoot: true });
  if (words.length === 0) {
    await help.showHelp([]);
    return 0;
  }
  const found = findCommand(config, words);
  if (found === undefined) return noSuchCommand(words);
  describeFrom(await found.command.load(), found.command);
  await help.showCommandHelp(found.command);
  return 0;
}

/** To oclif a command with subcommands is a topic too, and would be listed twice. */
class CommandListHelp extends Help {
  protected override get sortedTopics(): [] {
    return [];
  }
}

/** The table knows only a command's summary; its help needs what the class declares, base flags included. */
function describeFrom(commandClass: Command.Class, command: Command.Loadable): void {
  Object.assign(command, {
    args: named(commandClass.args),
    description: commandClass.description,
    examples: commandClass.examples,
    flags: named({ ...commandClass.baseFlags, ...commandClass.flags }),
    strict: commandClass.strict,
    usage: commandClass.usage,
  });
}

function named<T extends object>(definitions: Readonly<Record<string, T>>): Record<string, T & { name: string }> {
  return Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, { ...definition, name }]));
}

function noSuchCommand(words: readonly string[]): number {
  process.stderr.write(`reeve: no command "${words[0] ?? ''}"; reeve --help lists them\n`);
  return usageError;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? 0;
  if (error instanceof Errors.CLIError) {
    process.stderr.write(`reeve: ${error.message}\n`);
    return error.oclif.exit ?? usageError;
  }
  throw error;
}

function endOfOptions(argv: readonly string[]): number {
  const index = argv.indexOf('--');
  return index === -1 ? argv.length : index;
}

function isHelpWord(word: string): boolean {
  return helpWords.has(word);
}
