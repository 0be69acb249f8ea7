/**
 * Connects to the engine: reaches it, agrees on an API version, learns who it is, all by one question: every answer says the
 * version.
 *
 * An engine that cannot be reached is an EngineError that names the address and what to do about it.
 */

import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import { EngineError } from '../model/errors.ts';
import type { LiftableLimit } from '../model/resources.ts';
import type { Variables } from './address.ts';
import { addressText, clientEnvironment, readDockerConfig, resolveAddress } from './address.ts';
import { DockerEngine } from './docker.ts';
import type { Engine, EngineInfo } from './engine.ts';
import type { ProcessTable } from './exec-kill.ts';
import { HOST_PROCESSES } from './exec-kill.ts';
import { connectionText, refusalStatus, systemCode } from './faults.ts';
import { proxyEnvironment } from './proxy-environment.ts';
import { Line } from './line.ts';
import { agreedVersion, OLDEST_API } from './negotiate.ts';
import { Pulse } from './pulse.ts';
import { Wire } from './wire.ts';

export interface ConnectOptions {
  /** From `--host`; default: as the environment says. */
  readonly host?: string | undefined;
  /** Default: the process's own. */
  readonly env?: Variables;
  readonly signal?: AbortSignal;
  /** For reaching the engine; default 30 s. */
  readonly deadlineMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Where processes of commands are looked for; default: this host's. */
  readonly processes?: ProcessTable;
  /** Told, in words, when the engine does not answer, and when it does again. */
  readonly onSilence?: (text: string) => void;
}

/** The engine that the options and the environment name, ready for use. */
export async function connect(options: ConnectOptions = {}): Promise<Engine> {
  const env = options.env ?? process.env;
  const signal = options.signal ?? new AbortController().signal;
  const deadlineMs = options.deadlineMs ?? 30_000;
  const clock = options.clock ?? systemClock;
  const address = resolveAddress(options.host, env);
  const host = addressText(address);
  const line = new Line(address);
  try {
    const plain = new Wire(line, undefined, clock);
    const pulse = options.onSilence && new Pulse({ ping: pingOf(plain, signal), host, clock, say: options.onSilence });
    const greeting = plain.followedBy(pulse);
    const what = `connect to ${host}`;
    const { headers, body: about = {} } = await greeting.reply<EngineFacts>({
      what,
      path: '/info',
      signal,
      deadlineMs,
    });
    const spoken = String(headers['api-version'] ?? OLDEST_API);
    const apiVersion = agreedVersion({ spoken, asked: env['DOCKER_API_VERSION'], host });
    const isPodman = headers['libpod-api-version'] !== undefined;
    const config = readDockerConfig(env);
    return new DockerEngine({
      wire: new Wire(line, apiVersion, clock).followedBy(pulse),
      closeSockets: () => line.close(),
      info: engineInfo(about, {
        apiVersion,
        host,
        local: address.kind === 'unix' && process.platform === 'linux',
        isPodman,
      }),
      isPodman,
      clockOffsetMs: about.SystemTime ? Date.parse(about.SystemTime) - clock.now() : 0,
      clock,
      processes: options.processes ?? HOST_PROCESSES,
      env,
      dockerEnv: clientEnvironment(options.host, env),
      proxyEnvironment: proxyEnvironment(config, host),
    });
  } catch (error) {
    line.close();
    signal.throwIfAborted();
    throw unreachable(host, error, deadlineMs);
  }
}

function pingOf(wire: Wire, signal: AbortSignal): (deadlineMs: number) => Promise<unknown> {
  return (deadlineMs) => wire.head({ what: 'ping', path: '/_ping', signal, deadlineMs });
}

interface EngineFacts {
  readonly ID?: string;
  readonly Name?: string;
  readonly ServerVersion?: string;
  readonly OSType?: string;
  readonly DockerRootDir?: string;
  readonly SystemTime?: string;
  readonly SwapLimit?: boolean;
  readonly PidsLimit?: boolean;
}

function engineInfo(
  facts: EngineFacts,
  how: Pick<EngineInfo, 'apiVersion' | 'host' | 'local'> & { readonly isPodman: boolean },
): EngineInfo {
  const { isPodman, ...reached } = how;
  const name = facts.Name ?? '';
  // Podman makes up a new id for every answer; what stays is where it is and where it keeps its things.
  const stable = isPodman || !facts.ID;
  const id = stable
    ? createHash('sha256')
        .update(`${name}\0${facts.DockerRootDir ?? how.host}`)
        .digest('hex')
        .slice(0, 32)
    : facts.ID;
  const version = facts.ServerVersion ?? '';
  return { ...reached, id: id ?? '', name, version, os: facts.OSType ?? 'linux', uncontrolled: uncontrolled(facts) };
}

/** An engine that does not say is taken for one without: a limit that it left out must not be asked for for ever. */
function uncontrolled({ SwapLimit, PidsLimit }: EngineFacts): Set<LiftableLimit> {
  return new Set([...(SwapLimit ? [] : (['MemorySwap'] as const)), ...(PidsLimit ? [] : (['PidsLimit'] as const))]);
}

function silent(host: string, error: EngineError, deadlineMs: number): EngineError {
  const what = `it took the connection and did not answer within ${deadlineMs / 1000} s`;
  return new EngineError(
    'unavailable',
    `cannot reach the Docker engine at ${host}: ${what}: is it paused or overloaded, or does something else listen there?`,
    { cause: error },
  );
}

function unreachable(host: string, error: unknown, deadlineMs: number): EngineError {
  const status = refusalStatus(error);
  if (error instanceof EngineError && error.code === 'rejected' && status === undefined) return error;
  if (error instanceof EngineError && error.code === 'timeout') return silent(host, error, deadlineMs);
  const cause = error instanceof EngineError ? (error.cause ?? error) : error;
  const code = systemCode(cause);
  const why =
    code === 'EACCES'
      ? 'permission denied: run as a member of the group docker, or as root'
      : code === 'ENOENT' || code === 'ECONNREFUSED'
        ? 'nothing answers there: is Docker running? Start it, or name another engine with --host or DOCKER_HOST'
        : `${status === undefined ? connectionText(cause) : `its answer to a greeting was ${status}`}: check the address (--host, DOCKER_HOST, docker context ls)`;
  return new EngineError('unavailable', `cannot reach the Docker engine at ${host}: ${why}`, { cause });
}
