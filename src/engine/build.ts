/**
 * Builds an image, tagged and labelled as Docker Compose does: with the engine's own build call, and with `docker buildx`
 * where the file or the Dockerfile asks for what only BuildKit can do. Where there is no buildx that is refused by name:
 * nothing is silently left out.
 */

import { Readable } from 'node:stream';
import { EngineError } from '../model/errors.ts';
import type { Build } from '../model/project.ts';
import type { Variables } from './address.ts';
import { buildContext, dockerfileText } from './build-context.ts';
import { buildWithBuildx, hasBuildx } from './buildx.ts';
import { registryConfig } from './credentials.ts';
import {
  hasHereDocument,
  namesPlatforms,
  platformArguments,
  withPlatforms,
  type BuildPlatforms,
} from './dockerfile.ts';
import type { BuildRequest } from './engine.ts';
import { connectionError } from './faults.ts';
import { withExactNumbers } from './json.ts';
import { linesOf } from './lines.ts';
import type { Wire } from './wire.ts';

interface BuildLine {
  readonly stream?: string;
  readonly error?: string;
}

interface VersionAnswer {
  readonly Os: string;
  readonly Arch: string;
}

export interface BuildSurroundings {
  readonly env: Variables;
  /** Of `docker`, so that it talks to the same engine. */
  readonly dockerEnv: Variables;
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
  surroundings: BuildSurroundings,
  signal: AbortSignal,
): Promise<void> {
  let needed = needsBuildKit(request.build);
  const isElsewhere = needed !== undefined || isRemote(request.build.context);
  const dockerfile = isElsewhere ? undefined : await dockerfileText(request.build);
  if (dockerfile !== undefined && hasHereDocument(dockerfile)) needed = 'a here-document in its Dockerfile';
  if (needed === undefined) {
    try {
      return await buildByEngine(wire, { ...request, dockerfile }, surroundings, signal);
    } catch (error) {
      if (!(error instanceof EngineError) || !NEEDS_BUILDKIT.test(error.message)) throw error;
      needed = 'its Dockerfile';
    }
  }
  if (await hasBuildx(surroundings.dockerEnv, signal)) {
    return await buildWithBuildx(request, surroundings.dockerEnv, signal);
  }
  const remedy = `install docker buildx, or build it with "docker compose build ${request.service}"`;
  throw new EngineError('rejected', `build image ${request.ref}: ${needed} needs BuildKit: ${remedy}`);
}

/** What the engine's own builder says of a Dockerfile that is not for it. */
const NEEDS_BUILDKIT = /requires? BuildKit/i;

async function buildByEngine(
  wire: Wire,
  request: BuildRequest & { readonly dockerfile: string | undefined },
  { env, proxyEnvironment }: BuildSurroundings,
  signal: AbortSignal,
): Promise<void> {
  const { ref, build, onOutput, dockerfile } = request;
  const what = `build image ${ref}`;
  const remote = isRemote(build.context) ? build.context : undefined;
  const platforms =
    dockerfile !== undefined && namesPlatforms(dockerfile) ? await buildPlatforms(wire, request, signal) : undefined;
  const resolved = dockerfile && platforms ? withPlatforms(dockerfile, platforms) : dockerfile;
  const changed = resolved === dockerfile ? undefined : resolved;
  const context = remote === undefined ? await buildContext(build, changed) : undefined;
  const output: string[] = [];
  try {
    const stream = await wire.stream({
      what,
      method: 'POST',
      path: '/build',
      query: {
        ...queryOf(request, {
          ...proxyEnvironment,
          ...(dockerfile && platforms ? platformArguments(dockerfile, platforms) : {}),
        }),
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
      for (const said of (line.stream ?? '').split('\n').filter((one) => one.trim() !== '')) {
        onOutput?.(said);
        output.push(said);
      }
      output.splice(0, output.length - QUOTED_LINES);
    }
  } catch (error) {
    signal.throwIfAborted();
    const failure = connectionError(what, error);
    // What a build lacks (a base image, a target) is no sign that the world moved.
    throw failure.code === 'not-found' ? new EngineError('rejected', failure.message, { cause: failure }) : failure;
  }
}

async function buildPlatforms(
  wire: Wire,
  { build, platform }: BuildRequest,
  signal: AbortSignal,
): Promise<BuildPlatforms> {
  const { Os, Arch } = await wire.require<VersionAnswer>({ what: 'ask for the platform', path: '/version', signal });
  const engine = `${Os}/${Arch}`;
  return { engine, target: build.platforms?.[0] ?? platform ?? engine };
}

/** `given`: arguments that the file need not name. */
function queryOf({ ref, build, labels, platform }: BuildRequest, given: Readonly<Record<string, string>>): object {
  const args = Object.entries({ ...given, ...build.args }).filter(([, value]) => value !== null);
  return {
    t: [ref, ...(build.tags ?? [])],
    buildargs: Object.fromEntries(args),
    labels,
    target: build.target,
    nocache: build.no_cache ? 1 : undefined,
    pull: build.pull ? 1 : undefined,
    networkmode: build.network,
    extrahosts: build.extra_hosts?.map((host) => host.replace('=', ':')),
    shmsize: build.shm_size?.toString(),
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
    typeof limit !== 'object'
      ? { Name, Soft: limit, Hard: limit }
      : { Name, Soft: limit.soft ?? 0, Hard: limit.hard ?? 0 },
  );
  return JSON.stringify(withExactNumbers(list));
}

/** The first attribute that only BuildKit knows; undefined where the engine's own builder will do. */
function needsBuildKit(build: Build): string | undefined {
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
  return name === undefined ? undefined : `build.${name}`;
}

function isRemote(context: string | undefined): context is string {
  return context !== undefined && /^(?:https?:\/\/|git:\/\/|github\.com\/|git@|ssh:\/\/)/.test(context);
}

function failureText(what: string, error: string, output: readonly string[]): string {
  return [`${what}: ${error}`, ...output].join('\n');
}
