/**
 * Pulls an image, with progress over all layers. The engine answers 200 before it knows whether it can: what fails
 * later comes as a line of the stream. A registry that is out of reach or busy for a moment is asked again; what it
 * refuses or does not have is final.
 */

import { EngineError, isEngineError } from '../model/errors.ts';
import type { Variables } from './address.ts';
import { credentialsNote, DOCKER_HUB, registryAuth } from './credentials.ts';
import type { PullRequest } from './engine.ts';
import { connectionError } from './faults.ts';
import { linesOf } from './lines.ts';
import type { Wire } from './wire.ts';

const PASSING =
  /timeout|timed out|connection re(fused|set)|EOF|temporary failure|no such host|too ?many ?requests|TLS handshake/i;

/** What a registry says of credentials that it misses or does not take. */
const CREDENTIALS = /no basic auth|unauthori[sz]ed|authentication required|authorization failed|denied|forbidden/i;

interface PullLine {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** Milliseconds before each further attempt. */
const RETRY_DELAYS_MS: readonly number[] = [1000, 4000];

/** Resolves when the image is there. */
export async function pullImage(
  wire: Wire,
  {
    once = false,
    retryDelaysMs = once ? [] : RETRY_DELAYS_MS,
    ...request
  }: PullRequest & { readonly retryDelaysMs?: readonly number[] },
  env: Variables,
  signal: AbortSignal,
): Promise<void> {
  for (const delayMs of retryDelaysMs) {
    try {
      return await pullOnce(wire, request, env, signal);
    } catch (error) {
      if (!isEngineError(error, 'unavailable')) throw error;
      await wire.clock.delay(delayMs, signal);
    }
  }
  await pullOnce(wire, request, env, signal);
}

async function pullOnce(wire: Wire, request: PullRequest, env: Variables, signal: AbortSignal): Promise<void> {
  const what = `pull image ${request.ref}`;
  const { name, tag } = splitReference(request.ref);
  const registry = registryOf(request.ref);
  const auth = await registryAuth(registry, env, signal);
  const progress = new LayerProgress();
  try {
    const stream = await wire.stream({
      what,
      method: 'POST',
      path: '/images/create',
      query: { fromImage: name, tag, platform: request.platform },
      ...(auth === undefined ? {} : { registryAuth: auth }),
      signal,
    });
    for await (const text of linesOf(stream)) {
      if (text.trim() === '') continue;
      const line = JSON.parse(text) as PullLine;
      if (line.error !== undefined) throw new EngineError('rejected', `${what}: ${line.error}`);
      if (progress.take(line)) request.onProgress?.(progress.sum());
    }
  } catch (error) {
    signal.throwIfAborted();
    const failure = connectionError(what, error);
    if (failure.code === 'unavailable') throw failure;
    const note = CREDENTIALS.test(failure.message) ? ` (${await credentialsNote(registry, env, signal)})` : '';
    throw registryError(failure, note);
  }
}

/** Name and tag (or digest) as the engine's pull call takes them; a bare name means `latest`. */
export function splitReference(ref: string): { name: string; tag: string } {
  const at = ref.indexOf('@');
  if (at !== -1) return { name: ref.slice(0, at).replace(/:[^/:]*$/, ''), tag: ref.slice(at + 1) };
  const colon = ref.lastIndexOf(':');
  return colon > ref.lastIndexOf('/')
    ? { name: ref.slice(0, colon), tag: ref.slice(colon + 1) }
    : { name: ref, tag: 'latest' };
}

/** The registry's key in the docker config file. */
export function registryOf(ref: string): string {
  const [first = '', ...rest] = ref.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  if (!isHost || first === 'docker.io' || first === 'index.docker.io') return DOCKER_HUB;
  return first;
}

class LayerProgress {
  readonly #layers = new Map<string, { done: number; total: number }>();

  /** True where the sums changed. */
  take({ id, status, progressDetail }: PullLine): boolean {
    if (id === undefined) return false;
    const layer = this.#layers.get(id);
    if (status === 'Downloading' && progressDetail?.total) {
      this.#layers.set(id, { done: progressDetail.current ?? 0, total: progressDetail.total });
      return true;
    }
    if (layer && (status === 'Download complete' || status === 'Pull complete')) {
      layer.done = layer.total;
      return true;
    }
    return false;
  }

  sum(): { done: number; total: number } {
    let done = 0;
    let total = 0;
    for (const layer of this.#layers.values()) {
      done += layer.done;
      total += layer.total;
    }
    return { done, total };
  }
}

/**
 * What a registry said, or what kept the engine from reaching it, which may pass. What it does not have is refused like
 * the rest: `not-found` would say that the world moved under the plan.
 */
function registryError(failure: EngineError, note: string): EngineError {
  const { message } = failure;
  return new EngineError(PASSING.test(message) ? 'unavailable' : 'rejected', message + note, { cause: failure });
}
