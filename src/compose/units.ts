/**
 * Durations and sizes in text.
 */

import type { Whole } from '../model/project.ts';
import { parseFloatText } from './casts.ts';

const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 24 * 3600e9,
  w: 7 * 24 * 3600e9,
};

/** Nanoseconds of a duration such as `1m30s` or `1.5h`; undefined when it is none. Days and weeks are allowed. */
export function parseDuration(text: string): number | undefined {
  const match = /^([-+]?)((?:\d+(?:\.\d*)?|\.\d+)[a-z\u00b5\u03bc]+)+$/.exec(text);
  if (match === null) return text === '0' || text === '+0' || text === '-0' ? 0 : undefined;
  let total = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)([a-z\u00b5\u03bc]+)/g)) {
    const scale = Object.hasOwn(UNIT_NS, unit) ? UNIT_NS[unit] : undefined;
    if (scale === undefined) return undefined;
    total += Number(amount) * scale;
  }
  if (!Number.isFinite(total) || total > 9.2e18) return undefined;
  return Math.trunc(text.startsWith('-') ? -total : total);
}

const SIZE = /^([-+._\deE]*[\d.]) ?(?:([kmgtp])(?:i?b)?|b)?$/i;

/** Bytes of a size such as `512m` or `1.5GiB`, in powers of 1024; undefined when it is none. */
export function parseBytes(text: string): Whole | undefined {
  const match = SIZE.exec(text);
  const amount = parseFloatText(match?.[1] ?? '');
  if (match === null || amount === undefined || amount < 0) return undefined;
  const unit = match[2]?.toLowerCase();
  const bytes = Math.trunc(amount * 1024 ** (unit === undefined ? 0 : 'kmgtp'.indexOf(unit) + 1));
  if (bytes >= 2 ** 63) return undefined;
  return Number.isSafeInteger(bytes) ? bytes : BigInt(bytes);
}
