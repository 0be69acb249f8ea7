/**
 * Builds an image with `docker buildx`, for what only BuildKit can do. It is a child process with a list of arguments and
 * no shell, told of the same engine as everything else here, and ended with all its children when the call is aborted.
 *
 * Values of build arguments and secrets go to it in its environment: its arguments are there for every user of the host
 * to read.
 */

import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { isAbsolute, join } from 'node:path';
import { EngineError } from '../model/errors.ts';
import type { Build } from '../model/project.ts';
import type { Variables } from './address.ts';
import type { BuildRequest } from './engine.ts';
import { systemCode } from './faults.ts';
import { linesOf } from './lines.ts';

/** Between the request to end and the kill. */
const GRACE_MS = 10_000;
const VERSION_DEADLINE_MS = 20_000;
/** Lines of output that a failure quotes. */
const QUOTED_LINES = 10;

/** Whether `docker buildx` answers here. */
export async function hasBuildx(env: Variables, signal: AbortSignal): Promise<boolean> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(VERSION_DEADLINE_MS)]);
  try {
    return (await run({ args: ['buildx', 'version'], env, input: '', onLine: () => {} }, deadline)) === 0;
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted || systemCode(error) !== undefined) return false;
    throw error;
  }
}

/** Resolves when the image is there, under all its names. */
export async function buildWithBuildx(request: BuildRequest, env: Variables, signal: AbortSignal): Promise<void> {
  const what = `build image ${request.ref}`;
  const { args, variables } = buildxCall(request, env);
  const output: string[] = [];
  const onLine = (line: string): void => {
    request.onOutput?.(line);
    if (line.trim() === '') return;
    output.push(line);
    output.splice(0, output.length - QUOTED_LINES);
  };
  const input = request.build.dockerfile_inline ?? '';
  const code = await run({ args, env: { ...env, ...variables }, input, onLine }, signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new EngineError('rejected', `${what}: docker buildx cannot be run: ${String(cause)}`, { cause });
  });
  if (code === 0) return;
  throw new EngineError('rejected', [`${what}: docker buildx exited ${code}`, ...output].join('\n'));
}

export interface BuildxCall {
  readonly args: readonly string[];
  /** Added to its environment. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The command line of one build, with values where nobody else reads them. */
export function buildxCall(request: BuildRequest, env: Variables): BuildxCall {
  const { ref, build, labels, platform } = request;
  const variables: Record<string, string> = {};
  const option = (name: string, values: readonly string[] | undefined): string[] =>
    (values ?? []).flatMap((value) => [name, value]);
  const platforms = build.platforms ?? (platform === undefined ? [] : [platform]);
  const args = [
    'buildx',
    'build',
    '--progress=plain',
    '--load',
    ...option('--tag', [ref, ...(build.tags ?? [])]),
    ...option('--file', dockerfileOf(build)),
    ...option('--target', build.target === undefined ? [] : [build.target]),
    ...option('--build-arg', buildArgs(build, env, variables)),
    ...option('--label', pairs(labels)),
    ...option('--secret', secrets(request, variables)),
    ...option('--ssh', build.ssh?.map(String)),
    ...option('--build-context', pairs(request.contexts)),
    ...option('--cache-from', build.cache_from),
    ...option('--cache-to', build.cache_to),
    ...option('--no-cache-filter', build.no_cache_filter),
    ...option('--platform', platforms.length > 0 ? [platforms.join(',')] : []),
    ...option('--allow', [...(build.entitlements ?? []), ...(build.privileged ? ['security.insecure'] : [])]),
    ...option(
      '--add-host',
      build.extra_hosts?.map((host) => host.replace('=', ':')),
    ),
    ...option('--network', build.network === undefined ? [] : [build.network]),
    ...option('--shm-size', build.shm_size ? [String(build.shm_size)] : []),
    ...option('--ulimit', ulimits(build)),
    ...option('--provenance', build.provenance === undefined ? [] : [build.provenance]),
    ...option('--sbom', build.sbom === undefined ? [] : [build.sbom]),
    ...(build.no_cache ? ['--no-cache'] : []),
    ...(build.pull ? ['--pull'] : []),
    '--',
    build.context ?? '.',
  ];
  return { args, variables };
}

function dockerfileOf({ context = '.', dockerfile, dockerfile_inline }: Build): string[] {
  if (dockerfile_inline !== undefined) return ['-'];
  if (dockerfile === undefined) return [];
  return [isAbsolute(dockerfile) || /^(?:https?|git|ssh):\/\//.test(context) ? dockerfile : join(context, dockerfile)];
}

/** By name alone, with the value in the environment; but for a name that means something there already. */
function buildArgs({ args = {} }: Build, env: Variables, variables: Record<string, string>): string[] {
  return Object.entries(args).flatMap(([name, value]) => {
    if (value === null) return [];
    const isTaken =
      env[name] !== undefined || /^(?:DOCKER|BUILDX|BUILDKIT|COMPOSE|OTEL)_|^(?:PATH|HOME|USER)$/.test(name);
    if (isTaken || !/^\w+$/.test(name)) return [`${name}=${value}`];
    variables[name] = value;
    return [name];
  });
}

function secrets({ secrets: given }: BuildRequest, variables: Record<string, string>): string[] {
  return given.map((secret, index) => {
    const id = field('id', secret.id);
    if ('file' in secret) return `${id},${field('src', secret.file)}`;
    const name = `REEVE_BUILD_SECRET_${index}`;
    variables[name] = secret.value;
    return `${id},env=${name}`;
  });
}

/** One field of a line of comma-separated values. */
function field(name: string, value: string): string {
  const text = `${name}=${value}`;
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function pairs(map: Readonly<Record<string, string>>): string[] {
  return Object.entries(map).map(([name, value]) => `${name}=${value}`);
}

function ulimits({ ulimits: limits = {} }: Build): string[] {
  return Object.entries(limits).map(([name, limit]) =>
    typeof limit !== 'object' ? `${name}=${limit}:${limit}` : `${name}=${limit.soft ?? 0}:${limit.hard ?? 0}`,
  );
}

interface Run {
  readonly args: readonly string[];
  readonly env: Variables;
  readonly input: string;
  readonly onLine: (line: string) => void;
}

/** Its exit code; rejects when it could not be started, or was ended by the signal. */
async function run({ args, env, input, onLine }: Run, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  // A group of its own: the plugin is a child of `docker`, and a terminal's Ctrl-C must not end it before its time.
  const child = spawn('docker', args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: process.platform !== 'win32' });
  const end = (name: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(process.platform === 'win32' ? child.pid : -child.pid, name);
    } catch {
      // Gone already.
    }
  };
  let killing: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    end('SIGTERM');
    killing = setTimeout(() => end('SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  try {
    const [code] = await Promise.all([ended, follow(child.stdout, onLine), follow(child.stderr, onLine)]);
    signal.throwIfAborted();
    return code;
  } finally {
    clearTimeout(killing);
    signal.removeEventListener('abort', onAbort);
  }
}

async function follow(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of linesOf(stream)) onLine(line);
}
