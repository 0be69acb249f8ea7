/**
 * A project whose hooks and containers write down what they do, in the order they do it, into one file that the test
 * reads: the world's own record, not reeve's. Services are given as data; JSON is YAML, so a Compose file is one write.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { testImage, testProject, type TestProject } from './project.ts';
import { reeve, startReeve, type Ended, type ReeveOptions, type Running } from './reeve.ts';

export type Sketch = Readonly<Record<string, unknown>>;

export interface Stage extends TestProject {
  /** Writes compose.yaml; each service gets the test image, a command that ends at once on SIGTERM, and the log. */
  compose(services: Readonly<Record<string, Sketch>>, top?: Sketch): void;
  /** Lines that hooks and containers wrote, oldest first. */
  log(): string[];
  /** A file in the folder that every container sees as /out. */
  out(path: string): string;
  run(args: readonly string[], options?: ReeveOptions): Promise<Ended>;
  /** Runs and fails the test unless it exits 0. */
  ok(args: readonly string[], options?: ReeveOptions): Promise<Ended>;
  start(args: readonly string[], options?: ReeveOptions): Running;
}

export function stage(t: TestContext): Stage {
  const project = testProject(t);
  const out = project.path('out');
  mkdirSync(out);
  const run = (args: readonly string[], options?: ReeveOptions): Promise<Ended> => reeve(project, args, options);
  return {
    ...project,
    compose(services, top = {}) {
      const entries = Object.entries(services).map(([name, sketch]) => [name, { ...defaults, ...sketch }] as const);
      project.write('compose.yaml', JSON.stringify({ services: Object.fromEntries(entries), ...top }, undefined, 2));
    },
    log: () => (existsSync(`${out}/log`) ? readFileSync(`${out}/log`, 'utf8').split('\n').filter(Boolean) : []),
    out: (path) => `${out}/${path}`,
    run,
    async ok(args, options) {
      const ended = await run(args, options);
      assert.equal(ended.exitCode, 0, `reeve ${args.join(' ')}\n${ended.stdout}\n${ended.stderr}`);
      return ended;
    },
    start: (args, options) => startReeve(project, args, options),
  };
}

/** Ends at once when it is asked to, and says so. */
const defaults = {
  image: testImage,
  command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 60 & wait $$!; done'],
  volumes: ['./out:/out'],
};

/** A hook that writes a line: `<line>` and, with `host`, the container's own host name. */
export function writes(line: string, rest: Sketch = {}): Sketch {
  return { command: ['sh', '-c', `echo ${line} >> /out/log`], ...rest };
}

/** A hook that runs a shell script; dollars are for the shell. */
export function script(text: string, rest: Sketch = {}): Sketch {
  return { command: ['sh', '-c', text.replaceAll('$', '$$$$')], ...rest };
}
