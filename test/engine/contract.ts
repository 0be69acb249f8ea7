/**
 * What every Engine must do, whoever stands behind it: the real engine and a simulated one run the very same suite, which
 * keeps the simulation honest. Speaks through the port alone. Commands in containers are few and simple (see COMMANDS),
 * so that a simulation can know them.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { Engine, EngineNotice, ExecRequest } from '../../src/engine/engine.ts';
import { isEngineError } from '../../src/model/errors.ts';
import type { EngineErrorCode } from '../../src/model/errors.ts';
import { LABEL } from '../../src/model/owner.ts';
import type { Project } from '../../src/model/project.ts';
import type { ServiceSketch } from './sketch.ts';
import { containerRequest, network, sketchProject } from './sketch.ts';

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

/** Defines the suite for one kind of engine. */
export function engineContract(kind: string, makeSubject: () => Promise<ContractSubject>): void {
  describe(kind, { concurrency: 4 }, () => {
    let subject: ContractSubject;
    before(async () => {
      subject = await makeSubject();
    });
    after(() => subject.engine.close());

    /** A project with its networks on the engine, gone after the test. */
    const project = async (
      t: TestContext,
      services?: Record<string, ServiceSketch>,
      further: readonly string[] = [],
    ): Promise<Project> => {
      const name = subject.uniqueName();
      t.after(() => subject.cleanUp(name));
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
        await subject.engine.createNetwork({ project: whole, key, network: one, labels }, t.signal);
      }
      return whole;
    };
    const create = (whole: Project, t: TestContext, service = 'web'): Promise<string> =>
      subject.engine.createContainer(containerRequest(whole, service), t.signal);
    const running = async (
      t: TestContext,
      sketch: ServiceSketch = NO_NETWORK,
    ): Promise<{ id: string; whole: Project }> => {
      const whole = await project(t, { web: sketch });
      const id = await create(whole, t);
      await subject.engine.startContainer(id, t.signal);
      return { id, whole };
    };
    const observe = (name: string, t: TestContext) =>
      subject.engine.observeProject({ project: name, images: [], networks: [], volumes: [] }, t.signal);
    const status = async (id: string, t: TestContext) => (await subject.engine.inspectState(id, t.signal))?.status;
    const startExec = (id: string, command: readonly string[], t: TestContext, rest: Partial<ExecRequest> = {}) =>
      subject.engine.createExec(id, { ...execRequest(command), ...rest }, t.signal);

    describe('observing', () => {
      it('a project that is not there is an empty snapshot', async (t) => {
        const seen = await observe(subject.uniqueName(), t);
        assert.deepEqual([seen.containers, seen.networks, seen.volumes, seen.images.size], [[], [], [], 0]);
      });

      it('a created container is seen with what it was made from', async (t) => {
        const whole = await project(t, {
          web: { networks: { default: { aliases: ['www'] } }, stop_grace_period: 5e9 },
        });
        const id = await create(whole, t);
        const { containers, networks } = await observe(whole.name, t);
        const [seen] = containers;
        assert.ok(seen);
        assert.equal(seen.id, id);
        assert.equal(seen.name, `${whole.name}-web-1`);
        assert.deepEqual([seen.project, seen.service, seen.number], [whole.name, 'web', 1]);
        assert.deepEqual([seen.oneoff, seen.hookContainer, seen.ours], [false, false, false]);
        assert.equal(seen.configHash, 'sketch');
        assert.deepEqual([seen.state.status, seen.state.startedAt, seen.state.health], ['created', '', 'none']);
        assert.equal(seen.stopTimeoutS, 5);
        const endpoints = seen.networks.map((endpoint) => [endpoint.network, endpoint.aliases]);
        assert.deepEqual(endpoints, [[`${whole.name}_default`, [`${whole.name}-web-1`, 'web', 'www']]]);
        assert.deepEqual(
          networks.map((one) => one.name),
          [`${whole.name}_default`],
        );
      });

      it('networks and volumes are seen by name though they carry no label', async (t) => {
        const name = subject.uniqueName();
        t.after(() => subject.cleanUp(name));
        const bare = { ...sketchProject(name), volumes: { data: { name: `${name}_data` } } };
        const one = network(`${name}_bare`);
        await subject.engine.createNetwork({ project: bare, key: 'bare', network: one, labels: {} }, t.signal);
        await subject.engine.createVolume(
          { project: bare, key: 'data', volume: bare.volumes.data, labels: {} },
          t.signal,
        );
        const ask = { project: name, images: [], networks: [one.name], volumes: [`${name}_data`, `${name}_no`] };
        const seen = await subject.engine.observeProject(ask, t.signal);
        assert.deepEqual(
          seen.networks.map((found) => found.name),
          [one.name],
        );
        assert.deepEqual(
          seen.volumes.map((found) => found.name),
          [`${name}_data`],
        );
      });

      it('images are seen by the reference asked for, an absent one is absent', async (t) => {
        const images = ['reeve-test/busybox:1', 'reeve-test/no-such:1'];
        const seen = await subject.engine.observeProject(
          { project: subject.uniqueName(), images, networks: [], volumes: [] },
          t.signal,
        );
        assert.deepEqual([...seen.images.keys()], ['reeve-test/busybox:1']);
        assert.match(seen.images.get('reeve-test/busybox:1')?.id ?? '', /^sha256:[0-9a-f]{64}$/);
      });

      it('projects are listed when all they have is a network', async (t) => {
        const whole = await project(t);
        assert.ok((await subject.engine.listProjects(t.signal)).includes(whole.name));
      });
    });

    describe('creating', () => {
      it('a container is on every one of its networks before it starts', async (t) => {
        const whole = await project(t, { web: { networks: { default: null, back: { aliases: ['inner'] } } } }, [
          'back',
        ]);
        await create(whole, t);
        const [seen] = (await observe(whole.name, t)).containers;
        const aliases = Object.fromEntries((seen?.networks ?? []).map((one) => [one.network, one.aliases.toSorted()]));
        const own = [`${whole.name}-web-1`, 'web'];
        assert.deepEqual(aliases, { [`${whole.name}_default`]: own, [`${whole.name}_back`]: ['inner', ...own] });
      });

      it('a taken name is a conflict', async (t) => {
        const whole = await project(t, { web: NO_NETWORK });
        await create(whole, t);
        await assert.rejects(create(whole, t), engineError('conflict'));
      });

      it('a missing image is not found', async (t) => {
        const whole = await project(t, { web: { ...NO_NETWORK, image: 'reeve-test/no-such:1' } });
        await assert.rejects(create(whole, t), engineError('not-found'));
      });

      it('a container that cannot be put on all its networks is not left behind', async (t) => {
        const own = await project(t, { web: { networks: { default: null, forbidden: null } } });
        const whole = { ...own, networks: { ...own.networks, forbidden: network('host') } };
        await assert.rejects(create(whole, t), (error) => isEngineError(error));
        assert.deepEqual((await observe(whole.name, t)).containers, []);
      });

      it('an attribute that the engine cannot do is refused by name', async (t) => {
        const whole = await project(t, { web: { ...NO_NETWORK, provider: { type: 'elsewhere' } } });
        await assert.rejects(create(whole, t), engineError('rejected', /provider/));
      });

      it('volumes carried over from a replaced container are mounted again', async (t) => {
        const whole = await project(t, { web: { ...NO_NETWORK, volumes: [{ type: 'volume', target: '/data' }] } });
        const first = await create(whole, t);
        const carried = (await observe(whole.name, t)).containers[0]?.mounts[0]?.volume ?? '';
        const again = containerRequest(whole, 'web', {
          name: `${whole.name}-new`,
          carriedVolumes: new Map([['/data', carried]]),
        });
        const second = await subject.engine.createContainer(again, t.signal);
        await subject.engine.removeContainer(first, { volumes: false }, t.signal);
        const seen = (await observe(whole.name, t)).containers.find(({ id }) => id === second);
        assert.deepEqual(
          seen?.mounts.map(({ target, volume }) => [target, volume]),
          [['/data', carried]],
        );
        await subject.engine.removeContainer(second, { volumes: true }, t.signal);
      });
    });

    describe('calls whose purpose is met already', () => {
      it('start on running, stop on stopped, stop and remove on missing succeed', async (t) => {
        const { id } = await running(t);
        await subject.engine.startContainer(id, t.signal);
        await subject.engine.stopContainer(id, undefined, t.signal);
        await subject.engine.stopContainer(id, 1000, t.signal);
        assert.equal(await status(id, t), 'exited');
        await subject.engine.removeContainer(id, { volumes: true }, t.signal);
        await subject.engine.removeContainer(id, { volumes: true }, t.signal);
        await subject.engine.stopContainer(id, undefined, t.signal);
        assert.equal(await status(id, t), undefined);
      });

      it('two removals at the same time both succeed', async (t) => {
        const whole = await project(t, { web: NO_NETWORK });
        const id = await create(whole, t);
        const remove = () => subject.engine.removeContainer(id, { volumes: true }, t.signal);
        await Promise.all([remove(), remove(), remove()]);
        assert.equal(await status(id, t), undefined);
      });

      it('pausing what is paused and unpausing what is not succeed', async (t) => {
        const { id } = await running(t);
        await subject.engine.unpauseContainer(id, t.signal);
        await subject.engine.pauseContainer(id, t.signal);
        await subject.engine.pauseContainer(id, t.signal);
        assert.equal(await status(id, t), 'paused');
        await subject.engine.unpauseContainer(id, t.signal);
        assert.equal(await status(id, t), 'running');
      });

      it('connecting twice, disconnecting twice and removing missing networks and volumes succeed', async (t) => {
        const whole = await project(t, undefined, ['back']);
        const id = await create(whole, t);
        const service = whole.services['web'];
        assert.ok(service);
        const connect = () =>
          subject.engine.connectNetwork(
            { project: whole, service, number: 1, containerId: id, networkKey: 'back' },
            t.signal,
          );
        const disconnect = () => subject.engine.disconnectNetwork(`${whole.name}_back`, id, t.signal);
        const networks = async () =>
          (await observe(whole.name, t)).containers[0]?.networks.map((one) => one.network).toSorted();
        await connect();
        await connect();
        assert.deepEqual(await networks(), [`${whole.name}_back`, `${whole.name}_default`]);
        await disconnect();
        await disconnect();
        assert.deepEqual(await networks(), [`${whole.name}_default`]);
        await subject.engine.removeNetwork(`${whole.name}_back`, t.signal);
        await subject.engine.removeNetwork(`${whole.name}_back`, t.signal);
        await subject.engine.removeVolume(`${whole.name}_none`, t.signal);
      });
    });

    describe('refusals', () => {
      it('a running container is not removed: its stop is the business of the plan', async (t) => {
        const { id } = await running(t);
        await assert.rejects(subject.engine.removeContainer(id, { volumes: true }, t.signal), engineError('conflict'));
        assert.equal(await status(id, t), 'running');
      });

      it('a network that a running container is on is a conflict', async (t) => {
        const { whole } = await running(t, {});
        await assert.rejects(subject.engine.removeNetwork(`${whole.name}_default`, t.signal), engineError('conflict'));
      });

      it('renaming to a taken name is a conflict', async (t) => {
        const whole = await project(t, { web: NO_NETWORK, db: NO_NETWORK });
        const id = await create(whole, t);
        await create(whole, t, 'db');
        const rename = (name: string) => subject.engine.renameContainer(id, name, t.signal);
        await assert.rejects(rename(`${whole.name}-db-1`), engineError('conflict'));
        await rename(`${whole.name}-renamed`);
        const names = (await observe(whole.name, t)).containers.map(({ name }) => name);
        assert.ok(names.includes(`${whole.name}-renamed`));
      });

      it("a start that fails is refused with the engine's words", async (t) => {
        const whole = await project(t, { web: { ...NO_NETWORK, command: COMMANDS.missing } });
        const id = await create(whole, t);
        await assert.rejects(subject.engine.startContainer(id, t.signal), engineError('rejected', /no such file/i));
      });

      it('an aborted call rejects with the reason of its signal', async () => {
        const reason = new Error('no longer wanted');
        const signal = AbortSignal.abort(reason);
        await assert.rejects(subject.engine.listProjects(signal), (error) => error === reason);
      });
    });

    describe('changing', () => {
      it('limits and the restart policy change in place', async (t) => {
        const { id, whole } = await running(t);
        const service = { ...whole.services['web'], mem_limit: 64 * 1024 * 1024, restart: 'on-failure:4' };
        await subject.engine.updateContainer(id, { ...service, ...sketchUpdate }, t.signal);
        const [seen] = (await observe(whole.name, t)).containers;
        assert.equal(seen?.id, id);
        assert.equal(seen.resources['Memory'], 64 * 1024 * 1024);
        assert.deepEqual(seen.restartPolicy, { name: 'on-failure', maximumRetryCount: 4 });
      });

      it('files are copied in before the first start, with mode and owner', async (t) => {
        const whole = await project(t, { web: { ...NO_NETWORK, user: '7:7' } });
        const id = await create(whole, t);
        const bytes = new TextEncoder().encode('secret');
        const file = { path: '/run/secrets/token', bytes, mode: 0o440, uid: 1001, gid: 1002 };
        await subject.engine.copyFiles(id, [file], t.signal);
        await subject.engine.startContainer(id, t.signal);
        const output = await outputOf(subject.engine, await startExec(id, COMMANDS.listSecret, t), t);
        assert.match(output.stdout, /^-r--r----- .*1001 .*1002 .*6 /);
      });

      it("a signal reaches the container's process", async (t) => {
        const { id } = await running(t);
        await subject.engine.signalContainer(id, 'SIGKILL', t.signal);
        const code = await subject.engine.awaitState(
          id,
          (state) => (state?.status === 'exited' ? state.exitCode : undefined),
          t.signal,
        );
        assert.equal(code, 137);
      });
    });

    describe('commands', () => {
      it("output arrives by stream and in order, the exit code is the command's", async (t) => {
        const { id } = await running(t);
        const { stdout, stderr, end } = await outputOf(
          subject.engine,
          await startExec(id, COMMANDS.speakAndFail, t),
          t,
        );
        assert.deepEqual([stdout, stderr, end], ['out\nmore\n', 'err\n', { exitCode: 3 }]);
      });

      it("a command that does not exist is refused, with the engine's words", async (t) => {
        const { id } = await running(t);
        const exec = await startExec(id, COMMANDS.missing, t);
        await assert.rejects(
          subject.engine.runExec(exec, () => {}, t.signal),
          engineError('rejected', /no such file/i),
        );
      });

      it('a command in a container that does not run is a conflict', async (t) => {
        const whole = await project(t, { web: NO_NETWORK });
        const id = await create(whole, t);
        await assert.rejects(startExec(id, COMMANDS.succeed, t), engineError('conflict'));
      });

      it('what was never started has no exit code, and what is not known is nothing', async (t) => {
        const { id } = await running(t);
        const exec = await startExec(id, COMMANDS.succeed, t);
        assert.deepEqual(await subject.engine.inspectExec(exec, t.signal), { running: false, exitCode: undefined });
        assert.equal(await subject.engine.inspectExec('0'.repeat(64), t.signal), undefined);
      });

      it('an aborted run detaches and leaves the command running; its end can be awaited by another', async (t) => {
        const { id } = await running(t);
        const exec = await startExec(id, COMMANDS.speakThenSleep, t);
        const stop = new AbortController();
        const reason = new Error('handed over');
        const run = subject.engine.runExec(exec, () => stop.abort(reason), stop.signal);
        await assert.rejects(run, (error) => error === reason);
        assert.deepEqual(await subject.engine.inspectExec(exec, t.signal), { running: true, exitCode: undefined });
        const end = subject.engine.awaitExec(exec, id, t.signal);
        await subject.engine.stopContainer(id, 0, t.signal);
        assert.deepEqual(await end, { exitCode: 137 });
      });

      it('the end of a command that somebody else runs is awaited', async (t) => {
        const { id } = await running(t);
        const exec = await startExec(id, COMMANDS.exitSoon, t);
        const run = subject.engine.runExec(exec, () => {}, t.signal);
        assert.deepEqual(await subject.engine.awaitExec(exec, id, t.signal), { exitCode: 7 });
        await run;
        assert.deepEqual(await subject.engine.awaitExec(exec, id, t.signal), { exitCode: 7 });
      });

      it('a command that ends with its container has an end', async (t) => {
        const { id } = await running(t);
        const exec = await startExec(id, COMMANDS.speakThenSleep, t);
        const end = await subject.engine.runExec(
          exec,
          () => void subject.engine.stopContainer(id, 0, t.signal).catch(() => {}),
          t.signal,
        );
        assert.deepEqual(end, { exitCode: 137 });
      });

      it('a killed command takes its children along and leaves the container alone', async (t) => {
        if (!subject.canKillExecs) return t.skip("the engine's processes are out of reach");
        const { id } = await running(t);
        const exec = await startExec(id, COMMANDS.sleepWithChild, t);
        const run = subject.engine.runExec(exec, () => {}, t.signal);
        await untilRunning(subject.engine, exec, t);
        assert.equal(await subject.engine.killExec(exec, id, t.signal), true);
        assert.deepEqual(await run, { exitCode: 137 });
        assert.equal(await subject.engine.killExec(exec, id, t.signal), false);
        assert.equal(await status(id, t), 'running');
      });
    });

    describe('waiting and notices', () => {
      it('a wait for a state ends with the event that brings it', async (t) => {
        const { id } = await running(t, { ...NO_NETWORK, command: COMMANDS.exitSoon });
        const code = await subject.engine.awaitState(
          id,
          (state) => (state?.status === 'exited' ? state.exitCode : undefined),
          t.signal,
        );
        assert.equal(code, 7);
      });

      it('a wait sees that its container is gone', async (t) => {
        const whole = await project(t, { web: NO_NETWORK });
        const id = await create(whole, t);
        const gone = subject.engine.awaitState(id, (state) => (state === undefined ? 'gone' : undefined), t.signal);
        await subject.engine.removeContainer(id, { volumes: true }, t.signal);
        assert.equal(await gone, 'gone');
      });

      it('a wait that is aborted rejects with the reason', async (t) => {
        const { id } = await running(t);
        const stop = new AbortController();
        const wait = subject.engine.awaitState(id, () => undefined, stop.signal);
        const reason = new Error('enough');
        stop.abort(reason);
        await assert.rejects(wait, (error) => error === reason);
      });

      it("notices tell of a container's life with project and service, commands with their exec id", async (t) => {
        const whole = await project(t, { web: NO_NETWORK });
        const heard: Extract<EngineNotice, { kind: 'container' }>[] = [];
        const destroyed = Promise.withResolvers<void>();
        const connected = Promise.withResolvers<void>();
        const unsubscribe = subject.engine.subscribe((notice) => {
          if (notice.kind === 'connected') connected.resolve();
          if (notice.kind !== 'container' || notice.project !== whole.name) return;
          heard.push(notice);
          if (notice.action === 'destroy') destroyed.resolve();
        });
        t.after(unsubscribe);
        const id = await create(whole, t);
        await subject.engine.startContainer(id, t.signal);
        const exec = await startExec(id, COMMANDS.succeed, t);
        await subject.engine.runExec(exec, () => {}, t.signal);
        await subject.engine.stopContainer(id, 0, t.signal);
        await subject.engine.removeContainer(id, { volumes: true }, t.signal);
        await destroyed.promise;
        const story = heard.filter(({ action }) => ['create', 'start', 'exec_die', 'die', 'destroy'].includes(action));
        assert.deepEqual(
          story.map(({ action }) => action),
          ['create', 'start', 'exec_die', 'die', 'destroy'],
        );
        assert.ok(story.every((notice) => notice.service === 'web' && notice.containerId === id));
        // An engine may leave it out; it never names another one.
        assert.ok([exec, undefined].includes(story[2]?.execId));
        assert.match(story[0]?.timeNs ?? '', /^\d{19}$/);
      });

      it('who has unsubscribed hears nothing more', async (t) => {
        const whole = await project(t, { web: NO_NETWORK });
        let heard = 0;
        subject.engine.subscribe(() => heard++)();
        const heardBefore = heard;
        const seen = Promise.withResolvers<void>();
        t.after(
          subject.engine.subscribe((notice) => {
            if (notice.kind === 'container' && notice.project === whole.name) seen.resolve();
          }),
        );
        await create(whole, t);
        await seen.promise;
        assert.equal(heard, heardBefore);
      });
    });
  });
}

/** Networks take the engine longest to make: only tests about them have one. */
const NO_NETWORK: ServiceSketch = { network_mode: 'none' };

const sketchUpdate = {
  name: 'web',
  command: null,
  entrypoint: null,
  policy: { onUnhealthy: 'ignore' },
  replicas: 1,
} as const;

function execRequest(command: readonly string[]): ExecRequest {
  return { command, user: undefined, privileged: false, workingDir: undefined, environment: [] };
}

async function outputOf(engine: Engine, execId: string, t: TestContext) {
  const output = { stdout: '', stderr: '' };
  const end = await engine.runExec(
    execId,
    (stream, chunk) => {
      output[stream] += Buffer.from(chunk).toString('utf8');
    },
    t.signal,
  );
  return { ...output, end };
}

/** The engine says "running" from the moment there is a process to kill. */
async function untilRunning(engine: Engine, execId: string, t: TestContext): Promise<void> {
  while (!(await engine.inspectExec(execId, t.signal))?.running) t.signal.throwIfAborted();
}

function engineError(code: EngineErrorCode, message = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isEngineError(error, code), `not an EngineError of code ${code}: ${String(error)}`);
    assert.match(error.message, message);
    return true;
  };
}
