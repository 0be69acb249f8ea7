/** What the tests of the contract have in common: the engine under test, projects that go away, and a few short calls. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Engine, ExecEnd, ExecRequest } from '../../../src/engine/engine.ts';
import { isEngineError } from '../../../src/model/errors.ts';
import type { EngineErrorCode } from '../../../src/model/errors.ts';
import type { ContainerStatus, ObservedProject } from '../../../src/model/observed.ts';
import { LABEL } from '../../../src/model/owner.ts';
import type { Project } from '../../../src/model/project.ts';
import type { ServiceSketch } from '../sketch.ts';
import { containerRequest, network, sketchProject } from '../sketch.ts';

/** Everything that the suite runs in containers. */
export const COMMANDS = {
  succeed: ['true'],
  speakAndFail: ['sh', '-c', 'echo out; echo err >&2; echo more; exit 3'],
  sleep: ['sleep', '300'],
  sleepWithChild: ['sh', '-c', 'sleep 301 & sleep 302'],
  speakThenSleep: ['sh', '-c', 'echo ready; sleep 303'],
  missing: ['/no/such/command'],
  listSecret: ['ls', '-ln', '/run/secrets/token'],
  exitSoon: ['sh', '-c', 'sleep 0.3; exit 7'],
} as const;

export interface ContractSubject {
  readonly engine: Engine;
  /** A name that nothing on the engine has yet. */
  readonly uniqueName: () => string;
  /** Removes all that is labelled or named with it, whatever a test left. */
  readonly cleanUp: (name: string) => Promise<void>;
  /** False where the engine's host is out of reach. */
  readonly canKillExecs: boolean;
}

/** Networks take the engine longest to make: only tests about them have one. */
export const NO_NETWORK: ServiceSketch = { network_mode: 'none' };

/** The subject, once it is made, with short forms of what nearly every test does. */
export class World {
  #subject: ContractSubject | undefined;

  begin(subject: ContractSubject): void {
    this.#subject = subject;
  }

  get engine(): Engine {
    return this.#get().engine;
  }

  get canKillExecs(): boolean {
    return this.#get().canKillExecs;
  }

  uniqueName(): string {
    return this.#get().uniqueName();
  }

  cleanUp(name: string): Promise<void> {
    return this.#get().cleanUp(name);
  }

  /** A project with the networks that it uses and `further` ones on the engine; all gone after the test. */
  async project(
    t: TestContext,
    services?: Record<string, ServiceSketch>,
    further: readonly string[] = [],
  ): Promise<Project> {
    const name = this.uniqueName();
    t.after(() => this.cleanUp(name));
    const sketch = sketchProject(name, services);
    const networks = Object.fromEntries(further.map((key) => [key, network(`${name}_${key}`)]));
    const whole: Project = { ...sketch, networks: { ...sketch.networks, ...networks } };
    const used = new Set([
      ...Object.values(whole.services).flatMap((one) => Object.keys(one.networks ?? {})),
      ...further,
    ]);
    for (const [key, one] of Object.entries(whole.networks)) {
      if (!used.has(key)) continue;
      const labels = { [LABEL.project]: name, [LABEL.network]: key };
      await this.engine.createNetwork({ project: whole, key, network: one, labels }, t.signal);
    }
    return whole;
  }

  create(whole: Project, t: TestContext, service = 'web'): Promise<string> {
    return this.engine.createContainer(containerRequest(whole, service), t.signal);
  }

  /** One started container. */
  async running(t: TestContext, sketch: ServiceSketch = NO_NETWORK): Promise<{ id: string; whole: Project }> {
    const whole = await this.project(t, { web: sketch });
    const id = await this.create(whole, t);
    await this.engine.startContainer(id, t.signal);
    return { id, whole };
  }

  observe(name: string, t: TestContext): Promise<ObservedProject> {
    return this.engine.observeProject({ project: name, images: [], networks: [], volumes: [] }, t.signal);
  }

  async status(id: string, t: TestContext): Promise<ContainerStatus | undefined> {
    return (await this.engine.inspectState(id, t.signal))?.status;
  }

  startExec(id: string, command: readonly string[], t: TestContext): Promise<string> {
    const request: ExecRequest = {
      command,
      user: undefined,
      privileged: false,
      workingDir: undefined,
      environment: [],
    };
    return this.engine.createExec(id, request, t.signal);
  }

  async outputOf(execId: string, t: TestContext): Promise<{ stdout: string; stderr: string; end: ExecEnd }> {
    const output = { stdout: '', stderr: '' };
    const end = await this.engine.runExec(
      execId,
      (stream, chunk) => {
        output[stream] += Buffer.from(chunk).toString('utf8');
      },
      t.signal,
    );
    return { ...output, end };
  }

  /** The engine says "running" from the moment there is a process to kill. */
  async untilRunning(execId: string, t: TestContext): Promise<void> {
    while (!(await this.engine.inspectExec(execId, t.signal))?.running) t.signal.throwIfAborted();
  }

  #get(): ContractSubject {
    assert.ok(this.#subject, 'the engine under test is made before the first test');
    return this.#subject;
  }
}

/** For `assert.rejects`: an EngineError of that code, its message like that. */
export function engineError(code: EngineErrorCode, message = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isEngineError(error, code), `not an EngineError of code ${code}: ${String(error)}`);
    assert.match(error.message, message);
    return true;
  };
}
