/** Completion for fish: one line for each thing that may be completed, with the condition under which. */

import type { CompletedCommand, CompletedFlag } from './commands.ts';
import { quote, spellingsAboutFiles, topics, topWords } from './commands.ts';

export function fishScript(commands: readonly CompletedCommand[]): string {
  const top = commands.filter(({ words }) => !words.includes(' '));
  const names = topWords(commands).join(' ');
  const lines = [
    '# fish completion of reeve: put it into ~/.config/fish/completions/reeve.fish',
    ...servicesFunction(commands),
    'complete -c reeve -f',
    ...top.map(
      ({ words, summary }) =>
        `complete -c reeve -n ${quote(`not __fish_seen_subcommand_from ${names}`)} -a ${words} -d ${quote(summary)}`,
    ),
  ];
  const seconds = topics(commands);
  for (const { words, flags, takesServices, choices, summary } of commands) {
    const [first = '', second] = words.split(' ');
    const own = (seconds.get(first) ?? []).map(({ word }) => word).join(' ');
    const seen = `__fish_seen_subcommand_from ${first}${second === undefined ? '' : `; and __fish_seen_subcommand_from ${second}`}`;
    if (second !== undefined) {
      const isNext = `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${own}`;
      lines.push(`complete -c reeve -n ${quote(isNext)} -a ${second} -d ${quote(summary)}`);
    }
    if (takesServices) {
      lines.push(`complete -c reeve -n ${quote(seen)} -a '(__reeve_services; __fish_complete_directories)'`);
    }
    if (choices.length > 0) lines.push(`complete -c reeve -n ${quote(seen)} -a ${quote(choices.join(' '))}`);
    for (const flag of flags) lines.push(flagLine(flag, seen));
  }
  return `${lines.join('\n')}\n`;
}

function flagLine({ name, char, summary, takesValue, takesFile, options }: CompletedFlag, seen: string): string {
  const short = char === undefined ? '' : ` -s ${char}`;
  const value = takesValue
    ? options.length > 0
      ? ` -x -a ${quote(options.join(' '))}`
      : takesFile
        ? ' -r -F'
        : ' -x'
    : '';
  return `complete -c reeve -n ${quote(seen)} -l ${name}${short}${value} -d ${quote(summary)}`;
}

function servicesFunction(commands: readonly CompletedCommand[]): string[] {
  const asked = spellingsAboutFiles(commands);
  const long = asked.filter((flag) => flag.startsWith('--')).map((flag) => quote(`${flag}=*`));
  return [
    'function __reeve_services',
    '  set -l given',
    "  set -l flag ''",
    '  for each in (commandline -opc)[2..]',
    "    set each (string replace -r '^~/' $HOME/ -- $each)",
    '    if test -n "$flag"',
    '      set -a given $flag $each',
    "      set flag ''",
    '    else',
    '      switch $each',
    `        case ${asked.join(' ')}`,
    '          set flag $each',
    `        case ${long.join(' ')}`,
    '          set -a given $each',
    '      end',
    '    end',
    '  end',
    '  reeve $given config --services 2>/dev/null </dev/null',
    'end',
  ];
}
