/**
 * Finds the command that a command line names, shows its help or runs it, and turns what is wrong with the words themselves
 * into exit code 2 and one line (CONTRACT §3); everything else is the command's own to say.
 */
import { Errors, type Command, type Config } from '@oclif/core';
import packageJson from '../../package.json' with { type: 'json' };
import { UsageError } from '../model/errors.ts';
import type { LeadingFlag } from './argv.ts';
import { findCommandWords } from './argv.ts';
import { loadConfig } from './command-line.ts';
import type { CommandEntry } from './commands/index.ts';
import { EXIT } from './exit.ts';
import { globalFlags } from './global-flags.ts';
import { rootHelp, showCommandHelp } from './help.ts';
import { neutraliseLine } from './render/neutralise.ts';
import { nearest } from './wire.ts';

type Table = Readonly<Record<string, CommandEntry>>;

const leadingFlags: readonly LeadingFlag[] = Object.entries(globalFlags).map(([name, flag]) => ({
  name,
  char: flag.char,
  takesValue: flag.type === 'option',
}));

/** Runs the words after the program's name and gives the exit code. */
export async function runCommandLine(argv: readonly string[], table: Table): Promise<number> {
  const { name, version, description } = packageJson;
  const config = await loadConfig({ name, version, description, root: import.meta.dirname }, table);
  const wantsHelp = argv.length === 0 || argv[0] === 'help' || argv.slice(0, endOfOptions(argv)).some(isHelpWord);
  const words = (argv[0] === 'help' ? argv.slice(1) : argv).filter((word) => !wantsHelp || !isHelpWord(word));
  const found = findCommandWords(words, leadingFlags, (id) => config.findCommand(id) !== undefined);
  switch (found.kind) {
    case 'unknown-command':
      return wrongUsage(noSuchCommand(found.word, config));
    case 'unknown-flag':
      return wrongUsage(
        `no flag ${found.flag} before the command${meant(found.flag, leadingFlags)}; flags of a command stand after it`,
      );
    case 'none':
      if (!wantsHelp && words.length > 0) return wrongUsage('no command is named; reeve --help lists them');
      process.stdout.write(rootHelp(table));
      return EXIT.converged;
    case 'command': {
      const command = config.findCommand(found.id, { must: true });
      if (!wantsHelp) return run(config, command, found.words);
      await showCommandHelp(config, command);
      return EXIT.converged;
    }
  }
}

async function run(config: Config, command: Command.Loadable, words: readonly string[]): Promise<number> {
  try {
    const exitCode: unknown = await config.runCommand(command.id, [...words], command);
    return typeof exitCode === 'number' ? exitCode : EXIT.converged;
  } catch (error) {
    if (error instanceof UsageError || error instanceof Errors.CLIError) {
      return wrongUsage(await usageText(error, command));
    }
    throw error;
  }
}

/** One line: what the parser says, without its decoration, and what was probably meant. */
async function usageText(error: Error, command: Command.Loadable): Promise<string> {
  const unknown = 'flags' in error && Array.isArray(error.flags) ? error.flags.map(String) : [];
  const [flag] = unknown;
  const title = command.id.replaceAll(':', ' ');
  if (flag !== undefined && error.message.startsWith('Nonexistent flag')) {
    const commandClass = await command.load();
    const flags = Object.entries({ ...commandClass.flags, ...commandClass.baseFlags });
    const known = flags.map(([name, { char }]) => ({ name, char }));
    return `${title} has no flag ${flag}${meant(flag, known)}; reeve ${title} --help lists them`;
  }
  const text = error.message
    .replace(/\n?See more help with --help/g, '')
    .replace(/^Parsing (--\S+)\s+/, '$1: ')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  return `${title}: ${text}`;
}

function meant(flag: string, known: readonly { readonly name: string }[]): string {
  const names = known.map(({ name }) => name);
  const name = flag.startsWith('--') ? nearest(flag.slice(2).split('=')[0] ?? '', names) : undefined;
  return name === undefined ? '' : `, did you mean --${name}?`;
}

function noSuchCommand(word: string, config: Config): string {
  const names = config.commands.flatMap(({ id, aliases }) => [id, ...aliases]).filter((id) => !id.includes(':'));
  const name = nearest(word, names);
  const remedy = name === undefined ? '' : `, did you mean ${name}?`;
  return `no command "${word}"${remedy}${remedy === '' ? ';' : ''} reeve --help lists them`;
}

function wrongUsage(text: string): number {
  process.stderr.write(`reeve: ${neutraliseLine(text)}\n`);
  return EXIT.usage;
}

function endOfOptions(argv: readonly string[]): number {
  const index = argv.indexOf('--');
  return index === -1 ? argv.length : index;
}

function isHelpWord(word: string): boolean {
  return word === '--help' || word === '-h';
}
