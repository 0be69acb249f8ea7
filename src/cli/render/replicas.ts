/** `ps`: desired beside observed, one line a replica; what differs in a word, as `plan` has the whole of it. */

import type { HooksState, HookUnderWay, ReplicaStatus } from '../../plan/readiness.ts';
import { driftWords, renderDrift } from '../../plan/cause.ts';
import { spanText } from '../../plan/span.ts';
import type { ObservedContainer } from '../../model/observed.ts';
import type { Hold } from '../../state/state.ts';
import { neutraliseLine } from './neutralise.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';
import type { Cell } from './table.ts';
import { isoTime, renderAge } from './time.ts';

export interface ReplicaView {
  readonly statuses: readonly ReplicaStatus[];
  readonly holds: readonly Hold[];
  readonly nowMs: number;
  /** A reeve works on the project now: what was begun runs. */
  readonly atWork: boolean;
}

const HEADER = ['REPLICA', 'CONTAINER', 'STATE', 'HEALTH', 'HOOKS', 'NOTES'];

export function renderReplicas({ statuses, holds, nowMs, atWork }: ReplicaView, style: Style): string {
  const rows = statuses.map((status) => [
    `${status.service}/${status.number}`,
    neutraliseLine(status.container?.name ?? '-'),
    stateCell(status, nowMs, style),
    healthCell(status.container, style),
    (atWork ? underWayCell(status, nowMs, style) : undefined) ?? hooksCell(status.hooks, style),
    notesOf(status, holds),
  ]);
  return renderTable(HEADER, rows);
}

export function replicaJson(project: string, status: ReplicaStatus, holds: readonly Hold[]): object {
  const { container, hooks, drift, role, unready, hopeless } = status;
  return {
    project,
    service: status.service,
    replica: status.number,
    role,
    container: container?.name ?? null,
    containerId: container?.id ?? null,
    image: container?.imageRef ?? null,
    state: container?.state.status ?? 'absent',
    exitCode: container?.state.status === 'exited' ? container.state.exitCode : null,
    startedAt: container === undefined || container.state.startedAt === '' ? null : container.state.startedAt,
    health: container?.state.health ?? 'none',
    hooks,
    underWay: status.underWay ? underWayJson(status.underWay) : null,
    drift: drift.map(renderDrift),
    ready: unready === undefined,
    unready: unready ?? null,
    hopeless,
    hold: holdOf(status, holds) ?? null,
  };
}

function underWayJson({ phase, index, beganAtMs, deadlineMs }: HookUnderWay): object {
  return { phase, index, since: isoTime(beganAtMs), deadlineMs: deadlineMs ?? null };
}

function stateCell({ container, unready }: ReplicaStatus, nowMs: number, style: Style): Cell {
  if (container === undefined) return { text: 'absent', paint: (text) => style('bad', text) };
  const { status, startedAt, exitCode } = container.state;
  if (status === 'running') {
    const upMs = nowMs - Date.parse(startedAt);
    const text = Number.isFinite(upMs) && upMs >= 0 ? `running ${renderAge(upMs)}` : 'running';
    return { text, paint: (shown) => style('good', shown) };
  }
  const text = status === 'exited' || status === 'dead' ? `${status} (${exitCode})` : status;
  return { text, paint: (shown) => style(unready === undefined ? 'dim' : 'bad', shown) };
}

function healthCell(container: ObservedContainer | undefined, style: Style): Cell {
  const health = container?.state.status === 'running' ? container.state.health : 'none';
  switch (health) {
    case 'none':
      return { text: '-' };
    case 'healthy':
      return { text: health, paint: (text) => style('good', text) };
    case 'starting':
      return { text: health, paint: (text) => style('warning', text) };
    case 'unhealthy':
      return { text: health, paint: (text) => style('bad', text) };
  }
}

/** `pre_stop[0] 12 s of at most 5 min, then the stop`: whose time it is that passes. */
function underWayCell({ underWay }: ReplicaStatus, nowMs: number, style: Style): Cell | undefined {
  if (underWay === undefined) return undefined;
  const { phase, index, beganAtMs, deadlineMs } = underWay;
  const most = deadlineMs === undefined ? '' : ` of at most ${spanText(deadlineMs)}`;
  const then = phase === 'pre_stop' ? ', then the stop' : '';
  const text = `${phase}[${index}] ${renderAge(Math.max(0, nowMs - beganAtMs))}${most}${then}`;
  return { text, paint: (shown) => style('warning', shown) };
}

function hooksCell(hooks: HooksState, style: Style): Cell {
  switch (hooks.kind) {
    case 'none':
      return { text: '-' };
    case 'done':
      return { text: 'done', paint: (text) => style('good', text) };
    case 'assumed':
      return { text: 'assumed' };
    case 'owed':
      return { text: `${hooks.count} owed`, paint: (text) => style('warning', text) };
    case 'failed':
      return { text: `${hooks.phase}[${hooks.index}] failed`, paint: (text) => style('bad', text) };
  }
}

function notesOf(status: ReplicaStatus, holds: readonly Hold[]): string {
  const hold = holdOf(status, holds);
  const notes = [
    ...(hold === undefined ? [] : [hold === 'stopped' ? 'stopped by hand' : 'suspended']),
    ...(status.role === 'orphan' ? ['orphan: its service is not in the files'] : []),
    ...(status.role === 'replaced' ? ['is being replaced'] : []),
    ...(status.role === 'surplus' ? ['one replica too many'] : []),
    ...driftWords(status.drift),
  ];
  return neutraliseLine(notes.join(', ')) || '-';
}

function holdOf({ service }: ReplicaStatus, holds: readonly Hold[]): Hold['kind'] | undefined {
  const own = holds.filter((hold) => hold.service === undefined || hold.service === service);
  return own.find(({ kind }) => kind === 'suspended')?.kind ?? own[0]?.kind;
}
