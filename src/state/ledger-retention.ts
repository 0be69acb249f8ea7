/**
 * What the ledger forgets, and what it must not.
 *
 * Never dropped, however old: of each container that exists, every record whose exec may still be running, the deciding
 * (newest, not superseded) record of each hook in its latest starts, and the latest success of each hook
 * (`once-per-container`). That which definitions were delivered (`once-per-definition`) is a table of its own, which
 * grows by a short row when a definition changes and is not bounded. Which containers exist is what `retain` was last
 * told: a container that it was not told of decides nothing, but a record of it is only dropped when it is also
 * older than the newest runs, so that a container which comes back (an engine that listed too little) is known again.
 *
 * So the ledger stays within `Limits.runs` records and a few for each hook of each container. Withheld values do not
 * say who uses them; the newest are kept, and a container that outlives its own gets today's file's.
 */

import type { Database } from './database.ts';
import type { HookOutput } from './hook-output.ts';
import type { Limits } from './limits.ts';

/** Pruning reads all records; once in so many runs is often enough. */
const EVERY = 256;

/** Of so many starts of a container the records decide: the present one, and room for records that came late. */
const DECIDING_STARTS = 4;

/**
 * Query for the ids of the records that decide: of each hook of a container that exists the newest record of each of
 * its latest starts, and of its earlier ones the latest success. A superseded record counts only while its exec may still
 * be running. SQLite takes the other columns from the row of the MAX.
 */
export function decidingRecords(scope: string): string {
  return `
    WITH newest AS (
      SELECT MAX(id) AS id, container_id, phase, hook_index, outcome FROM hook_record
      WHERE ${scope} AND gone = 0
        AND (superseded = 0 OR outcome = 'intended' OR (outcome = 'timed-out' AND exec_id IS NOT NULL))
      GROUP BY container_id, started_at, phase, hook_index
    ), placed AS (
      SELECT id, outcome,
        ROW_NUMBER() OVER (PARTITION BY container_id, phase, hook_index ORDER BY id DESC) AS place,
        ROW_NUMBER() OVER (PARTITION BY container_id, phase, hook_index, outcome ORDER BY id DESC) AS outcome_place
      FROM newest
    )
    SELECT id FROM placed WHERE place <= ${DECIDING_STARTS} OR (outcome = 'succeeded' AND outcome_place = 1)`;
}

const PRUNE = `
  DELETE FROM hook_record
  WHERE id <= (SELECT id FROM hook_record ORDER BY id DESC LIMIT 1 OFFSET ?)
    AND (gone = 1 OR (
      outcome <> 'intended'
      AND NOT (outcome = 'timed-out' AND exec_id IS NOT NULL AND began_at_ms > ?)
      AND id NOT IN (${decidingRecords('TRUE')})
    ))`;

/** An exec that was given up on is taken to have ended after this long. */
const GIVEN_UP_MS = 7 * 24 * 60 * 60 * 1000;

const PRUNE_ADOPTED = `
  DELETE FROM adopted_container WHERE gone = 1
    AND rowid <= (SELECT rowid FROM adopted_container WHERE gone = 1 ORDER BY rowid DESC LIMIT 1 OFFSET ?)`;

const PRUNE_VALUES = `
  DELETE FROM withheld_value WHERE rowid IN (
    SELECT rowid FROM withheld_value ORDER BY kept_at_ms DESC, rowid DESC LIMIT -1 OFFSET ?)`;

export class LedgerRetention {
  readonly #database: Database;
  readonly #output: HookOutput;
  readonly #limits: Limits;
  readonly #now: () => number;

  constructor(parts: {
    readonly database: Database;
    readonly output: HookOutput;
    readonly limits: Limits;
    readonly now: () => number;
  }) {
    this.#database = parts.database;
    this.#output = parts.output;
    this.#limits = parts.limits;
    this.#now = parts.now;
  }

  /** Now and then, after the run of this record ended. */
  prune(recordId: number): void {
    if (recordId % Math.min(EVERY, this.#limits.runs) !== 0) return;
    this.#database.writeQuickly(() => {
      this.#output.rotate();
      this.#database.run(PRUNE, this.#limits.runs, this.#now() - GIVEN_UP_MS);
      this.#database.run(PRUNE_ADOPTED, this.#limits.goneAdopted);
    });
  }

  /** Inside a transaction. */
  pruneValues(): void {
    this.#database.run(PRUNE_VALUES, this.#limits.withheldValues);
  }

  retain(project: string, containerIds: readonly string[]): void {
    const ids = JSON.stringify(containerIds);
    for (const table of ['hook_record', 'adopted_container']) {
      this.#mark(table, 1, 'NOT IN', [project, ids]);
      this.#mark(table, 0, 'IN', [project, ids]);
    }
  }

  /** Most runs change nothing, and then nothing is written. */
  #mark(table: string, gone: 0 | 1, listed: 'IN' | 'NOT IN', values: readonly [project: string, ids: string]): void {
    const changed = `project = ? AND gone = ${1 - gone} AND container_id ${listed} (SELECT value FROM json_each(?))`;
    if (!this.#database.get(`SELECT 1 FROM ${table} WHERE ${changed} LIMIT 1`, ...values)) return;
    this.#database.writeQuickly(() => {
      this.#database.run(`UPDATE ${table} SET gone = ${gone} WHERE ${changed}`, ...values);
    });
  }
}
