/** The hook ledger for people and programs: what ran when, why, and how it ended. */

import type { HookOutcome, HookRecord } from '../../model/hook.ts';
import { spanText } from '../../plan/span.ts';
import type { Mask } from './action.ts';
import { commandText, hookName } from './action.ts';
import { neutraliseLine } from './neutralise.ts';
import type { Meaning, Style } from './style.ts';
import type { Cell } from './table.ts';
import { renderTable } from './table.ts';
import { isoTime, renderAgo, renderDuration } from './time.ts';

const HEADER = ['WHEN', 'REPLICA', 'HOOK', 'OUTCOME', 'EXIT', 'TOOK', 'TRY', 'CAUSE', 'COMMAND'];

export interface LedgerLook {
  readonly mask: Mask;
  readonly nowMs: number;
  /** A reeve works on the project now: a run without an end goes on. */
  readonly atWork: boolean;
}

/** One line a run, in the order given. */
export function renderLedger(records: readonly HookRecord[], view: LedgerLook, style: Style): string {
  const { mask, nowMs, atWork } = view;
  const rows = records.map((record): (Cell | string)[] => [
    { text: renderAgo(record.beganAtMs, nowMs), paint: (text) => style('dim', text) },
    `${record.service}-${record.replica}`,
    hookName(record),
    { text: outcomeText(record, atWork), paint: (text) => style(MEANINGS[record.outcome], text) },
    record.exitCode === undefined ? '-' : String(record.exitCode),
    tookText(record, atWork ? nowMs : undefined),
    String(record.attempt),
    neutraliseLine(record.cause),
    commandText(record.command, mask),
  ]);
  return renderTable(HEADER, rows);
}

export function recordJson(record: HookRecord, mask: Mask): object {
  return {
    at: isoTime(record.beganAtMs),
    project: record.project,
    service: record.service,
    replica: record.replica,
    phase: record.phase,
    index: record.index,
    command: record.command.map(mask),
    cause: record.cause,
    attempt: record.attempt,
    outcome: record.outcome,
    exitCode: record.exitCode ?? null,
    durationMs: record.durationMs ?? null,
    deadlineMs: record.deadlineMs ?? null,
    message: record.message ?? null,
    superseded: record.superseded ?? false,
    containerId: record.containerId,
    startedAt: record.startedAt,
    id: record.id,
  };
}

/** `web-1 post_start[0] |` */
export function outputPrefix(record: Pick<HookRecord, 'service' | 'replica' | 'phase' | 'index'>): string {
  return `${record.service}-${record.replica} ${hookName(record)} |`;
}

const MEANINGS: Readonly<Record<HookOutcome, Meaning>> = {
  intended: 'warning',
  succeeded: 'good',
  failed: 'bad',
  'timed-out': 'bad',
  refused: 'bad',
  assumed: 'dim',
  moot: 'dim',
};

/** How long it took; of one that goes on, of how much. */
function tookText({ outcome, beganAtMs, durationMs, deadlineMs }: HookRecord, nowMs: number | undefined): string {
  if (durationMs !== undefined) return renderDuration(durationMs);
  if (outcome !== 'intended' || nowMs === undefined) return '-';
  const most = deadlineMs === undefined ? '' : ` of at most ${spanText(deadlineMs)}`;
  return `${renderDuration(Math.max(0, nowMs - beganAtMs))}${most}`;
}

function outcomeText({ outcome, superseded }: HookRecord, atWork: boolean): string {
  const text = outcome === 'intended' ? (atWork ? 'running' : 'not known') : outcome;
  return superseded ? `${text} (retried)` : text;
}
