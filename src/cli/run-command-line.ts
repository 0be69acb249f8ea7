/**
 * Finds the command that a command line names, shows its help or runs it, and turns what is wrong with the words themselves
 * into exit code 2 and one line (CONTRACT §3); everything else is the command's own to say.
 */
import { UsageError } from '../model/errors.ts';
import type { LeadingFlag } from './argv.ts';
import { findCommandWords } from './argv.ts';
import type { CommandClass } from './command.ts';
import type { CommandEntry } from './commands/index.ts';
import { findCommand } from './commands/index.ts';
import { EXIT } from './exit.ts';
import { globalFlags } from './global-flags.ts';
import { CLIError } from './oclif.ts';
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
  const wantsHelp = argv.length === 0 || argv[0] === 'help' || argv.slice(0, endOfOptions(argv)).some(isHelpWord);
  const words = (argv[0] === 'help' ? argv.slice(1) : argv).filter((word) => !wantsHelp || !isHelpWord(word));
  const found = findCommandWords(words, leadingFlags, (id) => findCommand(table, id) !== undefined);
  switch (found.kind) {
    case 'unknown-command':
      return wrongUsage(noSuchCommand(found.word, table));
    case 'unknown-flag':
      return wrongUsage(
        `no flag ${found.flag} before the command${meant(found.flag, leadingFlags)}; flags of a command stand after it`,
      );
    case 'none': {
      if (!wantsHelp && words.length > 0) return wrongUsage('no command is named; reeve --help lists them');
      const { rootHelp } = await import('./help.ts');
      process.stdout.write(rootHelp(table));
      return EXIT.converged;
    }
    case 'command': {
      if (!wantsHelp) return run(found.id, found.words, table);
      const { showCommandHelp } = await import('./help.ts');
      await showCommandHelp(found.id, table);
      return EXIT.converged;
    }
  }
}

async function run(id: string, words: readonly string[], table: Table): Promise<number> {
  const entry = findCommand(table, id);
  if (entry === undefined) throw new Error(`no command ${id}`);
  const { default: Command } = await entry.load();
  try {
    return await new Command(words).run();
  } catch (error) {
    if (error instanceof UsageError || error instanceof CLIError) return wrongUsage(usageText(error, id, Command));
    throw error;
  }
}

/** One line: what the parser says, without its decoration, and what was probably meant. */
function usageText(error: Error, id: string, { flags: own, baseFlags, args }: CommandClass): string {
  const unknown = 'flags' in error && Array.isArray(error.flags) ? error.flags.map(String) : [];
  const [flag] = unknown;
  const title = id.replaceAll(':', ' ');
  if (flag !== undefined && error.message.startsWith('Nonexistent flag')) {
    const known = Object.keys({ ...own, ...baseFlags }).map((name) => ({ name }));
    return `${title} has no flag ${flag}${meant(flag, known)}; reeve ${title} --help lists them`;
  }
  if (/^Missing \d+ required arg/.test(error.message)) {
    const names = Object.entries(args).flatMap(([name, { required }]) => (required ? [name.toUpperCase()] : []));
    return `${title} needs ${names.join(' ')}; reeve ${title} --help has examples`;
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

function noSuchCommand(word: string, table: Table): string {
  const names = Object.entries(table).flatMap(([id, { aliases = [] }]) => [id, ...aliases]);
  const name = nearest(
    word,
    names.filter((id) => !id.includes(':')),
  );
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
  return word === '--help' || word === '--help=true' || word === '-h';
}
