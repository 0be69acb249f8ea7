/**
 * The hook ledger in SQLite.
 *
 * What is written before or after an exec is durable. A record is superseded rather than deleted, and one whose exec
 * may still be running stays in the view all the same, so that it is looked at before the hook runs again; once it is
 * seen to have ended it leaves the view and the hook is owed.
 *
 * What is kept how long: ledger-retention.ts.
 */

import type { HookOutcome, HookPhase, HookRecord, Incarnation, LedgerView } from '../model/hook.ts';
import type { Database, Row } from './database.ts';
import type { HookOutput, OutputChunk, Stream } from './hook-output.ts';
import { decidingRecords } from './ledger-retention.ts';
import type { LedgerRetention } from './ledger-retention.ts';
import { listOf, mapOf, numberOf, textOf, wordOf } from './row.ts';
import type { HookIntent, HookLedger } from './state.ts';

const PHASES: readonly HookPhase[] = ['pre_start', 'post_start', 'pre_stop'];
const OUTCOMES: readonly HookOutcome[] = ['intended', 'succeeded', 'failed', 'timed-out', 'refused', 'assumed', 'moot'];

/** Kept values are written again after this long, so that those in use are never the oldest. */
const KEPT_FRESH_MS = 24 * 60 * 60 * 1000;

const VIEW = `SELECT * FROM hook_record WHERE id IN (${decidingRecords('project = ?')}) ORDER BY id`;

