/**
 * Builds an image with the engine's own build call, tagged and labelled as Docker Compose does. What only BuildKit can do
 * is refused by name: it is not silently left out.
 */

import { Readable } from 'node:stream';
import { EngineError } from '../model/errors.ts';
import type { Build } from '../model/project.ts';
import type { Variables } from './address.ts';
import { buildContext } from './build-context.ts';
import { registryConfig } from './credentials.ts';
import type { BuildRequest } from './engine.ts';
import { connectionError } from './faults.ts';
import { linesOf } from './lines.ts';
import type { Wire } from './wire.ts';

interface BuildLine {
  readonly stream?: string;
  readonly error?: string;
}

export interface BuildSurroundings {
  readonly env: Variables;
  /** Build arguments that the client's own configuration adds. */
  readonly proxyEnvironment: Readonly<Record<string, string>>;
}

/** Lines of output that a failure quotes. */
const QUOTED_LINES = 10;
/** The first line comes once the whole context has been sent. */
const DEADLINE_MS = 3_600_000;

/** Resolves when the image is there, under all its names. */
export async function buildImage(
  wire: Wire,
  request: BuildRequest,
  { env, proxyEnvironment }: BuildSurroundings,
  signal: AbortSignal,
): Promise<void> {
  const { ref, build } = request;
  const what = `build image ${ref}`;
  refuseWhatNeedsBuildKit(what, request);
  const remote = isRemote(build.context) ? build.context : undefined;
  const context = remote === undefined ? await buildContext(build) : undefined;
  const output: string[] = [];
  try {
    const stream = await wire.stream({
      what,
      method: 'POST',
      path: '/build',
      query: {
        ...queryOf(request, proxyEnvironment),
        dockerfile: context?.dockerfile ?? build.dockerfile,
        remote,
      },
      ...(context ? { archive: Readable.from(context.archive) } : {}),
      registryConfig: await registryConfig(env, signal),
      signal,
      deadlineMs: DEADLINE_MS,
    });
    for await (const text of linesOf(stream)) {
      if (text.trim() === '') continue;
      const line = JSON.parse(text) as BuildLine;
      if (line.error !== undefined) throw new EngineError('rejected', failureText(what, line.error, output));
      output.push(...(line.stream ?? '').split('\n').filter((one) => one.trim() !== ''));
      output.splice(0, output.length - QUOTED_LINES);
    }
  } catch (error) {
    signal.throwIfAborted();
    const failure = connectionError(what, error);
    // What a build lacks (a base image, a target) is no sign that the world moved.
    throw failure.code === 'not-found' ? new EngineError('rejected', failure.message, { cause: failure }) : failure;
  }
}

function queryOf({ ref, build, labels, platform }: BuildRequest, proxy: Readonly<Record<string, string>>): object {
  const args = Object.entries({ ...proxy, ...build.args }).filter(([, value]) => value !== null);
  return {
    t: [ref, ...(build.tags ?? [])],
    buildargs: Object.fromEntries(args),
    labels,
    target: build.target,
    nocache: build.no_cache ? 1 : undefined,
    pull: build.pull ? 1 : undefined,
    networkmode: build.network,
    extrahosts: build.extra_hosts?.map((host) => host.replace('=', ':')),
    shmsize: build.shm_size,
    cachefrom: build.cache_from && JSON.stringify(build.cache_from),
    ulimits: ulimitsOf(build),
    platform: build.platforms?.[0] ?? platform,
    rm: 1,
    forcerm: 1,
  };
}

function ulimitsOf({ ulimits }: Build): string | undefined {
  if (ulimits === undefined) return undefined;
  const list = Object.entries(ulimits).map(([Name, limit]) =>
    typeof limit === 'number'
      ? { Name, Soft: limit, Hard: limit }
      : { Name, Soft: limit.soft ?? 0, Hard: limit.hard ?? 0 },
  );
  return JSON.stringify(list);
}

function refuseWhatNeedsBuildKit(what: string, { service, build }: BuildRequest): void {
  const asked: readonly (readonly [name: string, isAsked: boolean])[] = [
    ['secrets', (build.secrets ?? []).length > 0],
    ['ssh', (build.ssh ?? []).length > 0],
    ['additional_contexts', Object.keys(build.additional_contexts ?? {}).length > 0],
    ['cache_to', (build.cache_to ?? []).length > 0],
    ['entitlements', (build.entitlements ?? []).length > 0],
    ['privileged', build.privileged === true],
    ['platforms (more than one)', (build.platforms ?? []).length > 1],
  ];
  const name = asked.find(([, isAsked]) => isAsked)?.[0];
  if (name === undefined) return;
  const remedy = `build it with "docker compose build ${service}"`;
  throw new EngineError('rejected', `${what}: build.${name} needs BuildKit: ${remedy}`);
}

function isRemote(context: string | undefined): context is string {
  return context !== undefined && /^(?:https?:\/\/|git:\/\/|github\.com\/|git@|ssh:\/\/)/.test(context);
}

function failureText(what: string, error: string, output: readonly string[]): string {
  return [`${what}: ${error}`, ...output].join('\n');
}
