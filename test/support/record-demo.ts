/**
 * Records `npm run demo` for README.md: `npm run demo:record` runs examples/demo.sh in a terminal of tmux's, looks at the
 * screen several times a second, and writes what it saw to examples/demo.svg. Nothing in the picture is made up.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { terminalSvg, type Frame } from './terminal-svg.ts';

const root = join(import.meta.dirname, '../..');
const target = join(root, 'examples/demo.svg');
const size = { columns: 96, rows: 34 } as const;
const server = `reeve-record-${process.pid}`;
const betweenLooksMs = 100;
/** Frames that stand for less are left out: nobody could read them, and the file stays small. */
const shortestFrameMs = 250;
const deadlineMs = 120_000;

const frames = await record();
const svg = terminalSvg(withoutShort(frames), size, 'npm run demo, recorded from a real terminal');
writeFileSync(target, svg);
process.stdout.write(`${target}: ${frames.length} frames seen, ${(svg.length / 1000).toFixed(0)} kB\n`);

async function record(): Promise<readonly Frame[]> {
  const environment = ['REEVE_DEMO_PROJECT=shop-demo', `PATH=${process.env['PATH'] ?? ''}`];
  const screen = ['-x', String(size.columns), '-y', String(size.rows)];
  const command = ['env', ...environment, 'bash', join(root, 'examples/demo.sh')];
  // The pane outlives the program, so that its last screen can be seen.
  const keepPane = ['set-option', 'remain-on-exit', 'on'];
  try {
    tmux('-f', '/dev/null', 'new-session', '-d', ...screen, ...command, ';', ...keepPane);
    const seen: Frame[] = [];
    const startedMs = performance.now();
    for (let isRunning = true; isRunning;) {
      isRunning = tmux('display-message', '-p', '#{pane_dead}').trim() !== '1';
      const lines = tmux('capture-pane', '-p', '-e').split('\n').slice(0, size.rows);
      const shown = lines.map((line) => (line.includes('Pane is dead') ? '' : line.trimEnd()));
      const atMs = performance.now() - startedMs;
      if (shown.join('\n') !== seen.at(-1)?.lines.join('\n')) seen.push({ atMs, lines: shown });
      if (atMs > deadlineMs) throw new Error(`the demo has not ended after ${deadlineMs} ms`);
      await delay(betweenLooksMs);
    }
    const status = tmux('display-message', '-p', '#{pane_dead_status}').trim();
    if (status !== '0') throw new Error(`the demo ended with ${status}\n${seen.at(-1)?.lines.join('\n') ?? ''}`);
    return seen;
  } finally {
    tmux('kill-server');
  }
}

function tmux(...args: readonly string[]): string {
  return execFileSync('tmux', ['-L', server, ...args], { encoding: 'utf8' });
}

function withoutShort(seen: readonly Frame[]): readonly Frame[] {
  return seen.filter(({ atMs }, index) => (seen[index + 1]?.atMs ?? Infinity) - atMs >= shortestFrameMs);
}
