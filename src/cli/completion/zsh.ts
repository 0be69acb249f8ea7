/** Completion for zsh: `_arguments` knows flags and their values; what is left are commands and services. */

import type { CompletedCommand, CompletedFlag } from './commands.ts';
import { pairPattern, quote, spellingsAboutFiles, topics, topWords } from './commands.ts';

export function zshScript(commands: readonly CompletedCommand[]): string {
  const top = commands.filter(({ words }) => !words.includes(' '));
  const described = top.map(({ words, summary }) => `    ${describedWord(words, summary)}`);
  const cases = commands.map(({ words, flags, takesServices, choices }) => {
    const specs = [...flags.flatMap(flagSpecs), ...restSpecs(takesServices, choices)];
    return `    ${quote(words)})\n      _arguments -s \\\n${specs.map((spec) => `        ${quote(spec)}`).join(' \\\n')} ;;`;
  });
  const seconds = [...topics(commands)].map(
    ([topic, own]) =>
      `    ${topic}) seconds=(${own.map(({ word, summary }) => describedWord(word, summary)).join(' ')}) ;;`,
  );
  const asked = spellingsAboutFiles(commands);
  const long = asked.filter((flag) => flag.startsWith('--')).map((flag) => `${flag}=*`);
  return `#compdef reeve
# zsh completion of reeve: put it into a folder of $fpath as _reeve, or source it after compinit
_reeve_services() {
  local -a services seconds given
  local each flag=''
  for each in \${words[2,CURRENT-1]}; do
    each=\${\${(Q)each}/#\\~\\//$HOME/}
    if [[ -n $flag ]]; then given+=($flag $each); flag=''
    elif [[ $each == (${asked.join('|')}) ]]; then flag=$each
    elif [[ $each == (${long.join('|')}) ]]; then given+=($each)
    fi
  done
  case $words[CURRENT-1] in
${seconds.join('\n')}
  esac
  (( $#seconds )) && _describe command seconds
  services=(\${(f)"$(reeve $given config --services 2>/dev/null </dev/null)"})
  _describe service services
  _files -/
}
_reeve() {
  local -a commands line
  local -A opt_args
  local context state state_descr
  commands=(
${described.join('\n')}
  )
  local command='' each
  for each in \${words[2,CURRENT-1]}; do
    [[ -z $command && " ${topWords(commands).join(' ')} " == *" $each "* ]] && command=$each
    case "$command $each" in ${pairPattern(commands)}) command="$command $each" ;; esac
  done
  if [[ -z $command ]]; then
    _arguments -s \\
${globalSpecs(commands)
  .map((spec) => `      ${quote(spec)}`)
  .join(' \\\n')} \\
      '*: :->command'
    [[ $state == command ]] && _describe command commands
    return
  fi
  case $command in
${cases.join('\n')}
  esac
}
# Loaded from $fpath this file is the function itself, and its first call has to complete something.
if [[ $funcstack[1] == _reeve ]]; then
  _reeve "$@"
else
  compdef _reeve reeve
fi
`;
}

function restSpecs(takesServices: boolean, choices: readonly string[]): string[] {
  if (takesServices) return ['*:service:_reeve_services'];
  return choices.length > 0 ? [`*: :(${choices.join(' ')})`] : [];
}

/** Of flags that all commands have: they may stand before the command. */
function globalSpecs(commands: readonly CompletedCommand[]): string[] {
  const [first, ...others] = commands;
  const isGlobal = ({ name }: CompletedFlag): boolean =>
    others.every(({ flags }) => flags.some((flag) => flag.name === name));
  return (first?.flags ?? []).filter(isGlobal).flatMap(flagSpecs);
}

function flagSpecs({ name, char, summary, takesValue, takesFile, options }: CompletedFlag): string[] {
  const value = takesValue
    ? `:${name}:${options.length > 0 ? `(${options.join(' ')})` : takesFile ? '_files' : ' '}`
    : '';
  const text = `[${plain(summary)}]${value}`;
  return [`*--${name}${takesValue ? '=' : ''}${text}`, ...(char === undefined ? [] : [`*-${char}${text}`])];
}

/** `'apply:Make the containers …'` */
function describedWord(word: string, summary: string): string {
  return quote(`${word}:${plain(summary)}`);
}

function plain(text: string): string {
  return text.replaceAll(/[[\]:]/g, ' ').replaceAll(/\s+/g, ' ');
}
