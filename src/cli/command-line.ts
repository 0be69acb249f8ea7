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

/** An oclif configuration that knows the commands of the table and loads the class of the one that is asked for. */
export function loadConfig(program: Program, table: Readonly<Record<string, CommandEntry>>): Promise<Config> {
  const pjson: Interfaces.PJSON = {
    name: program.name,
    version: program.version,
    description: program.description,
    oclif: { bin: program.name, topicSeparator: ' ' },
  };
  const findCommand = async (id: string): Promise<Command.Class> => {
    const entry = table[id];
    if (entry === undefined) throw new Error(`no command ${id}`);
    const { default: commandClass } = await entry.load();
    commandClass.id = id;
    return commandClass;
  };
  const plugin: Interfaces.Plugin = {
    _base: '',
    alias: program.name,
    commandIDs: Object.keys(table),
    commands: Object.entries(table).map(([id, entry]) => loadable(id, entry, () => findCommand(id))),
    commandsDir: undefined,
    findCommand,
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

function loadable(id: string, entry: CommandEntry, load: () => Promise<Command.Class>): Command.Loadable {
  return {
    id,
    summary: entry.summary,
    aliases: [...(entry.aliases ?? [])],
    hiddenAliases: [],
    hidden: false,
    flags: {},
    args: {},
    load,
  };
}
