/**
 * What the processes of a simulated world do. By default the command's words say it, so that a Compose file is a script:
 * a main process `run`, `exit 3 after 2s`, `exit 0 after 1s 2 times then run`, `ignore term`, `stop after 3s`,
 * `refused`; a hook `ok`, `ok after 2s`, `fail`, `fail 7`, `fail 2 times then ok`, `hang`, `kill the container`, `end the
 * container`, `missing`; a health probe `healthy`, `healthy after 3s`, `unhealthy`, `healthy until 5s`. Words that say
 * nothing are a process that runs on, a hook that succeeds, a probe that finds it healthy.
 */
import type { SimContainer } from './things.ts';

export type Words = readonly string[];
export type Output = readonly (readonly ['stdout' | 'stderr', string])[];

/** What the main process of a container does in one start. */
export interface ProcessBehaviour {
  /** The engine cannot start it, in these words. */
  readonly refused?: string;
  /** Ends by itself after so long; default: never. */
  readonly endsAfterMs?: number;
  /** Of the end by itself. Default 0. */
  readonly exitCode?: number;
  /** On the stop signal; default: ends at once with 0. */
  readonly onStop?: { readonly afterMs: number; readonly exitCode: number } | 'ignored';
  /** Written at once. */
  readonly output?: Output;
}

/** What a command in a running container does. */
export interface ExecBehaviour {
  /** The engine cannot run it, in these words. */
  readonly refused?: string;
  /** Default 0. */
  readonly exitCode?: number;
  /** How long it takes; Infinity: until it is killed or its container ends. Default 0. */
  readonly lastsMs?: number;
  readonly output?: Output;
  /** What it does to its container as its last deed: `kills` takes the command along, `ends` comes just after its end. */
  readonly container?: 'kills' | 'ends';
}

export interface Probe {
  readonly exitCode: number;
  readonly output?: string;
}

/** How a thing behaves may depend on how often it was run before: that is counted for it. */
export interface Program {
  /** `run` counts the starts of this container, from 1. */
  process(words: Words, container: SimContainer, run: number): ProcessBehaviour;
  /** `run` counts the runs of this very command in this container, from 1. */
  exec(words: Words, container: SimContainer, run: number): ExecBehaviour;
  probe(words: Words, container: SimContainer, uptimeMs: number): Probe;
}

/** Commands and probes by their words, processes too. */
export const WORDS: Program = {
  process: (words, _container, run) => processOf(words.join(' '), run),
  exec: (words, _container, run) => execOf(words.join(' '), run),
  probe: (words, _container, uptimeMs) => probeOf(words.join(' '), uptimeMs),
};

function processOf(text: string, run: number): ProcessBehaviour {
  if (/\brefused\b/.test(text)) return { refused: cannotStart(text) };
  const exit = /\bexit (\d+)(?: after (\S+))?(?: (\d+) times)?/.exec(text);
  const stop = /\bstop(?: with (\d+))? after (\S+)/.exec(text);
  const isOver = exit?.[3] !== undefined && run > Number(exit[3]);
  return {
    ...(exit && !isOver ? { exitCode: Number(exit[1]), endsAfterMs: durationMs(exit[2] ?? '0s') } : {}),
    ...(/\bignore term\b/.test(text) ? { onStop: 'ignored' as const } : {}),
    ...(stop ? { onStop: { afterMs: durationMs(stop[2] ?? ''), exitCode: Number(stop[1] ?? 0) } } : {}),
    ...outputOf(text),
  };
}

function execOf(text: string, run: number): ExecBehaviour {
  const after = /\bafter (\S+)/.exec(text);
  const lasts = after ? { lastsMs: durationMs(after[1] ?? '') } : {};
  if (/\bmissing\b/.test(text)) return { refused: cannotExec(text) };
  if (/\bhang\b/.test(text)) return { lastsMs: Infinity, ...outputOf(text) };
  if (/\bkill the container\b/.test(text)) return { container: 'kills', ...lasts };
  if (/\bend the container\b/.test(text)) return { container: 'ends', ...lasts };
  const fail = /\bfail(?: (\d+) times)?(?: (?:with )?(\d+))?\b/.exec(text);
  const fails = fail !== null && (fail[1] === undefined || run <= Number(fail[1]));
  return { ...lasts, ...(fails ? { exitCode: Number(fail[2] ?? 1) } : {}), ...outputOf(text) };
}

function probeOf(text: string, uptimeMs: number): Probe {
  const after = /\bhealthy after (\S+)/.exec(text);
  const until = /\bhealthy until (\S+)/.exec(text);
  const isHealthy =
    !/\bunhealthy\b/.test(text) &&
    (after === null || uptimeMs >= durationMs(after[1] ?? '')) &&
    (until === null || uptimeMs < durationMs(until[1] ?? ''));
  return { exitCode: isHealthy ? 0 : 1 };
}

/** `says WORD`, on stdout, and `complains WORD`, on stderr. */
function outputOf(text: string): { output?: Output } {
  const found = [...text.matchAll(/\b(says|complains) (\S+)/g)];
  if (found.length === 0) return {};
  return { output: found.map(([, verb, word]) => [verb === 'says' ? 'stdout' : 'stderr', `${word}\n`] as const) };
}

/** `250ms`, `3s`, `2m`. */
export function durationMs(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  if (amount === undefined) throw new Error(`not a duration: ${text}`);
  return Number(amount) * (unit === 'ms' ? 1 : unit === 's' ? 1000 : 60_000);
}

/** The engine's words for a main process that does not exist. */
export function cannotStart(command: string): string {
  return `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${command}": stat ${command}: no such file or directory: unknown`;
}

/** The engine's words for a command in a container that does not exist. */
export function cannotExec(command: string): string {
  return `OCI runtime exec failed: exec failed: unable to start container process: exec: "${command}": stat ${command}: no such file or directory: unknown`;
}
