/**
 * What a load is asked for and what it gives: the public face of src/compose, in types.
 */

import type { HookSource } from '../model/lint.ts';
import type { InputFile, Project } from '../model/project.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { LoadCache } from './load-cache.ts';

/** Bytes are decoded as those of a file. */
export type Stdin = string | Uint8Array;

export interface LoadOptions {
  /** As `-f`: paths from `cwd`; `-` is `stdin`. Default: COMPOSE_FILE, else the search for `compose.yaml` and its kin. */
  readonly files?: readonly string[];
  /** Text or bytes of standard input, or what reads it; asked only when a file is `-`. */
  readonly stdin?: Stdin | (() => Stdin | Promise<Stdin>);
  /** As `-p`. Default: COMPOSE_PROJECT_NAME, the files' `name`, the folder's name. */
  readonly projectName?: string;
  /** As `--project-directory`. Default: the folder of the first file. */
  readonly projectDirectory?: string;
  /** As `--env-file`. Default: COMPOSE_ENV_FILES, else `.env` of the project directory if it is there. */
  readonly envFiles?: readonly string[];
  /** Services that the caller names: those that no profile enables are switched on with their profiles. */
  readonly services?: readonly string[];
  /** As `--profile`. Default: COMPOSE_PROFILES. */
  readonly profiles?: readonly string[];
  /** Where relative paths of these options begin. */
  readonly cwd: string;
  /** The shell's variables, `process.env` as a rule. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** Of earlier loads of the same project: what did not change is not read again. Default: none. */
  readonly cache?: LoadCache;
  /** Tell how the hooks are written, for lint; everything is read then. Default false. */
  readonly hookSources?: boolean;
}

export type LoadResult =
  | {
      readonly ok: true;
      readonly project: Project;
      readonly warnings: readonly Diagnostic[];
      /** Of the services of the project; empty unless asked for. */
      readonly hookSources: readonly HookSource[];
    }
  | {
      readonly ok: false;
      readonly diagnostics: readonly Diagnostic[];
      readonly warnings: readonly Diagnostic[];
      /** What was read or looked for up to the failure: what to watch for a repair. */
      readonly inputFiles: readonly InputFile[];
    };
