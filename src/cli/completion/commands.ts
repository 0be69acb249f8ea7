/** What completion knows of commands and flags, and what the scripts of all shells need of it. */

export interface CompletedCommand {
  /** Words that name it: `hooks logs`. */
  readonly words: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  /** It takes services. */
  readonly takesServices: boolean;
  /** What its argument may be, where that is one of a few words. */
  readonly choices: readonly string[];
}

export interface CompletedFlag {
  readonly name: string;
  readonly char: string | undefined;
  readonly summary: string;
  readonly takesValue: boolean;
  readonly takesFile: boolean;
  readonly options: readonly string[];
}

/** Flags that say which files are read and how, so which services there are; the script hands them on when it asks. */
const ABOUT_FILES = new Set(['file', 'project-name', 'project-directory', 'env-file', 'profile']);

/** `-f`, `--file`, …: what stands on the line before a value that the services depend on. */
export function spellingsAboutFiles(commands: readonly CompletedCommand[]): string[] {
  const flags = uniqueFlags(commands.flatMap((command) => command.flags)).filter(({ name }) => ABOUT_FILES.has(name));
  return flags.flatMap(spellings);
}

export function topWords(commands: readonly CompletedCommand[]): string[] {
  return commands.flatMap(({ words }) => (words.includes(' ') ? [] : [words]));
}

/** `hooks` and its second words, each with its summary. */
export function topics(
  commands: readonly CompletedCommand[],
): ReadonlyMap<string, readonly { readonly word: string; readonly summary: string }[]> {
  const pairs = commands.flatMap(({ words, summary }) => {
    const [topic = '', word] = words.split(' ');
    return word === undefined ? [] : [{ topic, word, summary }];
  });
  return Map.groupBy(pairs, ({ topic }) => topic);
}

/** `'hooks logs'|'hooks retry'`; never empty, for a pattern must stand there. */
export function pairPattern(commands: readonly CompletedCommand[]): string {
  const pairs = commands.filter(({ words }) => words.includes(' ')).map(({ words }) => quote(words));
  return pairs.length > 0 ? pairs.join('|') : "''";
}

export function uniqueFlags(flags: readonly CompletedFlag[]): CompletedFlag[] {
  return [...new Map(flags.map((flag) => [flag.name, flag])).values()];
}

/** `--file`, `-f` */
export function spellings({ name, char }: CompletedFlag): string[] {
  return char === undefined ? [`--${name}`] : [`--${name}`, `-${char}`];
}

/** For a shell, whatever it holds. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
