/**
 * What all stages of one load share.
 */

import type { Findings } from './diagnostic.ts';
import type { Document } from './document.ts';
import type { Environment } from './environment.ts';
import type { InputFiles } from './files.ts';
import type { Stdin } from './options.ts';

export interface LoadContext {
  readonly inputs: InputFiles;
  readonly findings: Findings;
  /** Where `~` leads. */
  readonly home: string | undefined;
  readonly stdin: Stdin | undefined;
  readonly signal: AbortSignal | undefined;
  /** Documents that were read ahead; a stage that uses them takes them out, because it changes them. */
  readonly readAhead: Map<string, readonly Document[]>;
  /** Files read by `include` and `extends` so far: bounded, because a cycle may hide behind links. */
  loads: number;
}

/** More files than this by `include` and `extends` are a mistake or an attack. */
export const MAX_LOADS = 2000;

/** One project: the one that is loaded, or an included one. */
export interface ModelRequest {
  readonly files: readonly string[];
  readonly workingDir: string;
  readonly environment: Environment;
  /** Files that lead here by `include`. */
  readonly includedBy: readonly string[];
}
