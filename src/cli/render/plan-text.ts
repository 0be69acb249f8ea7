/**
 * A plan for people: grouped by what it is about, in the order in which things happen, each with its cause. Colour says
 * whether something comes, goes or changes; a sign says it without colour.
 */

import { renderCause } from '../../plan/cause.ts';
import type { Action, ActionKind, Plan } from '../../plan/plan.ts';
import { spanText } from '../../plan/span.ts';
import type { TimeLimit } from '../../plan/stop-budget.ts';
import { limitText } from '../../plan/stop-budget.ts';
import type { Mask } from './action.ts';
import { actionText, subjectOf } from './action.ts';
import { neutraliseLine } from './neutralise.ts';
import type { Meaning, Style } from './style.ts';
import { padTo, widthOf } from './width.ts';

/** How long its stops may take. */
export interface StopView {
  readonly limitOf: (action: Action) => TimeLimit | undefined;
  /** All of them, in milliseconds; 0: there is none. */
  readonly longestMs: number;
}

interface Look {
  readonly sign: string;
  readonly meaning: Meaning;
}

const COMES: Look = { sign: '+', meaning: 'good' };
const GOES: Look = { sign: '-', meaning: 'bad' };
const CHANGES: Look = { sign: '~', meaning: 'change' };
const HOOK: Look = { sign: '*', meaning: 'subject' };
const WAITS: Look = { sign: '.', meaning: 'dim' };

const LOOKS: Readonly<Record<ActionKind, Look>> = {
  'pull-image': COMES,
  'build-image': COMES,
  'create-network': COMES,
  'remove-network': GOES,
  'connect-network': CHANGES,
  'disconnect-network': CHANGES,
  'create-volume': COMES,
  'remove-volume': GOES,
  'create-container': COMES,
  'rename-container': CHANGES,
  'update-container': CHANGES,
  'signal-container': CHANGES,
  'unpause-container': CHANGES,
  'start-container': COMES,
  'stop-container': GOES,
  'remove-container': GOES,
  'run-hook': HOOK,
  'await-container': WAITS,
};

/** The whole plan with its heading; one line for a plan without anything to do. */
export function renderPlanText(plan: Plan, mask: Mask, style: Style, stops?: StopView): string {
  const name = style('subject', plan.project);
  const asides = [
    ...plan.problems.map(({ subject, message }) => `${style('bad', '!')} ${neutraliseLine(`${subject}: ${message}`)}`),
    ...plan.deferrals.map(
      ({ subject, message }) => `${style('warning', '!')} ${neutraliseLine(`${subject}: ${message}`)}`,
    ),
    ...longestStop(stops).map((note) => `${style('dim', '·')} ${note}`),
    ...plan.notes.map((note) => `${style('dim', '·')} ${neutraliseLine(note)}`),
  ];
  const idle = plan.problems.length > 0 ? 'nothing that can be done' : 'nothing to do';
  if (plan.actions.length === 0) return [`${name}: ${idle}`, ...asides].join('\n');
  const groups = Map.groupBy(plan.actions, subjectOf);
  const blocks = [...groups].map(([subject, actions]) =>
    [style('heading', neutraliseLine(subject)), ...groupLines(actions, { mask, style, stops })].join('\n'),
  );
  return [`${name}: ${countsOf(plan)}`, ...blocks, ...asides].join('\n');
}

/** `12 actions: 3 containers created, 1 stopped, 2 hooks` */
export function countsOf(plan: Plan): string {
  const count = (...kinds: ActionKind[]): number => plan.actions.filter((action) => kinds.includes(action.kind)).length;
  const parts = [
    [count('create-container'), 'created'],
    [count('start-container'), 'started'],
    [count('stop-container'), 'stopped'],
    [count('remove-container'), 'removed'],
    [count('run-hook'), 'hooks run'],
  ] as const;
  const { length } = plan.actions;
  const said = parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number} ${number === 1 && what === 'hooks run' ? 'hook run' : what}`);
  return [`${length} ${length === 1 ? 'action' : 'actions'}`, ...said].join(', ');
}

function longestStop(stops: StopView | undefined): string[] {
  if (stops === undefined || stops.longestMs === 0) return [];
  return [
    `its stops may take ${spanText(stops.longestMs)} at the worst: hooks to their deadlines, then the stop grace`,
  ];
}

/** A stop's two times, each with what it bounds. */
function limitOf(action: Action, stops: StopView | undefined): string {
  const limit = stops?.limitOf(action);
  if (limit === undefined || (limit.kind === 'hook' && limit.thenGraceMs === undefined)) return '';
  return `, ${limitText(limit)}`;
}

function groupLines(
  actions: readonly Action[],
  { mask, style, stops }: { readonly mask: Mask; readonly style: Style; readonly stops: StopView | undefined },
): string[] {
  const texts = actions.map((action) => actionText(action, mask) + limitOf(action, stops));
  const width = Math.min(WIDEST, Math.max(...texts.map(widthOf)));
  let lastCause = '';
  return actions.map((action, index) => {
    const { sign, meaning } = LOOKS[action.kind];
    const text = texts[index] ?? '';
    const cause = neutraliseLine(renderCause(action.cause));
    const said = cause === lastCause ? '' : cause;
    lastCause = cause;
    return `  ${style(meaning, sign)} ${padTo(text, said === '' ? 0 : width)}  ${style('dim', said)}`.trimEnd();
  });
}

const WIDEST = 60;
