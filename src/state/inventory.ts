/**
 * What was applied from where, and what is held back, in SQLite. Durable: what was stopped by hand stays stopped.
 *
 * To forget a project (it was taken down) also forgets that it was stopped, for there is nothing left to keep
 * stopped; a suspended one stays suspended until it is resumed.
 */

import { isDeepStrictEqual } from 'node:util';
import type { Bell } from './bell.ts';
import type { Database, Row } from './database.ts';
import { listOf, textOf, wordOf } from './row.ts';
import type { Hold, HoldKind, Inventory, InventoryEntry } from './state.ts';

const KINDS: readonly HoldKind[] = ['stopped', 'suspended'];
const WHOLE_PROJECT = '';

export class SqliteInventory implements Inventory {
  readonly #database: Database;
  readonly #bell: Bell;

  /** `bell` is rung for holds: a `watch` of another process follows them. */
  constructor(database: Database, bell: Bell) {
    this.#database = database;
    this.#bell = bell;
  }

  record(entry: InventoryEntry): void {
    const { project, workingDir, configFiles, directory } = entry;
    if (isDeepStrictEqual(this.get(project), { project, workingDir, configFiles, directory })) return;
    const values = [project, workingDir, JSON.stringify(configFiles), directory ?? null];
    this.#database.writeDurably(() => {
      this.#database.run('INSERT OR REPLACE INTO inventory VALUES (?, ?, ?, ?)', ...values);
    });
  }

  forget(project: string): void {
    this.#database.writeDurably(() => {
      this.#database.run('DELETE FROM inventory WHERE project = ?', project);
      this.#database.run(`DELETE FROM hold WHERE project = ? AND kind = 'stopped'`, project);
    });
  }

  get(project: string): InventoryEntry | undefined {
    const row = this.#database.get('SELECT * FROM inventory WHERE project = ?', project);
    return row && entryOf(row);
  }

  list(directory?: string): InventoryEntry[] {
    const rows =
      directory === undefined
        ? this.#database.all('SELECT * FROM inventory ORDER BY project')
        : this.#database.all('SELECT * FROM inventory WHERE directory = ? ORDER BY project', directory);
    return rows.map(entryOf);
  }

  hold({ project, service = WHOLE_PROJECT, kind }: Hold): void {
    this.#database.writeDurably(() => {
      this.#database.run('INSERT OR IGNORE INTO hold VALUES (?, ?, ?)', project, service, kind);
    });
    this.#bell.ring();
  }

  release({ project, service, kind }: Hold): void {
    this.#database.writeDurably(() => {
      if (service === undefined) {
        this.#database.run('DELETE FROM hold WHERE project = ? AND kind = ?', project, kind);
      } else {
        this.#database.run('DELETE FROM hold WHERE project = ? AND kind = ? AND service = ?', project, kind, service);
      }
    });
    this.#bell.ring();
  }

  onHoldsChange(listener: () => void): () => void {
    return this.#bell.listen(listener);
  }

  holds(project: string): Hold[] {
    return this.#database
      .all('SELECT project, service, kind FROM hold WHERE project = ? ORDER BY service, kind', project)
      .map((row) => ({
        project: textOf(row, 'project'),
        service: textOf(row, 'service') === WHOLE_PROJECT ? undefined : textOf(row, 'service'),
        kind: wordOf(row, 'kind', KINDS),
      }));
  }

  expectStarts(project: string, containerIds: readonly string[]): void {
    if (containerIds.length === 0) return;
    this.#database.writeDurably(() => {
      for (const id of containerIds)
        this.#database.run('INSERT OR REPLACE INTO pending_start VALUES (?, ?)', id, project);
    });
  }

  forgetStarts(containerIds: readonly string[]): void {
    if (containerIds.length === 0) return;
    this.#database.writeDurably(() => {
      for (const id of containerIds) this.#database.run('DELETE FROM pending_start WHERE container_id = ?', id);
    });
  }

  expectedStarts(project: string): ReadonlySet<string> {
    const rows = this.#database.all('SELECT container_id FROM pending_start WHERE project = ?', project);
    return new Set(rows.map((row) => textOf(row, 'container_id')));
  }
}

function entryOf(row: Row): InventoryEntry {
  return {
    project: textOf(row, 'project'),
    workingDir: textOf(row, 'working_dir'),
    configFiles: listOf(row, 'config_files'),
    directory: row['directory'] === null ? undefined : textOf(row, 'directory'),
  };
}
