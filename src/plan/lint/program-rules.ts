/** Rules about programs that cannot be run: the image is known not to have them, or it was tried. */

import type { Rule } from './rule.ts';

/** What shells say of a command that they found and could not run, and of one that they did not find. */
const NOT_RUNNABLE = 126;
const NOT_FOUND = 127;

export const programNotInImage: Rule = ({ absentProgram }) => {
  if (absentProgram === undefined) return undefined;
  return {
    message: `the image has no ${absentProgram}`,
    remedy: 'name a program that is there, by its whole path if need be, or put it into the image',
  };
};

/** The newest run counts: what has run since is runnable. */
export const couldNotRunBefore: Rule = ({ runs }) => {
  const last = runs.at(-1);
  if (last?.outcome === 'refused') {
    const [said = 'was refused'] = (last.message ?? '').split('\n');
    return { message: `could not be run the last time: it ${said}`, remedy: 'change what the engine minds' };
  }
  if (last?.exitCode !== NOT_FOUND && last?.exitCode !== NOT_RUNNABLE) return undefined;
  const what = last.exitCode === NOT_FOUND ? 'a command that was not found' : 'a command that may not be executed';
  return {
    message: `exited ${last.exitCode} the last time, which is what a shell says of ${what}`,
    remedy: 'look at its output: reeve hooks logs',
  };
};
