/**
 * The schema, as the steps that lead to it. `user_version` counts the steps that were taken.
 *
 * Steps only go forward and a released one is never edited: add another at the end. A database with more steps than
 * are known here was written by a newer reeve and is left alone, for reading too.
 */

import { StateError } from '../model/errors.ts';
import type { Database } from './database.ts';
import { numberOf } from './row.ts';

/** `reev`: tells our database from another program's. */
export const APPLICATION_ID = 0x72656576;

const STEPS: readonly string[] = [
  `
  CREATE TABLE hook_record (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL,
    service TEXT NOT NULL,
    replica INTEGER NOT NULL,
    container_id TEXT NOT NULL,
    started_at TEXT NOT NULL,
    phase TEXT NOT NULL,
    hook_index INTEGER NOT NULL,
    digest TEXT NOT NULL,
    command TEXT NOT NULL, -- JSON list
    cause TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    exec_id TEXT,
    outcome TEXT NOT NULL DEFAULT 'intended',
    exit_code INTEGER,
    message TEXT,
    began_at_ms INTEGER NOT NULL,
    duration_ms INTEGER,
    superseded INTEGER NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0, -- its container exists no more
    output_bytes INTEGER NOT NULL DEFAULT 0, -- kept in hook_output
    elided_bytes INTEGER NOT NULL DEFAULT 0 -- of its output, no longer kept
  ) STRICT;
  CREATE INDEX hook_record_alive ON hook_record (project, container_id, started_at, phase, hook_index) WHERE gone = 0;
  CREATE INDEX hook_record_container ON hook_record (container_id, phase);
  CREATE INDEX hook_record_project ON hook_record (project, service);
  CREATE INDEX hook_record_output ON hook_record (id, output_bytes) WHERE output_bytes > 0;

  CREATE TABLE hook_output (
    id INTEGER PRIMARY KEY,
    record_id INTEGER NOT NULL REFERENCES hook_record (id) ON DELETE CASCADE,
    part TEXT NOT NULL, -- head or tail
    stream TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX hook_output_record ON hook_output (record_id, id);

  CREATE TABLE hook_delivered (
    project TEXT NOT NULL,
    service TEXT NOT NULL,
    phase TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (project, service, phase, digest)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE adopted_container (
    container_id TEXT PRIMARY KEY,
    project TEXT NOT NULL, -- empty where it was not known yet
    started_at TEXT NOT NULL, -- empty: nothing is assumed of it any more
    gone INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX adopted_container_project ON adopted_container (project);

  CREATE TABLE withheld_value (
    digest TEXT PRIMARY KEY,
    content TEXT NOT NULL, -- JSON map
    kept_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    reconcile_id TEXT NOT NULL,
    action TEXT NOT NULL,
    cause TEXT NOT NULL,
    outcome TEXT NOT NULL,
    message TEXT NOT NULL,
    duration_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX history_project ON history (project, id);

  CREATE TABLE inventory (
    project TEXT PRIMARY KEY,
    working_dir TEXT NOT NULL,
    config_files TEXT NOT NULL, -- JSON list
    directory TEXT,
    applied_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE hold (
    project TEXT NOT NULL,
    service TEXT NOT NULL, -- empty: the whole project
    kind TEXT NOT NULL,
    PRIMARY KEY (project, service, kind)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pending_start ( -- stopped in order to be started again
    container_id TEXT PRIMARY KEY,
    project TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pending_start_project ON pending_start (project);

  CREATE TABLE lease_holder (
    project TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    command TEXT NOT NULL,
    since_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE content ( -- bytes of configs and secrets that a container was given, where its label does not say it
    container_id TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    digests TEXT NOT NULL -- JSON object
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX content_project ON content (project);
  `,
  `
  ALTER TABLE hook_record ADD COLUMN deadline_ms INTEGER; -- how long the run might take
  `,
  `
  DROP TABLE lease_holder; -- notes beside the locks say it
  ALTER TABLE inventory DROP COLUMN applied_at_ms; -- nobody asked, and it was a write in each run
  `,
];

/** Takes the steps that are missing; nothing is written where none is. */
export function migrate(database: Database): void {
  const version = pragma(database, 'user_version');
  if (version > STEPS.length) throw newerError(database.path, version);
  for (const [index, step] of STEPS.entries()) {
    if (index < version) continue;
    database.writeDurably(() => {
      database.exec(step);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1}`);
    });
  }
}

/** True for a new file and for one that reeve made; false for another program's database. */
export function isOurs(database: Database): boolean {
  if (pragma(database, 'application_id') === APPLICATION_ID) return true;
  return database.get('SELECT 1 FROM sqlite_schema LIMIT 1') === undefined;
}

function pragma(database: Database, name: 'user_version' | 'application_id'): number {
  const row = database.get(`PRAGMA ${name}`);
  return row ? numberOf(row, name) : 0;
}

function newerError(path: string, version: number): StateError {
  return new StateError(
    'newer',
    `${path}: was written by a newer reeve (schema ${version}, this one knows ${STEPS.length}); ` +
      `update reeve, or set XDG_STATE_HOME to another directory`,
  );
}
