/**
 * Completion scripts for shells, made from the table of commands and their flags: pure text. Service names are asked from
 * `reeve config --services` while completing; everything else stands in the script.
 */

export interface CompletedCommand {
  /** Words that name it: `hooks logs`. */
  readonly words: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  /** It takes services. */
  readonly takesServices: boolean;
}

export interface CompletedFlag {
  readonly name: string;
  readonly char: string | undefined;
  readonly summary: string;
  readonly takesValue: boolean;
  readonly takesFile: boolean;
  readonly options: readonly string[];
}

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

const SERVICES = 'reeve config --services 2>/dev/null';

function bashScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ words, flags, takesServices }) => {
    const names = flags.flatMap(({ name, char }) => [`--${name}`, ...(char === undefined ? [] : [`-${char}`])]);
    return `    ${quote(words)}) flags=${quote(names.join(' '))}; services=${takesServices ? 'yes' : ''} ;;`;
  });
  const valued = commands.flatMap(({ flags }) => flags).filter(({ takesValue }) => takesValue);
  const options = unique(valued.filter((flag) => flag.options.length > 0)).map(
    ({ name, options: words }) =>
      `    --${name}) COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$word")); return ;;`,
  );
  const files = unique(valued.filter((flag) => flag.takesFile)).map(spellings);
  const others = unique(valued.filter((flag) => !flag.takesFile && flag.options.length === 0)).map(spellings);
  return `# bash completion of reeve: source it, or put it into /etc/bash_completion.d/reeve
_reeve() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command='' flags='' services='' each
  case "$before" in
${options.join('\n')}
    ${files.join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    ${others.join('|')}) return ;;
  esac
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " ${topWords(commands).join(' ')} " in *" $each "*) [ -z "$command" ] && command="$each" ;; esac
    case "$command $each" in ${pairPattern(commands)}) command="$command $each" ;; esac
  done
  if [ -z "$command" ] && [[ "$word" != -* ]]; then
    COMPREPLY=($(compgen -W ${quote(topWords(commands).join(' '))} -- "$word")); return
  fi
  case "$command" in
${cases.join('\n')}
    *) flags=${quote(globalFlagNames(commands))} ;;
  esac
  if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$word"))
  elif [ -n "$services" ]; then COMPREPLY=($(compgen -W "$(${SERVICES})${subwordText(commands)}" -- "$word") $(compgen -d -- "$word"))
  fi
}
complete -F _reeve reeve
`;
}

function zshScript(commands: readonly CompletedCommand[]): string {
  const top = commands.filter(({ words }) => !words.includes(' '));
  const described = top.map(({ words, summary }) => `    ${quote(`${words}:${zshText(summary)}`)}`);
  const cases = commands.map(({ words, flags, takesServices }) => {
    const specs = flags.flatMap(zshFlag).map((spec) => `      ${quote(spec)}`);
    const rest = takesServices ? [`      '*:service:_reeve_services'`] : [];
    return `    ${quote(words)})\n      _arguments -s \\\n${[...specs, ...rest]
      .map((line) => line.trim())
      .map((line) => `        ${line}`)
      .join(' \\\n')} ;;`;
  });
  return `#compdef reeve
# zsh completion of reeve: put it into a folder of $fpath as _reeve
_reeve_services() {
  local -a services
  services=(\${(f)"$(${SERVICES})"})
  _describe service services
  _files -/
}
_reeve() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  local command='' each
  for each in \${words[2,CURRENT-1]}; do
    [[ -z $command && " ${topWords(commands).join(' ')} " == *" $each "* ]] && command=$each
    case "$command $each" in ${pairPattern(commands)}) command="$command $each" ;; esac
  done
  if [[ -z $command ]]; then
    _describe command commands
    return
  fi
  case $command in
${cases.join('\n')}
  esac
}
compdef _reeve reeve
`;
}

function zshFlag({ name, char, summary, takesValue, takesFile, options }: CompletedFlag): string[] {
  const value = takesValue
    ? `:${name}:${options.length > 0 ? `(${options.join(' ')})` : takesFile ? '_files' : ' '}`
    : '';
  const text = `[${zshText(summary)}]${value}`;
  return [`*--${name}${text}`, ...(char === undefined ? [] : [`*-${char}${text}`])];
}

function zshText(text: string): string {
  return text.replaceAll(/[[\]:]/g, ' ').replaceAll(/\s+/g, ' ');
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const top = commands.filter(({ words }) => !words.includes(' '));
  const names = topWords(commands).join(' ');
  const lines = [
    '# fish completion of reeve: put it into ~/.config/fish/completions/reeve.fish',
    'complete -c reeve -f',
    ...top.map(
      ({ words, summary }) =>
        `complete -c reeve -n ${quote(`not __fish_seen_subcommand_from ${names}`)} -a ${words} -d ${quote(summary)}`,
    ),
  ];
  for (const { words, flags, takesServices, summary } of commands) {
    const [first = '', second] = words.split(' ');
    const seen = `__fish_seen_subcommand_from ${first}${second === undefined ? '' : `; and __fish_seen_subcommand_from ${second}`}`;
    if (second !== undefined)
      lines.push(
        `complete -c reeve -n ${quote(`__fish_seen_subcommand_from ${first}`)} -a ${second} -d ${quote(summary)}`,
      );
    if (takesServices)
      lines.push(`complete -c reeve -n ${quote(seen)} -a ${quote(`(${SERVICES}; __fish_complete_directories)`)}`);
    for (const { name, char, summary: text, takesValue, takesFile, options } of flags) {
      const short = char === undefined ? '' : ` -s ${char}`;
      const value = takesValue
        ? options.length > 0
          ? ` -x -a ${quote(options.join(' '))}`
          : takesFile
            ? ' -r -F'
            : ' -x'
        : '';
      lines.push(`complete -c reeve -n ${quote(seen)} -l ${name}${short}${value} -d ${quote(text)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function topWords(commands: readonly CompletedCommand[]): string[] {
  return commands.flatMap(({ words }) => (words.includes(' ') ? [] : [words]));
}

/** `'hooks logs'|'hooks retry'`; never empty, for a pattern must stand there. */
function pairPattern(commands: readonly CompletedCommand[]): string {
  const pairs = commands.filter(({ words }) => words.includes(' ')).map(({ words }) => quote(words));
  return pairs.length > 0 ? pairs.join('|') : "''";
}

/** Second words, offered beside services. */
function subwordText(commands: readonly CompletedCommand[]): string {
  const byTopic = Map.groupBy(
    commands.filter(({ words }) => words.includes(' ')),
    ({ words }) => words.split(' ')[0] ?? '',
  );
  return [...byTopic]
    .map(
      ([topic, own]) =>
        `$([ "$command" = ${topic} ] && echo ' ${own.map(({ words }) => words.split(' ')[1]).join(' ')}')`,
    )
    .join('');
}

function globalFlagNames(commands: readonly CompletedCommand[]): string {
  const lists = commands.map(({ flags }) => flags.map(({ name }) => name));
  const common = (lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name)));
  return common.map((name) => `--${name}`).join(' ');
}

function unique(flags: readonly CompletedFlag[]): CompletedFlag[] {
  return [...new Map(flags.map((flag) => [flag.name, flag])).values()];
}

function spellings({ name, char }: CompletedFlag): string {
  return char === undefined ? `--${name}` : `--${name}|-${char}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
