/**
 * What all commands share: the global flags, how words are parsed. A command parses its words, calls, renders; it decides
 * nothing. Its static members are those of an oclif command, from which oclif parses the words and lays out the help;
 * oclif's own base class is not used, as it brings configuration and plug-ins to every start.
 */

import { UsageError } from '../model/errors.ts';
import { withPlainBooleans } from './boolean-flags.ts';
import type { ExitCode } from './exit.ts';
import { parseDeadlineMs, parseDurationMs } from './durations.ts';
import { globalFlags } from './global-flags.ts';
import type { ArgInput, FlagInput, Input, ParserOutput } from './oclif.ts';
import { Args, Flags, parseWords } from './oclif.ts';

type Output = Record<string, unknown>;

export abstract class ReeveCommand {
  static summary: string;
  static description: string | undefined;
  /** Command lines; `<%= config.bin %>` stands for the program. */
  static examples: string[] = [];
  static args: ArgInput = {};
  static flags: FlagInput = {};
  static baseFlags = globalFlags;
  /** False: takes more words than `args` says. */
  static strict = true;

  readonly #words: readonly string[];

  /** `words`: those after the command's name, with the global flags before it. */
  constructor(words: readonly string[]) {
    this.#words = words;
  }

  abstract run(): Promise<ExitCode>;

  /** Throws oclif's CLIError, or UsageError, for words that the command does not take. */
  protected async parse<F extends Output, B extends Output, A extends Output>(
    command: Input<F, B, A>,
  ): Promise<ParserOutput<F, B, A>> {
    const flags = Object.assign({}, command.baseFlags, command.flags);
    const parsed = await parseWords<F, B, A>(withPlainBooleans(this.#words, flags), { ...command, flags });
    // Whoever asks what a command does, in letters that are run together, is not to see it done.
    if (parsed.flags['help'] === true) throw new UsageError('--help stands by itself: -h or --help');
    return parsed;
  }
}

/** A class of one command, as its file exports it. */
export interface CommandClass {
  readonly summary: string;
  readonly description: string | undefined;
  readonly examples: string[];
  readonly args: ArgInput;
  readonly flags: FlagInput;
  readonly baseFlags: FlagInput;
  readonly strict: boolean;
  new (words: readonly string[]): ReeveCommand;
}

/** Milliseconds, from `30s`, `5m` or a number of seconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: (text) => Promise.resolve(parseDurationMs(text)),
});

export const hookTimeoutFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  description: 'deadline of hooks that have none of their own (default 5m)',
  parse: (text) => Promise.resolve(parseDeadlineMs(text)),
});

/** `[SERVICE...]` */
export const servicesArgument = {
  services: Args.string({ name: 'SERVICE', multiple: true, ignoreStdin: true, description: 'services; default: all' }),
};

/** `[SERVICE|DIR...]` */
export const targetsArgument = {
  targets: Args.string({
    name: 'SERVICE|DIR',
    multiple: true,
    ignoreStdin: true,
    description: 'services (default: all), or directories of which each sub-folder with a Compose file is a project',
  }),
};
