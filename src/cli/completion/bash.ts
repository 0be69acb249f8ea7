/** Completion for bash. It splits words at `=`, and hands them over as they were typed, quotes and tildes included. */

import type { CompletedCommand } from './commands.ts';
import { pairPattern, quote, spellings, spellingsAboutFiles, topics, topWords, uniqueFlags } from './commands.ts';

export function bashScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ words, flags, takesServices, choices }) => {
    const names = flags.flatMap(spellings).join(' ');
    const rest = takesServices ? '; services=yes' : choices.length > 0 ? `; choices=${quote(choices.join(' '))}` : '';
    return `    ${quote(words)}) flags=${quote(names)}${rest} ;;`;
  });
  const valued = uniqueFlags(commands.flatMap(({ flags }) => flags)).filter(({ takesValue }) => takesValue);
  const options = valued
    .filter((flag) => flag.options.length > 0)
    .map(
      (flag) =>
        `    ${spellings(flag).join('|')}) COMPREPLY=($(compgen -W ${quote(flag.options.join(' '))} -- "$word")); return ;;`,
    );
  const files = valued.filter((flag) => flag.takesFile).flatMap(spellings);
  const others = valued.filter((flag) => !flag.takesFile && flag.options.length === 0).flatMap(spellings);
  const seconds = [...topics(commands)].map(
    ([topic, own]) => `    ${topic}) choices=${quote(own.map(({ word }) => word).join(' '))} ;;`,
  );
  return `# bash completion of reeve: source it, or put it into /etc/bash_completion.d/reeve
_reeve_services() {
  local each flag='' given=()
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ -n "$flag" ]; then
      [ "$each" = '=' ] && continue
      each="\${each//[\\"\\'\\\\]/}"
      given+=("$flag" "\${each/#\\~\\//$HOME/}"); flag=''
      continue
    fi
    case "$each" in ${spellingsAboutFiles(commands).join('|')}) flag="$each" ;; esac
  done
  reeve "\${given[@]}" config --services 2>/dev/null </dev/null
}
_reeve() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local command='' flags='' services='' choices='' each
  if [ "$word" = '=' ]; then word=''
  elif [ "$before" = '=' ] && [ "$COMP_CWORD" -gt 1 ]; then before="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
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
  case "$before" in
${seconds.join('\n')}
  esac
  if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$word")); return; fi
  [ -n "$choices" ] && COMPREPLY=($(compgen -W "$choices" -- "$word"))
  [ -n "$services" ] && COMPREPLY+=($(compgen -W "$(_reeve_services)" -- "$word") $(compgen -d -- "$word"))
}
complete -F _reeve reeve
`;
}

function globalFlagNames(commands: readonly CompletedCommand[]): string {
  const lists = commands.map(({ flags }) => flags.map(({ name }) => name));
  const common = (lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name)));
  return common.map((name) => `--${name}`).join(' ');
}
