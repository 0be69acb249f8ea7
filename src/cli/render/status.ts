/** Where a project under `watch` stands, in one line and the reasons below it. */

import { basename } from 'node:path';
import type { ProjectStatus, StatusReason } from '../../controller/status.ts';
import { neutralise } from './neutralise.ts';
import type { Style } from './style.ts';
import { isoTime, renderDuration } from './time.ts';

const WORDS: Readonly<Record<StatusReason, string>> = {
  Converged: 'converged',
  Reconciling: 'its files changed, going on with the new ones',
  Yielding: 'another reeve has its turn, for this one only waits',
  InvalidFile: 'its files do not load; the last good version stays',
  Failed: 'failed',
  CrashBackoff: 'a container does not stay up',
  EngineUnavailable: 'the engine cannot be reached',
  Gone: 'its files went away',
  Renamed: 'its name was changed',
  Down: 'down',
  Suspended: 'not taken down',
};

export function renderStatus(
  { key, project, state, reason, messages, actions, againInMs }: ProjectStatus,
  style: Style,
): string {
  const name = style('subject', project ?? basename(key));
  const meaning = state === 'ready' ? 'good' : state === 'reconciling' ? 'warning' : 'bad';
  const again = againInMs === undefined || state !== 'stalled' ? '' : `; again in ${renderDuration(againInMs)}`;
  const word = reason === 'InvalidFile' && project === undefined ? 'its files do not load' : WORDS[reason];
  const lines = messages.flatMap((message) => neutralise(message).split('\n')).map((line) => `  ${line}`);
  const done = state === 'ready' && actions > 0 ? `, ${actions} ${actions === 1 ? 'action' : 'actions'}` : '';
  return [`${name}: ${style(meaning, word)}${done}${again}`, ...lines].join('\n');
}

export function statusJson(
  { key, project, state, reason, messages, actions, againInMs }: ProjectStatus,
  atMs: number,
): object {
  return {
    type: 'status',
    at: isoTime(atMs),
    key,
    project: project ?? null,
    state,
    reason,
    messages,
    actions,
    againInMs: againInMs ?? null,
  };
}
