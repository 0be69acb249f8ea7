/** What a start, of whichever kind, hands the arguments to. */

import type { Loader } from './loader.ts';

export interface Program {
  /** Gives the exit code. */
  main(argv: readonly string[]): Promise<number>;
}

export function programOf(loader: Loader): Program {
  return loader.load('cli.cjs') as Program;
}
