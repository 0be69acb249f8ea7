/**
 * The flags that every command takes, before or after its name. What they mean for loading files is said here once:
 * the same names, defaults and variables as Docker Compose.
 */

import { Flags } from './oclif.ts';
import { LOG_LEVELS } from '../log.ts';
import type { LogLevel } from '../log.ts';
import type { LoadOptions } from './wire.ts';

const helpGroup = 'GLOBAL';

export const globalFlags = {
  file: Flags.string({
    char: 'f',
    helpGroup,
    helpValue: 'PATH',
    multiple: true,
    multipleNonGreedy: true,
    description: 'Compose file; repeat it to merge several, - is standard input',
  }),
  'project-name': Flags.string({ char: 'p', helpGroup, helpValue: 'NAME', description: 'project name' }),
  'project-directory': Flags.string({
    helpGroup,
    helpValue: 'PATH',
    description: "folder that relative paths begin from (default: the first file's)",
  }),
  'env-file': Flags.string({
    helpGroup,
    helpValue: 'PATH',
    multiple: true,
    multipleNonGreedy: true,
    description: 'variables for the files, instead of .env',
  }),
  profile: Flags.string({
    helpGroup,
    helpValue: 'NAME',
    multiple: true,
    multipleNonGreedy: true,
    description: 'profile to enable; * enables all',
  }),
  host: Flags.string({
    char: 'H',
    helpGroup,
    helpValue: 'ADDRESS',
    description: 'engine (default: DOCKER_HOST, the Docker context, the local socket)',
  }),
  json: Flags.boolean({ helpGroup, description: 'one JSON object a line' }),
  'log-level': Flags.option({
    options: LOG_LEVELS,
    default: 'info' as const,
    helpGroup,
    description: 'how much is said on stderr',
  })(),
  'no-color': Flags.boolean({ helpGroup, description: 'no colours (so does NO_COLOR)' }),
  help: Flags.boolean({ char: 'h', helpGroup, description: 'show what a command does, with examples' }),
};

/** The global flags of one command line. */
export interface GlobalFlags {
  readonly file?: readonly string[] | undefined;
  readonly 'project-name'?: string | undefined;
  readonly 'project-directory'?: string | undefined;
  readonly 'env-file'?: readonly string[] | undefined;
  readonly profile?: readonly string[] | undefined;
  readonly host?: string | undefined;
  readonly json: boolean;
  readonly 'log-level': LogLevel;
  readonly 'no-color': boolean;
}

/** What the loader is asked for: these flags, this folder, these variables. */
export function loadOptionsOf(
  flags: GlobalFlags,
  surroundings: Pick<LoadOptions, 'cwd' | 'environment' | 'stdin'>,
): LoadOptions {
  const { file, profile } = flags;
  return {
    ...surroundings,
    ...(file && { files: file }),
    ...(profile && { profiles: profile }),
    ...(flags['project-name'] !== undefined && { projectName: flags['project-name'] }),
    ...(flags['project-directory'] !== undefined && { projectDirectory: flags['project-directory'] }),
    ...(flags['env-file'] && { envFiles: flags['env-file'] }),
  };
}
