/** Reads columns of a row as what they must be; a column of another kind means a damaged or foreign database. */

import { StateError } from '../model/errors.ts';
import type { Row } from './database.ts';

/** The text of a column. */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : unexpected(column);
}

/** The number of a column. */
export function numberOf(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' ? value : unexpected(column);
}

/** The text of a column that holds one of a few words. */
export function wordOf<T extends string>(row: Row, column: string, words: readonly T[]): T {
  const text = textOf(row, column);
  return words.find((word) => word === text) ?? unexpected(column);
}

/** The strings of a column that holds them as a JSON list. */
export function listOf(row: Row, column: string): string[] {
  const parsed = parse(textOf(row, column));
  return Array.isArray(parsed) ? parsed.map(String) : unexpected(column);
}

/** The strings of a column that holds them as a JSON map. */
export function mapOf(row: Row, column: string): Record<string, string> {
  const parsed = parse(textOf(row, column));
  if (typeof parsed !== 'object' || parsed === null) return unexpected(column);
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unexpected(column: string): never {
  throw new StateError('corrupt', `reeve's state is damaged: column ${column} holds something unexpected`);
}
