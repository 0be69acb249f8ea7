/** Routes about commands in containers. */
import type { ExecBody, ExecReader, Json, SimExec } from '../things.ts';
import { jsonOf, type Exchange, type Out, type Route, type SimAnswer } from './exchange.ts';
import { frame } from './frames.ts';

export const execRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/containers/:/exec',
    handle: ({ world, request, by, parts: [which = ''] }) => ({
      status: 201,
      body: { Id: world.execs.create(which, jsonOf(request) as ExecBody, by).id },
    }),
  },
  { method: 'POST', path: '/exec/:/start', handle: start },
  {
    method: 'GET',
    path: '/exec/:/json',
    handle: ({ world, parts: [id = ''] }) => ({ status: 200, body: inspected(world.execs.find(id)) }),
  },
];

function start({ world, request, by, parts: [id = ''] }: Exchange): SimAnswer {
  const exec = world.execs.check(id);
  if ((jsonOf(request) as { Detach?: boolean }).Detach) {
    world.execs.start(exec, undefined, by);
    return { status: 200 };
  }
  return {
    status: 200,
    kind: 'output',
    headers: { 'content-type': 'application/vnd.docker.raw-stream' },
    stream: (out) => {
      const reader = readerOf(out, exec.body.Tty ?? false);
      // Who goes away leaves the command running.
      out.onClose(() => {
        if (exec.attached === reader) exec.attached = undefined;
      });
      world.execs.start(exec, reader, by);
    },
  };
}

function readerOf(out: Out, isTerminal: boolean): ExecReader {
  return {
    write: (stream, text) => out.write(isTerminal ? text : frame(stream, text)),
    end: () => out.end(),
  };
}

function inspected({ id, containerId, body, command, state, exitCode, pid, isStuck }: SimExec): Json {
  const [entrypoint = '', ...rest] = command;
  return {
    ID: id,
    Running: state === 'running' || isStuck,
    ExitCode: state === 'ended' && !isStuck ? (exitCode ?? null) : null,
    ProcessConfig: {
      tty: body.Tty ?? false,
      entrypoint,
      arguments: rest,
      privileged: body.Privileged ?? false,
      ...(body.User ? { user: body.User } : {}),
    },
    OpenStdin: false,
    OpenStderr: body.AttachStderr ?? false,
    OpenStdout: body.AttachStdout ?? false,
    CanRemove: false,
    ContainerID: containerId,
    DetachKeys: '',
    Pid: pid,
  };
}
