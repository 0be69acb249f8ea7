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
export const commands: Readonly<Record<string, CommandEntry>> = {};
