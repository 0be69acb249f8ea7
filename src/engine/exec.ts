/**
 * Commands in a running container: create, run with output, await, end.
 *
 * The end of an exec is always what the engine's record says, never what its output stream looks like. A command
 * that could not be started at all (no such file, a privilege denied) is answered differently by every engine, mostly
 * as output and an exit code of 126 or 127 without a process; it is a refusal here, with the engine's words.
 */

import { EngineError, isEngineError } from '../model/errors.ts';
import type { ContainerAnswer, ExecAnswer } from './answers.ts';
import { waitFor } from './await-state.ts';
import { Demultiplexer } from './demux.ts';
import type { EngineNotice, ExecEnd, ExecRequest, ExecState, OutputSink } from './engine.ts';
import { parseState } from './observed-container.ts';
import type { Wire } from './wire.ts';

/** What is kept of the output for the message of a refusal. */
const REFUSAL_BYTES = 2000;

/** Exit code of a process that ended with its container, where the engine did not see it end. */
const KILLED = 137;

export interface ExecPorts {
  readonly wire: Wire;
  readonly subscribe: (listener: (notice: EngineNotice) => void) => () => void;
}

/** Id of a new exec, not yet started. */
export async function createExec(
  wire: Wire,
  containerId: string,
  exec: ExecRequest,
  signal: AbortSignal,
): Promise<string> {
  const answer = await wire.require<{ Id: string }>({
    what: `create exec in ${containerId.slice(0, 12)}`,
    method: 'POST',
    path: `/containers/${containerId}/exec`,
    body: {
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Cmd: exec.command,
      User: exec.user ?? '',
      Privileged: exec.privileged,
      WorkingDir: exec.workingDir,
      Env: exec.environment,
    },
    signal,
  });
  return answer.Id;
}

/** Starts an exec, hands its output on and gives its end. Aborting detaches; the command goes on. */
export async function runExec(
  ports: ExecPorts,
  execId: string,
  sink: OutputSink,
  signal: AbortSignal,
): Promise<ExecEnd> {
  const words = await attach(ports.wire, execId, sink, signal);
  const answer = await findExec(ports.wire, execId, signal);
  if (answer === undefined) throw recordGone(execId);
  if (!answer.Running) return endOf(answer, words);
  const end = await awaitExec(ports, execId, answer.ContainerID ?? '', signal);
  if (end === undefined) throw recordGone(execId);
  return end;
}

/** The engine's word on an exec; undefined where it has none. */
export async function inspectExec(wire: Wire, execId: string, signal: AbortSignal): Promise<ExecState | undefined> {
  const answer = await findExec(wire, execId, signal);
  if (answer === undefined) return undefined;
  const running = answer.Running ?? false;
  return { running, exitCode: running || !wasStarted(answer) ? undefined : (answer.ExitCode ?? undefined) };
}

/** Waits for the end of an exec, whoever started it; undefined where its record is gone. */
export async function awaitExec(
  ports: ExecPorts,
  execId: string,
  containerId: string,
  signal: AbortSignal,
): Promise<ExecEnd | undefined> {
  const { end } = await waitFor({
    subscribe: ports.subscribe,
    matters: (notice) =>
      notice.kind === 'container' &&
      (notice.execId === execId || (notice.containerId === containerId && ['die', 'destroy'].includes(notice.action))),
    look: async () => {
      const answer = await findExec(ports.wire, execId, signal);
      if (answer === undefined) return { end: undefined };
      if (!answer.Running) return { end: { exitCode: answer.ExitCode ?? KILLED } };
      // An engine may go on saying "running" of an exec whose container is not.
      return (await isContainerUp(ports.wire, containerId, signal)) ? undefined : { end: { exitCode: KILLED } };
    },
    signal,
  });
  return end;
}

/** Host pid of an exec's process; undefined where it has none or runs no more. */
export async function execPid(wire: Wire, execId: string, signal: AbortSignal): Promise<number | undefined> {
  const answer = await findExec(wire, execId, signal);
  return answer?.Running && answer.Pid ? answer.Pid : undefined;
}

/** Reads the output to its end; a broken connection is an end too. Gives the first words, for a refusal. */
async function attach(wire: Wire, execId: string, sink: OutputSink, signal: AbortSignal): Promise<string> {
  const first: Buffer[] = [];
  let kept = 0;
  const demultiplexer = new Demultiplexer((stream, chunk) => {
    if (kept < REFUSAL_BYTES) first.push(Buffer.from(chunk.subarray(0, REFUSAL_BYTES - kept)));
    kept += chunk.length;
    sink(stream, chunk);
  });
  const output = await startExec(wire, execId, signal);
  try {
    for await (const chunk of output) demultiplexer.push(chunk as Buffer);
    demultiplexer.end();
  } catch {
    signal.throwIfAborted();
  }
  return Buffer.concat(first).toString('utf8').trim();
}

async function startExec(wire: Wire, execId: string, signal: AbortSignal): Promise<AsyncIterable<unknown>> {
  try {
    return await wire.stream({
      what: `start exec ${execId.slice(0, 12)}`,
      method: 'POST',
      path: `/exec/${execId}/start`,
      body: { Detach: false, Tty: false },
      signal,
    });
  } catch (error) {
    // Whatever the status was, nothing ran; only a lost connection leaves that open.
    if (isEngineError(error, 'unavailable') || isEngineError(error, 'timeout') || !isEngineError(error)) throw error;
    throw new EngineError('rejected', error.message, { cause: error });
  }
}

function findExec(wire: Wire, execId: string, signal: AbortSignal): Promise<ExecAnswer | undefined> {
  return wire.find<ExecAnswer>({ what: `inspect exec ${execId.slice(0, 12)}`, path: `/exec/${execId}/json`, signal });
}

function endOf(answer: ExecAnswer, words: string): ExecEnd {
  const exitCode = answer.ExitCode ?? KILLED;
  if ((exitCode === 126 || exitCode === 127) && !answer.Pid) {
    throw new EngineError('rejected', words || `the command could not be started (${exitCode})`);
  }
  return { exitCode };
}

/** A process was there, or the engine tried to start one and says how that failed. */
function wasStarted(answer: ExecAnswer): boolean {
  return Boolean(answer.Pid) || (answer.ExitCode ?? 0) !== 0;
}

async function isContainerUp(wire: Wire, containerId: string, signal: AbortSignal): Promise<boolean> {
  const answer = await wire.find<ContainerAnswer>({
    what: `inspect container ${containerId.slice(0, 12)}`,
    path: `/containers/${containerId}/json`,
    signal,
  });
  return answer !== undefined && ['running', 'paused'].includes(parseState(answer).status);
}

function recordGone(execId: string): EngineError {
  return new EngineError(
    'not-found',
    `the engine has no record of exec ${execId.slice(0, 12)} any more: its end is not known`,
  );
}
