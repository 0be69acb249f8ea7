/** Times for people: how long something took, how long ago it was. Machines get ISO 8601. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `85 ms`, `0.3 s`, `12 s`, `2 min 5 s`, `1 h 2 min`. */
export function renderDuration(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return pair(ms, [MINUTE, 'min'], [SECOND, 's']);
  if (ms < DAY) return pair(ms, [HOUR, 'h'], [MINUTE, 'min']);
  return pair(ms, [DAY, 'd'], [HOUR, 'h']);
}

/** How long something has been so: whole seconds. */
export function renderAge(ms: number): string {
  const whole = Math.floor(ms / SECOND) * SECOND;
  return whole < MINUTE ? `${whole / SECOND} s` : renderDuration(whole);
}

function pair(ms: number, [large, largeName]: [number, string], [small, smallName]: [number, string]): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeName}${rest > 0 ? ` ${rest} ${smallName}` : ''}`;
}

/** `just now`, `12 s ago`, `3 h ago`; a date for what is older than a month. */
export function renderAgo(atMs: number, nowMs: number): string {
  const ago = nowMs - atMs;
  if (ago < SECOND) return 'just now';
  if (ago < MINUTE) return `${Math.floor(ago / SECOND)} s ago`;
  if (ago < HOUR) return `${Math.floor(ago / MINUTE)} min ago`;
  if (ago < 2 * DAY) return `${Math.floor(ago / HOUR)} h ago`;
  if (ago < 30 * DAY) return `${Math.floor(ago / DAY)} d ago`;
  return new Date(atMs).toISOString().slice(0, 10);
}

export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
