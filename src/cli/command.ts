/** What all commands share: the global flags. A command parses its words, calls, renders; it decides nothing. */

import { Args, Command, Flags } from '@oclif/core';
import type { ExitCode } from './exit.ts';
import { parseDurationMs } from './durations.ts';
import { globalFlags } from './global-flags.ts';

export abstract class ReeveCommand extends Command {
  static override baseFlags = globalFlags;

  abstract override run(): Promise<ExitCode>;
}

/** Milliseconds, from `30s`, `5m` or a number of seconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: (text) => Promise.resolve(parseDurationMs(text)),
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
