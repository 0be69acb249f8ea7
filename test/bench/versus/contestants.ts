/**
 * What is timed: whole processes, from their start to their end, as a person waits for them. reeve is the packed program,
 * unpacked into an empty folder; Docker Compose is the installed one; the bare calls are what no program can do without.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { noCompose } from '../../support/compose.ts';
import type { BenchProject } from './projects.ts';

/** What a person does with a project, in this order. */
export const phases = ['up', 'again', 'recreate', 'down'] as const;
export type Phase = (typeof phases)[number];

export interface Contestant {
  readonly name: string;
  /** undefined: it has no such phase. */
  command(phase: Phase, project: BenchProject, name: string): readonly string[] | undefined;
  readonly version: string;
}

const root = join(import.meta.dirname, '../../..');

/** Packs the program as it is published, and unpacks it into the folder. */
export function packedReeve(folder: string): Contestant & { readonly program: readonly string[] } {
  mkdirSync(folder, { recursive: true });
  execFileSync('npm', ['pack', '--pack-destination', folder], { cwd: root, stdio: 'ignore' });
  const archive = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? '';
  execFileSync('tar', ['-xzf', join(folder, archive), '-C', folder]);
  const program = [process.execPath, join(folder, 'package/bin/run.js')];
  const words = { up: 'apply', again: 'apply', recreate: 'apply', down: 'down' };
  return {
    name: 'reeve',
    program,
    version: versionOf([...program, '--version']),
    command: (phase) => [...program, words[phase]],
  };
}

/** Docker Compose; undefined where it is not installed. */
export function installedCompose(): Contestant | undefined {
  if (noCompose() !== undefined) return undefined;
  const up = ['docker', 'compose', 'up', '-d'];
  const words = { up, again: up, recreate: up, down: ['docker', 'compose', 'down'] };
  return {
    name: 'Docker Compose',
    version: versionOf(['docker', 'compose', 'version', '--short']),
    command: (phase) => words[phase],
  };
}

/** The engine calls themselves, eight in flight, of what it made itself; of projects without hooks. */
export function bareCalls(): Contestant {
  const program = [process.execPath, join(import.meta.dirname, '../bare-calls.ts')];
  return {
    name: 'bare calls',
    version: '',
    command: (phase, { name: title, services }, name) => {
      const kind = /\b(flat|chain)\b/.exec(title)?.[0];
      if (kind === undefined || (phase !== 'up' && phase !== 'down')) return undefined;
      return [...program, phase, kind, name, String(services)];
    },
  };
}

/** The node program itself, doing nothing: what no command written for it can be quicker than. */
export function timeOfNode(): number {
  return timed([process.execPath, '-e', '0'], root, {});
}

/** Runs a command to its end; milliseconds. Throws where it fails, with what it said. */
export function timed(
  [file = '', ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(file, args, { cwd, env: { ...process.env, ...env }, encoding: 'utf8' });
  const tookMs = performance.now() - began;
  if (status !== 0) throw new Error(`${[file, ...args].join(' ')} exited ${status}\n${stderr}`);
  return tookMs;
}

function versionOf([file = '', ...args]: readonly string[]): string {
  return /\d\S*/.exec(execFileSync(file, args, { encoding: 'utf8' }))?.[0] ?? '';
}
