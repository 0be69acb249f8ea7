/** Rules about commands that are written for a shell and do not get one, or get it in a way that drops words. */

import type { HookFacts, Rule } from './rule.ts';
import { invocationOf, isShell, scriptOf } from './words.ts';

const IN_A_SHELL = 'give it to a shell: ["sh", "-c", "…"]';

/** Programs in whose own languages `$name`, `;`, `<` or `|` mean something. */
const OWN_LANGUAGE = new Set(
  'awk gawk mawk sed jq yq perl php ruby node python python3 envsubst find expr test [ grep egrep psql mysql mariadb sqlite3 mongo mongosh redis-cli'.split(
    ' ',
  ),
);
/** Programs that take paths and expand no pattern themselves. */
const PATH_PROGRAMS = new Set([
  'rm',
  'ls',
  'cp',
  'mv',
  'cat',
  'chmod',
  'chown',
  'chgrp',
  'touch',
  'ln',
  'tar',
  'mkdir',
]);

export const shellSyntaxWithoutShell: Rule = ({ words }) => {
  const invocation = invocationOf(words);
  const { program, args } = invocation;
  if (isShell(invocation) || OWN_LANGUAGE.has(program)) return undefined;
  const asWritten = `${program} is given`;
  const operator = args.find((word, index) => isOperator(word) || (endsCommand(word) && index < args.length - 1));
  if (operator !== undefined) {
    return { message: `${asWritten} "${operator}" as a word: no shell reads this command`, remedy: IN_A_SHELL };
  }
  const variable = args.map((word) => /\$(?:[A-Za-z_]\w*|\{[A-Za-z_][^}]*\}|\([^)]*\))/.exec(word)?.[0]).find(Boolean);
  if (variable !== undefined) {
    return { message: `${asWritten} ${variable} as it is written: no shell replaces it`, remedy: IN_A_SHELL };
  }
  const pattern = args.find((word) => (PATH_PROGRAMS.has(program) && /[*?]/.test(word)) || word.startsWith('~/'));
  if (pattern === undefined) return undefined;
  return { message: `${asWritten} ${pattern} as it is written: no shell expands it`, remedy: IN_A_SHELL };
};

/** `done;`, as a shell would take it. */
function endsCommand(word: string): boolean {
  return /^[\w./-]+;$/.test(word);
}

function isOperator(word: string): boolean {
  return /^(?:&&|\|\|?|;|&|\d?>>?|<|\d?>&\d|&>)$/.test(word) || /^\d?>>?\/\S+$/.test(word);
}

export const commandCutShort: Rule = ({ cutOff }) => {
  if (cutOff === undefined || cutOff.trim() === ';') return undefined;
  const shown = cutOff.length > 40 ? `${cutOff.slice(0, 39)}…` : cutOff;
  return {
    message: `everything from "${shown.trim()}" on is dropped: the text is split into words, and no shell reads it`,
    remedy: IN_A_SHELL,
  };
};

export const commandInOneWord: Rule = ({ words }) => {
  const [only, ...others] = words;
  if (only === undefined || others.length > 0 || !/^\S+\s+\S/.test(only)) return undefined;
  return {
    message: `the whole command is one word, so a program named "${only}" is looked for`,
    remedy: `give a word an item, or leave out the brackets: command: ${only}`,
  };
};

export const shellWithoutC: Rule = ({ words }) => {
  const invocation = invocationOf(words);
  const [first] = invocation.args.filter((word) => !word.startsWith('-'));
  if (!isScriptShell(invocation.program) || scriptOf(invocation) || first === undefined || !/\s/.test(first))
    return undefined;
  return {
    message: `${invocation.program} takes "${first}" for the name of a script's file`,
    remedy: `put -c before it: ["${invocation.program}", "-c", "…"]`,
  };
};

export const wordsAfterScript: Rule = ({ words }: HookFacts) => {
  const invocation = invocationOf(words);
  const found = isScriptShell(invocation.program) ? scriptOf(invocation) : undefined;
  const [first] = found?.after ?? [];
  if (!found || first === undefined || /\$[{]?[\d@*#]/.test(found.script)) return undefined;
  return {
    message: `the script of ${invocation.program} -c is "${found.script}" alone: "${first}" and what follows are not part of it`,
    remedy: 'put the whole script into one word',
  };
};

function isScriptShell(program: string): boolean {
  return program !== 'su' && isShell({ program, args: [] });
}
