/** What is wrong with Compose files, for a terminal: place, sentence, the line it is about, and a remedy where one is known. */

import { relative } from 'node:path';
import type { Diagnostic } from '../wire.ts';
import { neutralise, neutraliseLine } from './neutralise.ts';
import type { Style } from './style.ts';

/** `subject` says whose files they are, where there are several: `shop: `. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], style: Style, subject = ''): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const blocks = diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, style));
  const count = errors === 1 ? '1 error' : `${errors} errors`;
  if (errors > 1 || subject !== '') blocks.push(`${style('bad', 'reeve:')} ${subject}${count}; nothing was touched`);
  return blocks.join('\n');
}

/** `compose.yaml:3:5: error: services.web.image must be a string`, the line with a caret, and what helps. */
export function renderDiagnostic(diagnostic: Diagnostic, style: Style): string {
  const { severity, sourceLine, column = 1 } = diagnostic;
  const label = style(severity === 'error' ? 'bad' : 'warning', `${severity}:`);
  const lines = [`${placeOf(diagnostic)}${label} ${neutralise(diagnostic.message)}`];
  if (sourceLine !== undefined && sourceLine.length <= LONGEST_LINE) {
    lines.push(
      `  ${style('dim', '|')} ${neutraliseLine(sourceLine)}`,
      `  ${style('dim', '|')} ${' '.repeat(column - 1)}^`,
    );
  }
  const helps = remedyOf(diagnostic);
  if (helps !== '') lines.push(`  ${neutraliseLine(helps)}`);
  return lines.join('\n');
}

/** One line, for lists and for `watch`. */
export function diagnosticLine(diagnostic: Diagnostic): string {
  const helps = remedyOf(diagnostic);
  return neutraliseLine(`${placeOf(diagnostic)}${diagnostic.message}${helps === '' ? '' : ` (${helps})`}`);
}

const LONGEST_LINE = 200;

/** `compose.yaml:3:5: ` */
export function placeOf({ file, line, column }: Pick<Diagnostic, 'file' | 'line' | 'column'>): string {
  if (file === undefined) return '';
  const shown = file === '-' ? 'standard input' : shortPath(file);
  const place = line === undefined ? '' : `:${line}:${column ?? 1}`;
  return `${shown}${place}: `;
}

/** The shorter of the path from here and the absolute one. */
function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere !== '' && fromHere.length < path.length ? fromHere : path;
}

/** What helps: the word that was meant, what may stand there, what to do. */
function remedyOf({ expected, suggestion, remedy }: Diagnostic): string {
  const parts = [
    ...(suggestion === undefined ? [] : [`did you mean ${suggestion}?`]),
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...(remedy === undefined ? [] : [remedy]),
  ];
  return parts.join('; ');
}
