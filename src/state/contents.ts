/**
 * Which bytes of configs and secrets containers were last given, in SQLite: digests by object. A row is there only for a
 * container whose label does not say it: one that others made, or one that was told of new bytes since.
 */

import type { Database } from './database.ts';
import { textOf } from './row.ts';
import type { DeliveredContents } from './state.ts';

export class SqliteContents implements DeliveredContents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  view(project: string): ReadonlyMap<string, Readonly<Record<string, string>>> {
    const rows = this.#database.all('SELECT container_id, digests FROM content WHERE project = ?', project);
    return new Map(rows.map((row) => [textOf(row, 'container_id'), digestsOf(textOf(row, 'digests'))]));
  }

  deliver(project: string, containerId: string, digests: Readonly<Record<string, string>>): void {
    this.#database.writeDurably(() => {
      this.#database.run(
        'INSERT OR REPLACE INTO content VALUES (?, ?, ?)',
        containerId,
        project,
        JSON.stringify(digests),
      );
    });
  }

  retain(project: string, containerIds: readonly string[]): void {
    const gone = [...this.view(project).keys()].filter((id) => !containerIds.includes(id));
    if (gone.length === 0) return;
    this.#database.writeDurably(() => {
      for (const id of gone) this.#database.run('DELETE FROM content WHERE container_id = ?', id);
    });
  }
}

function digestsOf(text: string): Record<string, string> {
  const parsed: unknown = JSON.parse(text);
  return Object.fromEntries(Object.entries(parsed ?? {}).map(([object, digest]) => [object, String(digest)]));
}
