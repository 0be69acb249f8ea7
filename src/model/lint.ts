/**
 * Lint of hooks: what a valid file asks for and its author can hardly have meant. Advice, never an error: nothing that
 * converges depends on it. The codes are names that stay, for `x-reeve: {allow: [code]}` silences by them.
 */

import type { HookPhase } from './hook.ts';

export const LINT_CODES = [
  'permissions-in-post-start',
  'migration-in-post-start',
  'migration-failure-ignored',
  'shell-syntax-without-shell',
  'command-cut-short',
  'command-in-one-word',
  'shell-without-c',
  'words-after-script',
  'never-healthy',
  'long-stop',
  'program-not-in-image',
  'could-not-run-before',
  'close-to-deadline',
] as const;

export type LintCode = (typeof LINT_CODES)[number];

/** Where a hook is written. */
export interface HookPlace {
  /** Absolute, or `-` for standard input. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** The line's own text. */
  readonly sourceLine: string;
}

/** How a hook is written: what the model, which has its words only, no longer tells. */
export interface HookSource {
  readonly service: string;
  readonly phase: HookPhase;
  readonly index: number;
  readonly place: HookPlace;
  /** Of a command that is one text: what an unquoted `;`, `&`, `|`, `<` or `>` cut off, from that character on. */
  readonly cutOff: string | undefined;
  /** Of the hook and of its service. */
  readonly allowed: readonly LintCode[];
}

/** One finding. Message and remedy may quote words of the command. */
export interface Lint {
  readonly code: LintCode;
  readonly service: string;
  readonly phase: HookPhase;
  readonly index: number;
  readonly message: string;
  /** What to do, as an imperative. */
  readonly remedy: string;
  /** undefined: it is not in a file that was read. */
  readonly place: HookPlace | undefined;
}