const INTEND = `
  INSERT INTO hook_record (project, service, replica, container_id, started_at, phase, hook_index, digest, command,
    cause, attempt, deadline_ms, exec_id, began_at_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export class SqliteHookLedger implements HookLedger {
  readonly #database: Database;
  readonly #output: HookOutput;
  readonly #retention: LedgerRetention;
  readonly #now: () => number;

  constructor(parts: {
    readonly database: Database;
    readonly output: HookOutput;
    readonly retention: LedgerRetention;
    readonly now: () => number;
  }) {
    this.#database = parts.database;
    this.#output = parts.output;
    this.#retention = parts.retention;
    this.#now = parts.now;
  }

  view(project: string): LedgerView {
    const delivered = this.#database.all(
      'SELECT service, phase, digest FROM hook_delivered WHERE project = ?',
      project,
    );
    const adopted = this.#database.all(
      `SELECT container_id, started_at FROM adopted_container WHERE project IN (?, '') AND gone = 0`,
      project,
    );
    return {
      records: this.#database.all(VIEW, project).map(recordOf),
      delivered: delivered.map((row) => ({
        service: textOf(row, 'service'),
        phase: wordOf(row, 'phase', PHASES),
        digest: textOf(row, 'digest'),
      })),
      adopted: new Map(adopted.map((row) => [textOf(row, 'container_id'), textOf(row, 'started_at')])),
    };
  }

  intend(intent: HookIntent): number {
    return this.#database.writeDurably(() => {
      const { lastId } = this.#database.run(
        INTEND,
        intent.project,
        intent.service,
        intent.replica,
        intent.containerId,
        intent.startedAt,
        intent.phase,
        intent.index,
        intent.digest,
        JSON.stringify(intent.command),
        intent.cause,
        intent.attempt,
        intent.deadlineMs ?? null,
        intent.execId ?? null,
        this.#now(),
      );
      return lastId;
    });
  }

  end(recordId: number, end: Parameters<HookLedger['end']>[1]): void {
    this.#output.endRun(recordId);
    this.#database.writeDurably(() => {
      const { changes } = this.#database.run(
        `UPDATE hook_record SET outcome = ?, exit_code = ?, message = ?, duration_ms = MAX(0, ? - began_at_ms)
         WHERE id = ?`,
        end.outcome,
        end.exitCode ?? null,
        end.message ?? null,
        this.#now(),
        recordId,
      );
      if (changes === 0) throw new Error(`there is no hook record ${recordId}`);
      if (end.outcome === 'succeeded') this.#deliver(recordId);
    });
    this.#retention.prune(recordId);
  }

  #deliver(recordId: number): void {
    this.#database.run(
      `INSERT OR IGNORE INTO hook_delivered (project, service, phase, digest)
       SELECT project, service, phase, digest FROM hook_record WHERE id = ? AND superseded = 0`,
      recordId,
    );
  }

  appendOutput(recordId: number, stream: Stream, text: string): void {
    this.#output.append(recordId, stream, text);
  }

  resetOutput(recordId: number): void {
    this.#output.reset(recordId);
  }

  list(filter: Parameters<HookLedger['list']>[0]): HookRecord[] {
    const service = filter.service ?? null;
    const newest = `SELECT * FROM hook_record WHERE project = ? AND (? IS NULL OR service = ?) ORDER BY id DESC LIMIT ?`;
    return this.#database
      .all(newest, filter.project, service, service, filter.limit ?? -1)
      .map(recordOf)
      .toReversed();
  }

  output(recordId: number): OutputChunk[] {
    return this.#output.read(recordId);
  }

  supersedePreStop(containerIds: readonly string[]): void {
    const ids = JSON.stringify(containerIds);
    const decided = `container_id IN (SELECT value FROM json_each(?)) AND phase = 'pre_stop' AND superseded = 0`;
    if (!this.#database.get(`SELECT 1 FROM hook_record WHERE ${decided} LIMIT 1`, ids)) return;
    this.#database.writeDurably(() => {
      this.#database.run(`UPDATE hook_record SET superseded = 1 WHERE ${decided}`, ids);
    });
  }

  forgetDelivered(project: string): void {
    if (!this.#database.get('SELECT 1 FROM hook_delivered WHERE project = ? LIMIT 1', project)) return;
    this.#database.writeDurably(() => {
      this.#database.run('DELETE FROM hook_delivered WHERE project = ?', project);
    });
  }

  supersede(containerId: string, phase: HookPhase): void {
    this.#database.writeDurably(() => {
      this.#database.run(
        `DELETE FROM hook_delivered WHERE (project, service, phase, digest) IN (
           SELECT project, service, phase, digest FROM hook_record
           WHERE container_id = ? AND phase = ? AND superseded = 0)`,
        containerId,
        phase,
      );
      this.#database.run(
        'UPDATE hook_record SET superseded = 1 WHERE container_id = ? AND phase = ?',
        containerId,
        phase,
      );
      if (phase === 'post_start') this.#assumeNothing(containerId);
    });
  }

  /** No start is the empty text, so no start of this container is taken as its maker's any more. */
  #assumeNothing(containerId: string): void {
    this.#database.run(
      `INSERT INTO adopted_container (container_id, project, started_at)
       VALUES (?, COALESCE((SELECT project FROM hook_record WHERE container_id = ? LIMIT 1), ''), '')
       ON CONFLICT (container_id) DO UPDATE SET started_at = ''`,
      containerId,
      containerId,
    );
  }

  adopt(project: string, incarnations: readonly Incarnation[]): void {
    const known = `SELECT 1 FROM adopted_container WHERE container_id = ? AND project = ? AND gone = 0`;
    const unknown = incarnations.filter(({ containerId }) => !this.#database.get(known, containerId, project));
    if (unknown.length === 0) return;
    this.#database.writeDurably(() => {
      for (const { containerId, startedAt } of unknown) {
        this.#database.run(
          `INSERT INTO adopted_container (container_id, project, started_at) VALUES (?, ?, ?)
           ON CONFLICT (container_id) DO UPDATE SET project = excluded.project, gone = 0`,
          containerId,
          project,
          startedAt,
        );
      }
    });
  }

  retain(project: string, containerIds: readonly string[]): void {
    this.#retention.retain(project, containerIds);
  }

  keepValues(digest: string, values: Readonly<Record<string, string>>): void {
    const content = JSON.stringify(values);
    const kept = this.#database.get('SELECT content, kept_at_ms FROM withheld_value WHERE digest = ?', digest);
    const now = this.#now();
    if (kept && textOf(kept, 'content') === content && now - numberOf(kept, 'kept_at_ms') < KEPT_FRESH_MS) return;
    this.#database.writeDurably(() => {
      this.#database.run('INSERT OR REPLACE INTO withheld_value VALUES (?, ?, ?)', digest, content, now);
      this.#retention.pruneValues();
    });
  }

  values(digest: string): Readonly<Record<string, string>> | undefined {
    const row = this.#database.get('SELECT content FROM withheld_value WHERE digest = ?', digest);
    return row && mapOf(row, 'content');
  }
}

function recordOf(row: Row): HookRecord {
  const record: { -readonly [member in keyof HookRecord]: HookRecord[member] } = {
    id: numberOf(row, 'id'),
    project: textOf(row, 'project'),
    service: textOf(row, 'service'),
    replica: numberOf(row, 'replica'),
    containerId: textOf(row, 'container_id'),
    startedAt: textOf(row, 'started_at'),
    phase: wordOf(row, 'phase', PHASES),
    index: numberOf(row, 'hook_index'),
    digest: textOf(row, 'digest'),
    command: listOf(row, 'command'),
    cause: textOf(row, 'cause'),
    attempt: numberOf(row, 'attempt'),
    outcome: wordOf(row, 'outcome', OUTCOMES),
    beganAtMs: numberOf(row, 'began_at_ms'),
  };
  if (row['exec_id'] !== null) record.execId = textOf(row, 'exec_id');
  if (row['exit_code'] !== null) record.exitCode = numberOf(row, 'exit_code');
  if (row['message'] !== null) record.message = textOf(row, 'message');
  if (row['duration_ms'] !== null) record.durationMs = numberOf(row, 'duration_ms');
  if (row['deadline_ms'] !== null) record.deadlineMs = numberOf(row, 'deadline_ms');
  if (row['superseded'] === 1) record.superseded = true;
  return record;
}
