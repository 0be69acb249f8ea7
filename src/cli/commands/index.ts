/**
 * The table of commands: what each is called, the line that `reeve --help` shows for it, and how its file is loaded. Only
 * the command that runs is loaded, so nothing here may import a command, an adapter or a library.
 */
import type { Command } from '@oclif/core';

export interface CommandEntry {
  /** One line, for the list of commands. */
  readonly summary: string;
  readonly aliases?: readonly string[];
  readonly load: () => Promise<{ readonly default: Command.Class }>;
}

/** Every command by its id; a topic and its command are joined by a colon (`hooks:logs` is `reeve hooks logs`). */
export const commands: Readonly<Record<string, CommandEntry>> = {
  apply: {
    summary: 'Make the containers what the files say, once, hooks included.',
    load: () => import('./apply.ts'),
  },
  plan: {
    summary: 'Show what apply would do and why; change nothing.',
    load: () => import('./plan.ts'),
  },
  down: {
    summary: 'Stop and remove containers and networks, pre_stop hooks first.',
    load: () => import('./down.ts'),
  },
  ps: {
    summary: 'Show what is desired beside what runs: state, health, hooks, drift.',
    aliases: ['status'],
    load: () => import('./ps.ts'),
  },
};
