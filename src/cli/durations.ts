/** Durations on the command line: `30s`, `5m`, `1h30m`, `500ms`; a bare number is seconds, as in Compose's `--timeout`. */

import { UsageError } from '../model/errors.ts';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

/** Milliseconds; throws UsageError for anything else. */
export function parseDurationMs(text: string): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  if (!WHOLE.test(text)) throw new UsageError(`"${text}" is no duration: write 30s, 5m, 1h30m or a number of seconds`);
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(PART)) ms += Number(amount) * (UNITS_MS[unit ?? ''] ?? 0);
  return Math.round(ms);
}

/** Of something that is to run: 0 would end it as it begins, and is no word for no deadline. */
export function parseDeadlineMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === 0) throw new UsageError(`a deadline of ${text} ends a hook as it begins: write 30s, 5m, 24h`);
  return ms;
}
