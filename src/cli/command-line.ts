/**
 * Joins our table of commands to oclif: an oclif configuration whose only plug-in is that table, held in memory. oclif's
 * own discovery (walking folders, or a generated manifest) is not used: it would load every command, or need a build step
 * in development. Decides nothing about what commands do.
 */
import { Config, type Command, type Interfaces } from '@oclif/core';
import type { CommandEntry } from './commands/index.ts';

export interface Program {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** The folder that holds package.json; oclif only compares it. */
  readonly root: string;
}

/** An oclif configuration that knows the names and summaries of the commands, for its help; it runs none. */
export function loadConfig(program: Program, table: Readonly<Record<string, CommandEntry>>): Promise<Config> {
  const pjson: Interfaces.PJSON = {
    name: program.name,
    version: program.version,
    description: program.description,
    oclif: { bin: program.name, topicSeparator: ' ' },
  };
  const plugin: Interfaces.Plugin = {
    _base: '',
    alias: program.name,
    commandIDs: Object.keys(table),
    commands: Object.entries(table).map(([id, entry]) => loadable(id, entry)),
    commandsDir: undefined,
    findCommand: runsNothing,
    hasManifest: false,
    hooks: {},
    isRoot: true,
    load: () => Promise.resolve(),
    moduleType: 'module',
    name: program.name,
    options: { root: program.root },
    pjson,
    root: program.root,
    topics: [],
    type: 'core',
    valid: true,
    version: program.version,
  };
  return Config.load({ root: program.root, pjson, plugins: new Map([[plugin.name, plugin]]) });
}

function runsNothing(): never {
  throw new Error('the commands of this configuration are not run by it');
}

function loadable(id: string, entry: CommandEntry): Command.Loadable {
  return {
    id,
    summary: entry.summary,
    aliases: [...(entry.aliases ?? [])],
    hiddenAliases: [],
    hidden: false,
    flags: {},
    args: {},
    load: runsNothing,
  };
}
