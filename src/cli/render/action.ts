/**
 * An action in words for people: its subject and what is done to it. The plan's own text (plan/render.ts) is for tests and
 * the log; this one is shorter, shows a hook's command as a shell would, and leaves out what must not be shown.
 */

import { renderAction } from '../../plan/render.ts';
import type { Action } from '../../plan/plan.ts';
import { containerOf } from '../../plan/plan.ts';
import { neutraliseLine, spellOut } from './neutralise.ts';
import { cutTo } from './width.ts';

/** Hides values that came from outside the files. */
export type Mask = (text: string) => string;

export const showAll: Mask = (text) => text;

/** Text in which these values stand as `***`; a short one only where it is a word of its own. */
export function maskOf(values: Iterable<string>): Mask {
  const patterns = [...values]
    .filter((value) => value !== '')
    .toSorted((a, b) => b.length - a.length)
    .map((value) => (value.length < 4 ? `(?<![\\w.])${RegExp.escape(value)}(?![\\w.])` : RegExp.escape(value)));
  if (patterns.length === 0) return showAll;
  const any = new RegExp(patterns.join('|'), 'g');
  return (text) => text.replace(any, '***');
}

/** `web/1`, `network front`, `image nginx:1`. */
export function subjectOf(action: Action): string {
  const container = containerOf(action);
  // A network that is replaced lets go of its containers under its own name.
  const isOfNetwork = action.kind === 'disconnect-network' && action.id.startsWith('network/');
  if (container && !isOfNetwork) return container.key.replace(/@.*/, '');
  if (action.kind === 'pull-image' || action.kind === 'build-image') return `image ${action.ref}`;
  const [kind = '', rest = ''] = action.id.split('/', 2);
  return `${kind} ${rest.replace(/:[^:]*$/, '')}`;
}

/** `start container`, `run post_start[0] ./register --all`. */
export function actionText(action: Action, mask: Mask): string {
  if (action.kind !== 'run-hook') return neutraliseLine(renderAction(action));
  const command = action.hook.command === null ? '' : ` ${commandText(action.hook.command, mask)}`;
  return `run ${hookName(action)}${command}`;
}

/** `post_start[0]` */
export function hookName({ phase, index }: { readonly phase: string; readonly index: number }): string {
  return `${phase}[${index}]`;
}

/** In columns. */
const LONGEST_COMMAND = 60;

/** A command as it would be typed, all of it visible, cut where it is long. */
export function commandText(command: readonly string[], mask: Mask): string {
  const typed = command.map((word) => quoted(mask(word))).join(' ');
  return cutTo(spellOut(typed), LONGEST_COMMAND);
}

function quoted(word: string): string {
  return /^[\w@%+=:,./*-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
