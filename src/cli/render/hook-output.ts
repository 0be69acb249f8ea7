/** Recorded chunks of output -> whole lines; each stream has its own unfinished line. */

export interface OutputLine {
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

export function outputLines(
  chunks: readonly { readonly stream: OutputLine['stream']; readonly text: string }[],
): OutputLine[] {
  const unfinished = { stdout: '', stderr: '' };
  const lines: OutputLine[] = [];
  for (const { stream, text } of chunks) {
    const parts = (unfinished[stream] + text).split('\n');
    unfinished[stream] = parts.pop() ?? '';
    lines.push(...parts.map((line) => ({ stream, line })));
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    if (unfinished[stream] !== '') lines.push({ stream, line: unfinished[stream] });
  }
  return lines;
}
