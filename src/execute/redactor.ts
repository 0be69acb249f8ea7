/**
 * Hides values that came from outside the files in text that comes in pieces: `***` in the place of each.
 *
 * What may be the beginning of a value is held back until the next piece tells, so a value cannot slip through by being cut.
 * Of a value of several lines each is looked for by itself, since a program may indent or quote them. Values too short to be
 * told from other text are not looked for: `1` would be found everywhere.
 */

import { EngineError, isEngineError } from '../model/errors.ts';

/** Takes pieces of one text and gives out what is safe to show. */
export interface Redactor {
  push(text: string): string;
  /** What was held back. */
  end(): string;
}

const SHORTEST = 4;
/** A longer line is looked for in parts of this length, of which the last is the rest. */
const LONGEST = 4096;
const HIDDEN = '***';

export function redactor(values: Iterable<string>): Redactor {
  const parts = partsOf(values);
  if (parts.length === 0) return { push: (text) => text, end: () => '' };
  const pattern = new RegExp(parts.map((part) => RegExp.escape(part)).join('|'), 'g');
  let held = '';
  return {
    push(text) {
      const all = held + text;
      const from = openEnd(all, parts, pattern);
      held = all.slice(from);
      return all.slice(0, from).replace(pattern, HIDDEN);
    },
    end() {
      const rest = held;
      held = '';
      return rest.replace(pattern, HIDDEN);
    },
  };
}

/** A text that is there as a whole. */
export function redact(text: string, values: Iterable<string>): string {
  const whole = redactor(values);
  return whole.push(text) + whole.end();
}

/** An engine's error whose message may repeat what a program printed; without its cause, which would tell it. */
export function redactedError(error: unknown, values: Iterable<string>): unknown {
  return isEngineError(error) ? new EngineError(error.code, redact(error.message, values)) : error;
}

/** Longest first, so that one which begins with another is hidden whole. */
function partsOf(values: Iterable<string>): string[] {
  const parts = new Set<string>();
  for (const value of values) {
    for (const line of value.split(/\r?\n/)) {
      const text = line.trim();
      for (let from = 0; from < text.length; from += LONGEST) {
        const part = text.slice(from, from + LONGEST);
        if (part.length >= SHORTEST) parts.add(part);
      }
    }
  }
  return [...parts].toSorted((a, b) => b.length - a.length);
}

/** Where the end begins that may be the beginning of a value; the length of the text where there is none. */
function openEnd(text: string, parts: readonly string[], pattern: RegExp): number {
  const last = [...text.matchAll(pattern)].at(-1);
  const closed = last === undefined ? 0 : last.index + last[0].length;
  const longest = parts[0]?.length ?? 0;
  for (let from = Math.max(closed, text.length - longest + 1); from < text.length; from += 1) {
    const end = text.slice(from);
    if (parts.some((part) => part.startsWith(end))) return from;
  }
  return text.length;
}
