/**
 * The table of commands: what each is called, the line that `reeve --help` shows for it, and how its file is loaded. Only
 * the command that runs is loaded, so nothing here may import a command, an adapter or a library.
 */
import type { CommandClass } from '../command.ts';

export interface CommandEntry {
  /** One line, for the list of commands. */
  readonly summary: string;
  readonly aliases?: readonly string[];
  readonly load: () => Promise<{ readonly default: CommandClass }>;
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
  watch: {
    summary: 'Converge, then keep it so: follow the files, the engine and the clock.',
    load: () => import('./watch.ts'),
  },
  ps: {
    summary: 'Show what is desired beside what runs: state, health, hooks, drift.',
    aliases: ['status'],
    load: () => import('./ps.ts'),
  },
  down: {
    summary: 'Stop and remove containers and networks, pre_stop hooks first.',
    load: () => import('./down.ts'),
  },
  stop: {
    summary: 'Stop containers, pre_stop hooks first; they stay stopped until start or apply.',
    load: () => import('./stop.ts'),
  },
  start: {
    summary: 'Start containers that are there, in dependency order, with their hooks.',
    load: () => import('./start.ts'),
  },
  restart: {
    summary: 'Stop and start containers in dependency order: pre_stop, stop, start, post_start.',
    load: () => import('./restart.ts'),
  },
  suspend: {
    summary: 'Leave a project or services alone until resumed.',
    load: () => import('./suspend.ts'),
  },
  resume: {
    summary: 'End a suspend.',
    load: () => import('./resume.ts'),
  },
  hooks: {
    summary: 'List the runs of hooks: when, why, how they ended; newest last.',
    load: () => import('./hooks/index.ts'),
  },
  'hooks:logs': {
    summary: 'Show what the hooks of a service printed, of the newest run of each.',
    load: () => import('./hooks/logs.ts'),
  },
  'hooks:retry': {
    summary: 'Run post_start hooks that failed, are owed, or were assumed to have run.',
    load: () => import('./hooks/retry.ts'),
  },
  history: {
    summary: 'Show what was done, when and why; newest last.',
    load: () => import('./history.ts'),
  },
  config: {
    summary: 'Print the model that the files give.',
    load: () => import('./config.ts'),
  },
  doctor: {
    summary: 'Check that the engine can be reached, what it can do, and where state is kept.',
    load: () => import('./doctor.ts'),
  },
  completion: {
    summary: 'Print a completion script for bash, zsh or fish.',
    load: () => import('./completion.ts'),
  },
};

/** The command of an id or of an alias. */
export function findCommand(table: Readonly<Record<string, CommandEntry>>, id: string): CommandEntry | undefined {
  if (Object.hasOwn(table, id)) return table[id];
  return Object.values(table).find(({ aliases }) => aliases?.includes(id));
}
