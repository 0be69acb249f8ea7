/**
 * What hooks printed: of each run the head and the tail, of all runs the newest.
 *
 * Output is for people and decides nothing, so it is gathered for one turn of the event loop before it is written (a hook
 * that prints a million lines costs some writes, not a million), and a write that fails loses output but no hook.
 * It is kept in pieces of some KiB, of which the oldest of the tail make room for new ones.
 */

import { isStateError } from '../model/errors.ts';
import type { Database, Row } from './database.ts';
import type { Limits } from './limits.ts';
import { numberOf, textOf, wordOf } from './row.ts';

export type Stream = 'stdout' | 'stderr';
type Part = 'head' | 'tail';

export interface OutputChunk {
  readonly stream: Stream;
  readonly text: string;
}

/** What is known of a run that is printing. */
interface Run {
  readonly recordId: number;
  headBytes: number;
  tailBytes: number;
  headIsFull: boolean;
  last: { readonly id: number; readonly part: Part; readonly stream: Stream; bytes: number } | undefined;
}

const PIECE_BYTES = 4096;
/** A hook that prints without giving the event loop a turn is written when this much (UTF-16 units) is gathered. */
const PENDING_LENGTH = 1024 * 1024;

export class HookOutput {
  readonly #database: Database;
  readonly #limits: Limits;
  readonly #runs = new Map<number, Run>();
  #pending: { readonly recordId: number; readonly stream: Stream; text: string }[] = [];
  #pendingLength = 0;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(database: Database, limits: Limits) {
    this.#database = database;
    this.#limits = limits;
  }

  append(recordId: number, stream: Stream, printed: string): void {
    if (printed === '') return;
    // For SQLite, and for Node before 24.2, a text ends at NUL.
    const text = printed.replaceAll('\0', '\u{fffd}');
    const last = this.#pending.at(-1);
    if (last?.recordId === recordId && last.stream === stream) last.text += text;
    else this.#pending.push({ recordId, stream, text });
    this.#pendingLength += text.length;
    if (this.#pendingLength > PENDING_LENGTH) this.flush();
    else this.#scheduled ??= setImmediate(() => this.flush());
  }

  /** Writes what was gathered. */
  flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingLength = 0;
    if (pending.length === 0) return;
    try {
      this.#database.writeQuickly(() => {
        for (const { recordId, stream, text } of pending) this.#store(recordId, stream, text);
      });
    } catch (error) {
      // What is known of the runs may be of the transaction that was rolled back.
      this.#runs.clear();
      if (!isStateError(error)) throw error;
    }
  }

  /** Drops what a run printed so far. */
  reset(recordId: number): void {
    this.endRun(recordId);
    this.#database.writeQuickly(() => {
      this.#database.run('DELETE FROM hook_output WHERE record_id = ?', recordId);
      this.#database.run('UPDATE hook_record SET output_bytes = 0, elided_bytes = 0 WHERE id = ?', recordId);
    });
  }

  /** No more will come from this run. */
  endRun(recordId: number): void {
    this.flush();
    this.#runs.delete(recordId);
  }

  read(recordId: number): OutputChunk[] {
    this.flush();
    const record = this.#database.get('SELECT elided_bytes FROM hook_record WHERE id = ?', recordId);
    const pieces = this.#database
      .all('SELECT part, stream, text FROM hook_output WHERE record_id = ? ORDER BY id', recordId)
      .map((row) => ({ part: partOf(row), stream: streamOf(row), text: textOf(row, 'text') }));
    const head = pieces.filter((piece) => piece.part === 'head');
    const tail = pieces.filter((piece) => piece.part === 'tail');
    return [...joined(head), ...marker(record ? numberOf(record, 'elided_bytes') : 0, pieces.length), ...joined(tail)];
  }

  /** Drops the output of the oldest runs until the rest is within bounds. */
  rotate(): void {
    const { outputBytes, runs } = this.#limits;
    const tooOld = `
      SELECT id FROM (
        SELECT id, SUM(output_bytes) OVER newest AS bytes, COUNT(*) OVER newest AS runs
        FROM hook_record WHERE output_bytes > 0
        WINDOW newest AS (ORDER BY id DESC)
      ) WHERE bytes > ? OR runs > ?`;
    for (const row of this.#database.all(tooOld, outputBytes, runs)) {
      const id = numberOf(row, 'id');
      if (this.#runs.has(id)) continue;
      this.#database.run('DELETE FROM hook_output WHERE record_id = ?', id);
      this.#database.run(
        'UPDATE hook_record SET elided_bytes = elided_bytes + output_bytes, output_bytes = 0 WHERE id = ?',
        id,
      );
    }
  }

  #store(recordId: number, stream: Stream, text: string): void {
    const run = this.#runOf(recordId);
    if (!run) return;
    let rest = Buffer.from(text);
    let elided = 0;
    if (!run.headIsFull) {
      const fits = Math.min(rest.length, this.#limits.outputHeadBytes - run.headBytes);
      const end = characterStart(rest, fits);
      this.#insert(run, 'head', stream, rest.subarray(0, end));
      rest = rest.subarray(end);
      run.headIsFull = rest.length > 0;
    }
    if (rest.length > this.#limits.outputTailBytes) {
      const start = characterStart(rest, rest.length - this.#limits.outputTailBytes);
      elided += start;
      rest = rest.subarray(start);
    }
    this.#insert(run, 'tail', stream, rest);
    elided += this.#trimTail(run);
    this.#database.run(
      'UPDATE hook_record SET output_bytes = ?, elided_bytes = elided_bytes + ? WHERE id = ?',
      run.headBytes + run.tailBytes,
      elided,
      recordId,
    );
  }

  #insert(run: Run, part: Part, stream: Stream, bytes: Buffer): void {
    for (let start = 0; start < bytes.length;) {
      const end = start + PIECE_BYTES < bytes.length ? characterStart(bytes, start + PIECE_BYTES) : bytes.length;
      this.#insertPiece(run, part, stream, bytes.subarray(start, end));
      start = end;
    }
  }

  #insertPiece(run: Run, part: Part, stream: Stream, piece: Buffer): void {
    const text = piece.toString();
    if (part === 'head') run.headBytes += piece.length;
    else run.tailBytes += piece.length;
    const { last } = run;
    if (last?.part === part && last.stream === stream && last.bytes < PIECE_BYTES) {
      last.bytes += piece.length;
      this.#database.run('UPDATE hook_output SET text = text || ?, bytes = ? WHERE id = ?', text, last.bytes, last.id);
      return;
    }
    const { lastId } = this.#database.run(
      'INSERT INTO hook_output (record_id, part, stream, bytes, text) VALUES (?, ?, ?, ?, ?)',
      run.recordId,
      part,
      stream,
      piece.length,
      text,
    );
    run.last = { id: lastId, part, stream, bytes: piece.length };
  }

  #trimTail(run: Run): number {
    let trimmed = 0;
    while (run.tailBytes > this.#limits.outputTailBytes) {
      const oldest = this.#database.get(
        `DELETE FROM hook_output WHERE id = (
          SELECT id FROM hook_output WHERE record_id = ? AND part = 'tail' ORDER BY id LIMIT 1
        ) RETURNING id, bytes`,
        run.recordId,
      );
      if (!oldest) break;
      if (numberOf(oldest, 'id') === run.last?.id) run.last = undefined;
      const bytes = numberOf(oldest, 'bytes');
      run.tailBytes -= bytes;
      trimmed += bytes;
    }
    return trimmed;
  }

  /** Undefined when there is no such record (any more). */
  #runOf(recordId: number): Run | undefined {
    const known = this.#runs.get(recordId);
    if (known) return known;
    if (!this.#database.get('SELECT 1 FROM hook_record WHERE id = ?', recordId)) return undefined;
    const sizes = `SELECT COALESCE(SUM(bytes) FILTER (WHERE part = 'head'), 0) AS head,
      COALESCE(SUM(bytes) FILTER (WHERE part = 'tail'), 0) AS tail FROM hook_output WHERE record_id = ?`;
    const row = this.#database.get(sizes, recordId) ?? { head: 0, tail: 0 };
    const tailBytes = numberOf(row, 'tail');
    const run: Run = {
      recordId,
      headBytes: numberOf(row, 'head'),
      tailBytes,
      headIsFull: tailBytes > 0,
      last: undefined,
    };
    this.#runs.set(recordId, run);
    return run;
  }
}

function partOf(row: Row): Part {
  return wordOf(row, 'part', ['head', 'tail']);
}

function streamOf(row: Row): Stream {
  return wordOf(row, 'stream', ['stdout', 'stderr']);
}

function joined(pieces: readonly OutputChunk[]): OutputChunk[] {
  const chunks: { readonly stream: Stream; text: string }[] = [];
  for (const { stream, text } of pieces) {
    const last = chunks.at(-1);
    if (last?.stream === stream) last.text += text;
    else chunks.push({ stream, text });
  }
  return chunks;
}

function marker(elidedBytes: number, pieces: number): OutputChunk[] {
  if (elidedBytes === 0) return [];
  const text =
    pieces > 0 ? `\n[${elidedBytes} bytes left out]\n` : `[${elidedBytes} bytes of output, no longer kept]\n`;
  return [{ stream: 'stderr', text }];
}

/** The last place at or before `index` where a character of UTF-8 begins. */
function characterStart(bytes: Buffer, index: number): number {
  if (index >= bytes.length) return bytes.length;
  let start = index;
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}
