/**
 * The real Docker Compose, for tests of what the two make of each other's projects. Must never be used to look at the
 * world: that is engine.ts.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import assert from 'node:assert/strict';
import type { TestProject } from './project.ts';
import type { Ended } from './reeve.ts';

/** Why there is no Docker Compose here; undefined when there is. Where a script beside the checkout can, it is installed. */
export function noCompose(): string | undefined {
  if (answers()) return undefined;
  const installer = join(import.meta.dirname, '../../../shared/tools/compose-plugin.sh');
  if (existsSync(installer)) spawnSync('bash', [installer], { stdio: 'ignore' });
  return answers() ? undefined : 'docker compose is not installed';
}

function answers(): boolean {
  return spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0;
}

/** Runs `docker compose ARGS` in the project's folder to its end, or until the signal kills it. */
export async function compose(
  project: TestProject,
  args: readonly string[],
  { signal, env = {} }: { readonly signal?: AbortSignal; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('COMPOSE_'));
  const child = spawn('docker', ['compose', '--progress', 'plain', ...args], {
    cwd: project.folder,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // The plugin is a child of the command: both go.
  signal?.addEventListener('abort', () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'));
  const { promise: closed, resolve } = Promise.withResolvers<Pick<Ended, 'exitCode' | 'signal'>>();
  child.on('close', (exitCode, killedBy) => resolve({ exitCode, signal: killedBy }));
  const [stdout, stderr, end] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { ...end, stdout, stderr };
}

/** Runs `docker compose ARGS` and fails the test unless it exits 0. */
export async function composeOk(project: TestProject, args: readonly string[]): Promise<Ended> {
  const ended = await compose(project, args);
  assert.equal(ended.exitCode, 0, `docker compose ${args.join(' ')}\n${ended.stdout}\n${ended.stderr}`);
  return ended;
}
