/**
 * Runs the program as a person does: `bin/run.js` in a process of its own, in the project's folder, with an environment
 * that holds nothing of the person who runs the tests (COMPOSE_*, REEVE_*) and a state directory of the test's own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { TestProject } from './project.ts';

const program = join(import.meta.dirname, '../../bin/run.js');

export interface ReeveOptions {
  /** Added to the environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the project's folder. */
  readonly cwd?: string;
  /** Written to the program's standard input, which is then closed. Default: nothing. */
  readonly input?: string;
  /** After this time the program is killed and the test fails. Default 60 000 ms. */
  readonly deadlineMs?: number;
}

/** How a program ended. A program killed by a signal has no exit code. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. */
export interface Running {
  readonly pid: number;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when it has ended and all its output is read. */
  readonly ended: Promise<Ended>;
  /** Sends a signal. Default SIGTERM. */
  kill(signal?: NodeJS.Signals): void;
  /** Resolves with the first line, of stdout or stderr, that matches; rejects when the program ends without one. */
  line(pattern: RegExp): Promise<string>;
}

/** Starts `reeve ARGS` and gives it while it runs. It is killed when the test ends. */
export function startReeve(project: TestProject, args: readonly string[], options: ReeveOptions = {}): Running {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd ?? project.folder,
    env: environment(project, options.env ?? {}),
    stdio: 'pipe',
  });
  const running = follow(child, ['reeve', ...args].join(' '), options.deadlineMs ?? 60_000);
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  project.beforeCleanUp(async () => {
    child.kill('SIGKILL');
    await running.ended;
  });
  return running;
}

/** Runs `reeve ARGS` to its end. */
export function reeve(project: TestProject, args: readonly string[], options: ReeveOptions = {}): Promise<Ended> {
  return startReeve(project, args, options).ended;
}

function environment(project: TestProject, changes: NonNullable<ReeveOptions['env']>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(COMPOSE|REEVE|NODE_TEST)_/.test(name));
  return {
    ...Object.fromEntries(inherited),
    XDG_STATE_HOME: project.stateHome,
    ...changes,
  };
}

function follow(child: ChildProcess, title: string, deadlineMs: number): Running {
  const output = { stdout: '', stderr: '' };
  const lines = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const look of lines) look();
    });
  }
  const { promise: ended, resolve, reject } = Promise.withResolvers<Ended>();
  const deadline = setTimeout(() => {
    child.kill('SIGKILL');
    reject(new Error(`${title}: still running after ${deadlineMs} ms\n${output.stderr}`));
  }, deadlineMs);
  child.on('error', reject);
  child.on('close', (exitCode, signal) => {
    clearTimeout(deadline);
    resolve({ exitCode, signal, ...output });
    for (const look of lines) look();
  });
  // A test that only looks at lines has no use for the ending; it must not crash for it.
  ended.catch(() => {});
  return {
    pid: child.pid ?? -1,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    ended,
    kill: (signal = 'SIGTERM') => {
      child.kill(signal);
    },
    line: async (pattern) => {
      const found = Promise.withResolvers<string>();
      const look = (): void => {
        const line = `${output.stdout}\n${output.stderr}`.split('\n').find((one) => pattern.test(one));
        if (line !== undefined) found.resolve(line);
      };
      const gone = (): void => {
        const how = child.signalCode ?? `exit code ${child.exitCode}`;
        found.reject(
          new Error(`${title}: ended (${how}) without a line that matches ${String(pattern)}\n${output.stderr}`),
        );
      };
      lines.add(look);
      ended.then(gone, gone);
      look();
      try {
        return await found.promise;
      } finally {
        lines.delete(look);
      }
    },
  };
}
