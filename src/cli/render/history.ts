/** History lines: what was done, when, why, with what outcome. */

import type { HistoryEntry } from '../../state/state.ts';
import { neutraliseLine } from './neutralise.ts';
import type { Meaning, Style } from './style.ts';
import { renderTable } from './table.ts';
import { isoTime, renderAgo, renderDuration } from './time.ts';

const MEANINGS: Readonly<Record<HistoryEntry['outcome'], Meaning>> = {
  succeeded: 'good',
  failed: 'bad',
  skipped: 'dim',
  event: 'subject',
};

export function renderHistory(
  entries: readonly HistoryEntry[],
  { nowMs, namesProject }: { readonly nowMs: number; readonly namesProject: boolean },
  style: Style,
): string {
  const header = ['WHEN', ...(namesProject ? ['PROJECT'] : []), 'ACTION', 'OUTCOME', 'TOOK', 'CAUSE', 'MESSAGE'];
  const rows = entries.map(({ project, atMs, action, cause, outcome, message, durationMs }) => [
    { text: renderAgo(atMs, nowMs), paint: (text: string) => style('dim', text) },
    ...(namesProject ? [project] : []),
    neutraliseLine(action) || '-',
    { text: outcome, paint: (text: string) => style(MEANINGS[outcome], text) },
    renderDuration(durationMs),
    neutraliseLine(cause) || '-',
    neutraliseLine((message.split('\n')[0] ?? '').replace(/:$/, '')),
  ]);
  return renderTable(header, rows);
}

export function historyJson({
  project,
  atMs,
  reconcileId,
  action,
  cause,
  outcome,
  message,
  durationMs,
}: HistoryEntry): object {
  return {
    at: isoTime(atMs),
    project,
    reconcileId,
    action,
    cause,
    outcome,
    message,
    durationMs: Math.round(durationMs),
  };
}
