/**
 * Commands in a running container: create, run with output, await, end.
 *
 * The end of an exec is always what the engine's record says, never what its output stream looks like. A command
 * that could not be started at all (no such file, a privilege denied) is answered differently by every engine, mostly
 * as output and an exit code of 126 or 127 without a process; it is a refusal here, with the engine's words.
 */

import { EngineError, isEngineError } from '../model/errors.ts';
import type { ExecAnswer } from './answers.ts';
import { waitFor } from './await-state.ts';
import { inspectContainer } from './containers.ts';
import { Demultiplexer } from './demux.ts';
import type { EngineNotice, ExecEnd, ExecRequest, ExecState, OutputSink } from './engine.ts';
import { findExec } from './exec-record.ts';
import { connectionError } from './faults.ts';
import { HeldWords } from './held-words.ts';
import { parseState } from './observed-container.ts';
import type { Wire } from './wire.ts';

/** How often, and how long apart, the engine is asked for the process of an exec that runs. */
const PID_LOOKS = 20;
const PID_LOOK_MS = 25;

/** Events of the container after which an exec may have ended; Podman does not name the exec. */
const ENDINGS: ReadonlySet<string> = new Set(['exec_die', 'die', 'destroy']);

/** Exit code of a process that ended with its container, where the engine did not see it end. */
const KILLED = 137;

export interface ExecPorts {
  readonly wire: Wire;
  readonly subscribe: (listener: (notice: EngineNotice) => void) => () => void;
}

/** Id of a new exec, not yet started: one that nobody hears of does no harm. */
export async function createExec(
  wire: Wire,
  containerId: string,
  exec: ExecRequest,
  signal: AbortSignal,
): Promise<string> {
  const answer = await wire.insist<{ Id: string }>({
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
  const words = new HeldWords(sink);
  const lost = await attach(ports.wire, execId, words.take, signal);
  const answer = await findBegun(ports.wire, execId, signal);
  if (answer === undefined) throw recordGone(execId);
  const refusal = refusalIn(answer, words);
  if (refusal !== undefined) throw new EngineError('rejected', refusal);
  words.release();
  if (lost && !answer.Running && !wasStarted(answer)) throw lost;
  if (!answer.Running) return { exitCode: answer.ExitCode ?? KILLED };
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
      (notice.execId === execId || (notice.containerId === containerId && ENDINGS.has(notice.action))),
    look: async () => {
      const answer = await findExec(ports.wire, execId, signal);
      if (answer === undefined) return { end: undefined };
      if (!answer.Running && wasStarted(answer)) return { end: { exitCode: answer.ExitCode ?? KILLED } };
      // An engine may go on saying "running" of an exec whose container is not.
      return (await isContainerUp(ports.wire, containerId, signal)) ? undefined : { end: { exitCode: KILLED } };
    },
    clock: ports.wire.clock,
    signal,
  });
  return end;
}

/** Host pid of an exec's process; undefined where it has none or runs no more. */
export async function execPid(wire: Wire, execId: string, signal: AbortSignal): Promise<number | undefined> {
  // "Running" is said a moment before there is a process.
  for (let look = 1; ; look++) {
    const answer = await findExec(wire, execId, signal);
    if (!answer?.Running) return undefined;
    if (answer.Pid) return answer.Pid;
    if (look === PID_LOOKS) return undefined;
    await wire.clock.delay(PID_LOOK_MS, signal);
  }
}

/**
 * Reads the output to its end. A broken connection is an end too, since the record says what became of the command; it
 * is returned, for the case that there is no trace of a start.
 */
async function attach(
  wire: Wire,
  execId: string,
  sink: OutputSink,
  signal: AbortSignal,
): Promise<EngineError | undefined> {
  const what = `start exec ${execId.slice(0, 12)}`;
  const demultiplexer = new Demultiplexer(sink);
  try {
    const path = `/exec/${execId}/start`;
    const output = await wire.stream({ what, method: 'POST', path, body: { Detach: false, Tty: false }, signal });
    for await (const chunk of output) demultiplexer.push(chunk as Buffer);
    demultiplexer.end();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const failure = connectionError(what, error);
    // Whatever the status of a refusal was, nothing ran.
    const isOpen = failure.code === 'unavailable' || failure.code === 'timeout';
    if (!isOpen) throw new EngineError('rejected', failure.message, { cause: failure });
    return failure;
  }
}

/** The engine's words, no process, and the exit code of a shell that cannot run a command. Podman forgets the process. */
function refusalIn({ Running, ExitCode, Pid }: ExecAnswer, words: HeldWords): string | undefined {
  const couldNotStart = !Running && !Pid && (ExitCode === 126 || ExitCode === 127);
  return couldNotStart ? words.text() : undefined;
}

/** A process was there, or the engine tried to start one; Podman forgets the process and says that it may be removed. */
function wasStarted({ Pid, ExitCode, CanRemove }: ExecAnswer): boolean {
  return Boolean(Pid) || (ExitCode ?? 0) !== 0 || CanRemove === true;
}

async function isContainerUp(wire: Wire, containerId: string, signal: AbortSignal): Promise<boolean> {
  const answer = await inspectContainer(wire, containerId, signal);
  return answer !== undefined && ['running', 'paused'].includes(parseState(answer).status);
}

/** An engine that fails to tell what became of a command has not refused to run it: its end is open. */
async function findBegun(wire: Wire, execId: string, signal: AbortSignal): Promise<ExecAnswer | undefined> {
  try {
    return await findExec(wire, execId, signal);
  } catch (error) {
    if (!isEngineError(error, 'rejected')) throw error;
    throw new EngineError('unavailable', error.message, { cause: error });
  }
}

function recordGone(execId: string): EngineError {
  return new EngineError(
    'not-found',
    `the engine has no record of exec ${execId.slice(0, 12)} any more: its end is not known`,
  );
}
