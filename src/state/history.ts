/** What was done, when and why, in SQLite: written quickly (a loss of power may lose its end), the newest lines kept. */

import type { Database, Row } from './database.ts';
import type { Limits } from './limits.ts';
import { numberOf, textOf, wordOf } from './row.ts';
import type { History, HistoryEntry } from './state.ts';

const OUTCOMES: readonly HistoryEntry['outcome'][] = ['succeeded', 'failed', 'skipped', 'event'];

/** Old lines are looked for once in so many new ones. */
const EVERY = 256;

const APPEND = `
  INSERT INTO history (project, at_ms, reconcile_id, action, cause, outcome, message, duration_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

const PRUNE_PROJECT = `
  DELETE FROM history WHERE project = ?
    AND id <= (SELECT id FROM history WHERE project = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`;

const PRUNE_ALL = 'DELETE FROM history WHERE id <= (SELECT id FROM history ORDER BY id DESC LIMIT 1 OFFSET ?)';

export class SqliteHistory implements History {
  readonly #database: Database;
  readonly #limits: Limits;

  constructor(database: Database, limits: Limits) {
    this.#database = database;
    this.#limits = limits;
  }

  append(entries: readonly HistoryEntry[]): void {
    if (entries.length === 0) return;
    this.#database.writeQuickly(() => {
      let prune = false;
      for (const entry of entries) prune = this.#insert(entry) % this.#every === 0 || prune;
      if (prune) this.#prune();
    });
  }

  list(filter: { readonly project?: string; readonly limit: number }): HistoryEntry[] {
    const rows =
      filter.project === undefined
        ? this.#database.all('SELECT * FROM history ORDER BY id DESC LIMIT ?', filter.limit)
        : this.#database.all(
            'SELECT * FROM history WHERE project = ? ORDER BY id DESC LIMIT ?',
            filter.project,
            filter.limit,
          );
    return rows.map(entryOf).toReversed();
  }

  get #every(): number {
    return Math.min(EVERY, this.#limits.historyLines);
  }

  #insert(entry: HistoryEntry): number {
    const { project, atMs, reconcileId, action, cause, outcome, message, durationMs } = entry;
    const texts = [reconcileId, action, cause, outcome, message];
    return this.#database.run(APPEND, project, Math.round(atMs), ...texts, Math.round(durationMs)).lastId;
  }

  #prune(): void {
    for (const row of this.#database.all('SELECT DISTINCT project FROM history')) {
      const project = textOf(row, 'project');
      this.#database.run(PRUNE_PROJECT, project, project, this.#limits.historyLines);
    }
    this.#database.run(PRUNE_ALL, this.#limits.historyLinesOfAll);
  }
}

function entryOf(row: Row): HistoryEntry {
  return {
    project: textOf(row, 'project'),
    atMs: numberOf(row, 'at_ms'),
    reconcileId: textOf(row, 'reconcile_id'),
    action: textOf(row, 'action'),
    cause: textOf(row, 'cause'),
    outcome: wordOf(row, 'outcome', OUTCOMES),
    message: textOf(row, 'message'),
    durationMs: numberOf(row, 'duration_ms'),
  };
}
