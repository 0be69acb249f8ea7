/** Calls about containers: creation, files, output, start, stop, remove, rename, update, pause, signal. */

import { isEngineError } from '../model/errors.ts';
import type { ContainerAnswer } from './answers.ts';
import { Demultiplexer } from './demux.ts';
import type { FileToCopy, OutputSink } from './engine.ts';
import { connectionError } from './faults.ts';
import { tarOf } from './tar.ts';
import type { Call, Wire } from './wire.ts';

/** How long an engine may take to stop a container past its grace. */
const STOP_MARGIN_MS = 60_000;
/** Bound for a stop whose grace only the container knows. */
const LONGEST_STOP_MS = 3_600_000;

export interface CreateCall {
  readonly name: string;
  readonly platform: string | undefined;
  readonly body: object;
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** Returns the new container's id. */
export async function createContainer(
  wire: Wire,
  { name, platform, body, onWarning }: CreateCall,
  signal: AbortSignal,
): Promise<string> {
  const { Id: id, Warnings } = await wire.insist<{ Id: string; Warnings?: readonly string[] | null }>({
    what: `create container ${name}`,
    method: 'POST',
    path: '/containers/create',
    query: { name, platform },
    body,
    signal,
  });
  for (const text of Warnings ?? []) onWarning?.(text);
  return id;
}

/** undefined: it is gone. */
export function inspectContainer(wire: Wire, id: string, signal: AbortSignal): Promise<ContainerAnswer | undefined> {
  return wire.find<ContainerAnswer>({ what: `inspect ${subject(id)}`, path: `/containers/${id}/json`, signal });
}

export async function copyFiles(
  wire: Wire,
  id: string,
  files: readonly FileToCopy[],
  signal: AbortSignal,
): Promise<void> {
  if (files.length === 0) return;
  await wire.send({
    what: `copy files into ${subject(id)}`,
    method: 'PUT',
    path: `/containers/${id}/archive`,
    // No copyUIDGID: with it the engine gives the files to the container's user instead of the one said here.
    query: { path: '/' },
    archive: tarOf(files, Math.floor(wire.clock.now() / 1000)),
    signal,
  });
}

/** The engine answers from the container's files as they are, be it running or not. */
export async function hasPath(wire: Wire, id: string, path: string, signal: AbortSignal): Promise<boolean> {
  const what = `look for ${path} in ${subject(id)}`;
  try {
    await wire.head({ what, method: 'HEAD', path: `/containers/${id}/archive`, query: { path }, signal });
    return true;
  } catch (error) {
    if (isEngineError(error, 'not-found')) return false;
    throw error;
  }
}

/** Read again from its beginning by each caller: the engine keeps it as long as the container. */
export async function followOutput(wire: Wire, id: string, sink: OutputSink, signal: AbortSignal): Promise<void> {
  const what = `read the output of ${subject(id)}`;
  const demultiplexer = new Demultiplexer(sink);
  const query = { follow: true, stdout: true, stderr: true };
  try {
    const output = await wire.stream({ what, path: `/containers/${id}/logs`, query, signal });
    for await (const chunk of output) demultiplexer.push(chunk as Buffer);
    // Of an answer that ends with its connection an abort is an end like any other.
    signal.throwIfAborted();
    demultiplexer.end();
  } catch (error) {
    signal.throwIfAborted();
    throw connectionError(what, error);
  }
}

export async function startContainer(wire: Wire, id: string, signal: AbortSignal): Promise<void> {
  await wire.send(action(id, 'start', signal));
}

export function stopContainer(wire: Wire, id: string, graceMs: number | undefined, signal: AbortSignal): Promise<void> {
  return wire.reach('stopped', {
    ...action(id, 'stop', signal),
    // Whole seconds, rounded up: a grace below one second must not become an instant kill.
    query: { t: graceMs === undefined ? undefined : Math.ceil(graceMs / 1000) },
    deadlineMs: (graceMs ?? LONGEST_STOP_MS) + STOP_MARGIN_MS,
  });
}

/** Not by force: what runs again since its stop has its pre_stop before it. The conflict makes the caller look again. */
export function removeContainer(wire: Wire, id: string, volumes: boolean, signal: AbortSignal): Promise<void> {
  return wire.reach('removed', {
    what: `remove ${subject(id)}`,
    method: 'DELETE',
    path: `/containers/${id}`,
    query: { v: volumes },
    signal,
  });
}

export async function renameContainer(wire: Wire, id: string, name: string, signal: AbortSignal): Promise<void> {
  await wire.send({ ...action(id, 'rename', signal), query: { name } });
}

/** With a body of `updateSpec`. */
export async function updateContainer(
  wire: Wire,
  id: string,
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<void> {
  await wire.send({ ...action(id, 'update', signal), body });
}

export function pauseContainer(wire: Wire, id: string, signal: AbortSignal): Promise<void> {
  return wire.reach('paused', action(id, 'pause', signal));
}

export function unpauseContainer(wire: Wire, id: string, signal: AbortSignal): Promise<void> {
  return wire.reach('unpaused', action(id, 'unpause', signal));
}

export async function signalContainer(wire: Wire, id: string, name: string, signal: AbortSignal): Promise<void> {
  await wire.send({ ...action(id, 'kill', signal), query: { signal: name } });
}

function action(id: string, verb: string, signal: AbortSignal): Call {
  return { what: `${verb} ${subject(id)}`, method: 'POST', path: `/containers/${id}/${verb}`, signal };
}

function subject(id: string): string {
  return `container ${id.slice(0, 12)}`;
}
