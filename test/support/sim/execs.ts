/**
 * Commands in running containers: created, started, ended, and what the engine remembers of them. A record stays when the
 * container ends and goes when it is removed; an engine that starts anew has none, though their processes may live.
 */
import { BY_PROCESS, type By } from './log.ts';
import { cannotExec } from './program.ts';
import { conflict, invalid, notFound } from './refusal.ts';
import type { EngineState } from './state.ts';
import type { ExecBody, ExecReader, SimContainer, SimExec } from './things.ts';

/** Exit code of what was killed. */
export const KILLED = 137;
/** Exit codes of a command that could not be run, by 20.10 and by newer engines. */
const CANNOT_RUN = 126;
const NO_COMMAND = 127;

/**
 * `seen`: its end is told before the container's. `forgotten`: the container's end came first, and its record is gone.
 * `stuck`: the record says for ever that it runs.
 */
export type TakenEnd = 'seen' | 'forgotten' | 'stuck';

export class Execs {
  readonly #state: EngineState;
  /** Ends the container that a command does away with. */
  onContainerEnd: (container: SimContainer, exitCode: number) => void = () => {};

  /** What the engine makes of a command that its container takes along. */
  endOfTaken: () => TakenEnd = () => 'seen';

  constructor(state: EngineState) {
    this.#state = state;
  }

  create(containerId: string, body: ExecBody, by: By): SimExec {
    const container = this.#state.container(containerId);
    const { id, status, startedAt } = container;
    const command = body.Cmd ?? [];
    if (command.length === 0) throw invalid('No exec command specified');
    if (status === 'paused') throw conflict(`Container ${id} is paused, unpause the container before exec`);
    if (status === 'restarting') throw conflict(`Container ${id} is restarting, wait until the container is running`);
    if (status !== 'running') throw conflict(`Container ${id} is not running`);
    const exec: SimExec = {
      id: this.#state.newId(),
      containerId: id,
      body,
      command,
      startedAt,
      state: 'created',
      exitCode: undefined,
      pid: 0,
      attached: undefined,
      cancel: undefined,
      isForgotten: false,
      isStuck: false,
    };
    this.#state.execs.set(exec.id, exec);
    this.#log(by, exec, 'exec-created');
    this.#tell(exec, `exec_create: ${commandText(command)}`);
    return exec;
  }

  /** The record; the engine has none of an exec whose container is gone. */
  find(execId: string): SimExec {
    const exec = this.#state.execs.get(execId);
    if (!exec || exec.isForgotten) throw notFound(`No such exec instance: ${execId}`);
    return exec;
  }

  /** What is refused before anything is sent; other refusals come as output. */
  check(execId: string): SimExec {
    const exec = this.find(execId);
    const container = this.#state.container(exec.containerId);
    if (container.status === 'paused')
      throw conflict(`Container ${container.id} is paused, unpause the container before exec`);
    if (container.status !== 'running') throw conflict(`Container ${container.id} is not running`);
    return exec;
  }

  start(exec: SimExec, reader: ExecReader | undefined, by: By): void {
    const container = this.#state.container(exec.containerId);
    if (exec.state !== 'created') {
      const what = exec.state === 'running' ? 'is already running' : 'has already run';
      const words = this.#state.isModern ? 'exec command' : 'Error: Exec command';
      reader?.write('stderr', `${words} ${exec.id} ${what}\r\n`);
      reader?.end();
      return;
    }
    exec.attached = reader;
    exec.startedAt = container.startedAt;
    this.#tell(exec, `exec_start: ${commandText(exec.command)}`);
    const run = this.#state.count(`exec ${container.id} ${exec.command.join('\0')}`);
    const {
      refused,
      exitCode = 0,
      lastsMs = 0,
      output = [],
      container: fate,
    } = this.#state.program.exec(exec.command, container, run);
    if (refused !== undefined) return this.#refuse(exec, refused || cannotExec(exec.command[0] ?? ''), by);
    exec.state = 'running';
    exec.pid = this.#state.newPid();
    this.#log(by, exec, 'exec-started');
    for (const [stream, text] of output) reader?.write(stream, text);
    const end = (): void => {
      if (fate === 'kills') return this.onContainerEnd(container, KILLED);
      this.end(exec, exitCode, BY_PROCESS);
      if (fate === 'ends') this.onContainerEnd(container, 0);
    };
    if (lastsMs === 0) end();
    else exec.cancel = container.timers.after(lastsMs, end);
  }

  end(exec: SimExec, exitCode: number, by: By): void {
    if (exec.state !== 'running') return;
    exec.cancel?.();
    exec.state = 'ended';
    exec.exitCode = exitCode;
    const { containerId, startedAt, id: execId, command } = exec;
    this.#state.log.add(by, { what: 'exec-ended', containerId, startedAt, execId, command, exitCode });
    this.#tell(exec, 'exec_die', { exitCode: String(exitCode) });
    exec.attached?.end();
    exec.attached = undefined;
  }

  /**
   * They end with the container that they run in. The engine keeps a record where it sees their end before the container's;
   * of the others, and of what was never started, it has none any more.
   */
  endAllIn(container: SimContainer, by: By): void {
    for (const exec of this.#state.execs.values()) {
      if (exec.containerId !== container.id || exec.state === 'ended') continue;
      const fate = exec.state === 'running' ? this.endOfTaken() : 'forgotten';
      if (fate === 'forgotten') this.forget(exec, by);
      exec.isStuck = fate === 'stuck';
      this.end(exec, KILLED, by);
    }
  }

  runningIn(containerId: string): SimExec[] {
    return [...this.#state.execs.values()].filter(
      (exec) => exec.containerId === containerId && exec.state === 'running',
    );
  }

  /** By the host's pid. */
  withPid(pid: number): SimExec | undefined {
    return [...this.#state.execs.values()].find((exec) => exec.pid === pid && exec.state === 'running');
  }

  dropAllOf(containerId: string): void {
    for (const exec of this.#state.execs.values()) {
      if (exec.containerId === containerId) this.#state.execs.delete(exec.id);
    }
  }

  /** The engine loses a record; what runs goes on, unseen. */
  forget(exec: SimExec, by: By): void {
    if (exec.isForgotten) return;
    exec.isForgotten = true;
    exec.attached?.end();
    exec.attached = undefined;
    this.#state.log.add(by, { what: 'exec-forgotten', execId: exec.id });
  }

  #refuse(exec: SimExec, message: string, by: By): void {
    exec.state = 'ended';
    exec.exitCode = this.#state.isModern ? NO_COMMAND : CANNOT_RUN;
    const { containerId, startedAt, id: execId, command } = exec;
    this.#state.log.add(by, { what: 'exec-refused', containerId, startedAt, execId, command, message });
    exec.attached?.write('stdout', `${message}\r\n`);
    exec.attached?.end();
    exec.attached = undefined;
  }

  #log(by: By, { containerId, startedAt, id: execId, command }: SimExec, what: 'exec-created' | 'exec-started'): void {
    this.#state.log.add(by, { what, containerId, startedAt, execId, command });
  }

  #tell(exec: SimExec, action: string, more: Readonly<Record<string, string>> = {}): void {
    const container = this.#state.containers.get(exec.containerId);
    if (container && !exec.isForgotten && !exec.isStuck)
      this.#state.tellContainer(container, action, { execID: exec.id, ...more });
  }
}

/** Entrypoint and arguments with a space between, also where there is none. */
export function commandText([entrypoint = '', ...rest]: readonly string[]): string {
  return `${entrypoint} ${rest.join(' ')}`;
}
