/**
 * Completion scripts for shells, made from the table of commands and their flags: pure text. Service names are asked from
 * `reeve config --services` while completing, with the files and the project that the line names; everything else stands
 * in the script.
 */

import { bashScript } from './bash.ts';
import type { CompletedCommand } from './commands.ts';
import { fishScript } from './fish.ts';
import { zshScript } from './zsh.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      return zshScript(commands);
    case 'fish':
      return fishScript(commands);
  }
}
