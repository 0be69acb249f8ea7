/** One pre_start hook, from its container's creation to its end, on an engine in memory. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { ExecuteResult } from '../../../src/execute/executor.ts';
import { EngineError } from '../../../src/model/errors.ts';
import type { Hook } from '../../../src/model/hook.ts';
import { isHookContainer } from '../../../src/model/owner.ts';
import type { Project } from '../../../src/model/project.ts';
import { Bench, settle } from '../../support/execute.ts';
import type { ModelContainer } from '../../support/model-world.ts';
import { hook, project, type ServiceSketch } from '../../support/world.ts';

function shopWith(pre_start: Hook[], service: ServiceSketch = {}, rest: Partial<Project> = {}): Project {
  return project({ web: { network_mode: 'none', pre_start, ...service } }, rest);
}

function hookContainers({ engine }: Bench): ModelContainer[] {
  return [...engine.containers.values()].filter(({ labels }) => isHookContainer(labels));
}

function messages({ failures }: ExecuteResult): string[] {
  return failures.map(({ message }) => message);
}

/** A new process on the same engine and the same state, after one that was cut off while its hook ran. */
async function afterCrash(t: TestContext, shop: Project): Promise<Bench> {
  const dead = new Bench(t);
  dead.engine.script = () => ({ lasts: Infinity, output: [['stdout', 'begun\n']] });
  // Dead: nothing that it still tries has an effect.
  dead.engine.before = ({ name }) => {
    if (isDead && name !== 'observe') throw new EngineError('unavailable', 'the process is dead');
  };
  let isDead = false;
  const run = dead.run({ desired: shop });
  await settle();
  isDead = true;
  dead.abort();
  await run;
  dead.engine.before = () => {};
  return Object.assign(new Bench(t), { engine: dead.engine, state: dead.state });
}

suite('a pre_start hook', () => {
  test('is announced with its container before that is started, and the container goes once it is recorded', async (t) => {
    const bench = new Bench(t);
    const seen: unknown[] = [];
    bench.engine.before = ({ name, subject }) => {
      const [record] = bench.records();
      const isHook = isHookContainer(bench.engine.containers.get(subject)?.labels ?? {});
      if (isHook && name !== 'inspect') seen.push([name, record?.outcome, record?.execId === subject]);
    };
    assert.deepEqual(messages(await bench.run({ desired: shopWith([hook('prepare')]) })), []);
    assert.deepEqual(seen, [
      ['start-container', 'intended', true],
      ['follow-output', 'intended', true],
      ['remove-container', 'succeeded', true],
    ]);
    const web = bench.engine.get('web/1');
    const [record] = bench.records();
    assert.deepEqual([record?.containerId, record?.startedAt, record?.phase], [web.id, '', 'pre_start']);
    assert.equal(web.state.status, 'running');
  });

  test('that fails names itself, its container and the last lines of output, stderr first, and keeps the container', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({
      exitCode: 3,
      output: [
        ['stdout', 'out\n'],
        ['stderr', 'err\n'],
      ],
    });
    const result = await bench.run({ desired: shopWith([hook('prepare'), hook('next')]) });
    assert.deepEqual(messages(result), [
      'web/1: pre_start hook 0 exited 3 (container shop-web-1-pre_start-0 is kept for inspection):\nerr\nout',
    ]);
    assert.deepEqual(
      hookContainers(bench).map(({ name, state }) => [name, state.exitCode]),
      [['shop-web-1-pre_start-0', 3]],
    );
    assert.equal(bench.engine.get('web/1').state.status, 'created');
    assert.deepEqual(bench.state.hooks.output(bench.records()[0]?.id ?? 0), [
      { stream: 'stdout', text: 'out\n' },
      { stream: 'stderr', text: 'err\n' },
    ]);
  });

  test('is tried again after a growing delay, each time in a new container, of which the last one is kept', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ exitCode: 1 });
    const run = bench.run({ desired: shopWith([hook('prepare', { retries: 2, backoffMs: 100 })]) });
    await settle();
    assert.equal(bench.records().length, 1);
    await bench.clock.advance(100);
    await settle();
    await bench.clock.advance(200);
    assert.match(messages(await run).join(), /exited 1 \(container .* is kept/);
    assert.deepEqual(bench.hookRuns(), [
      'web/1:pre_start[0] failed 1, attempt 1',
      'web/1:pre_start[0] failed 1, attempt 2',
      'web/1:pre_start[0] failed 1, attempt 3',
    ]);
    assert.equal(hookContainers(bench).length, 1);
    assert.equal(new Set(bench.records().map(({ execId }) => execId)).size, 3);
  });

  test('that does not end is killed at its deadline and kept', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ lasts: Infinity, output: [['stdout', 'hanging\n']] });
    const run = bench.run({ desired: shopWith([hook('prepare', { timeoutMs: 2000 })]) });
    await settle();
    await bench.clock.advance(2000);
    assert.deepEqual(messages(await run), [
      'web/1: pre_start hook 0 did not end within 2 s (killed) (container shop-web-1-pre_start-0 is kept for inspection):\nhanging',
    ]);
    assert.equal(hookContainers(bench)[0]?.state.status, 'exited');
    assert.deepEqual(bench.hookRuns(), ['web/1:pre_start[0] timed-out, attempt 1']);
  });

  test('whose failure is let pass leaves nothing behind and holds nothing up', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ exitCode: 1 });
    const result = await bench.run({ desired: shopWith([hook('prepare', { onFailure: 'continue' })]) });
    assert.deepEqual(messages(result), []);
    assert.deepEqual(hookContainers(bench), []);
    assert.equal(bench.engine.get('web/1').state.status, 'running');
  });

  test('that the engine cannot start is refused, in the engine’s words, and leaves nothing behind', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ refused: 'no such file' });
    const result = await bench.run({ desired: shopWith([hook('prepare')]) });
    assert.deepEqual(messages(result), ['web/1: pre_start hook 0 was refused by the engine: no such file']);
    assert.deepEqual(hookContainers(bench), []);
    assert.deepEqual(bench.hookRuns(), ['web/1:pre_start[0] refused, attempt 1']);
  });

  test('whose container cannot be made for a moment makes the plan stale, and is no failure', async (t) => {
    const bench = new Bench(t);
    bench.engine.before = ({ name, subject }) => {
      if (name === 'create-container' && subject.endsWith('pre_start-0'))
        throw new EngineError('conflict', 'the name is taken');
    };
    const result = await bench.run({ desired: shopWith([hook('prepare', { onFailure: 'continue' })]) });
    assert.equal(result.stale, true);
    assert.equal(bench.engine.get('web/1').state.status, 'created');
    assert.deepEqual(bench.records(), []);
  });

  test('shows and keeps its output once, also where the connection broke meanwhile', async (t) => {
    const bench = new Bench(t);
    let breaks = 2;
    bench.engine.script = () => ({ lasts: 3, output: [['stdout', 'one\ntwo\n']] });
    const follow = bench.engine.followOutput.bind(bench.engine);
    bench.engine.followOutput = async (id, sink, signal) => {
      if (breaks === 0) return await follow(id, sink, signal);
      breaks -= 1;
      sink('stdout', new TextEncoder().encode(breaks === 1 ? 'on' : 'one\nt'));
      throw new EngineError('unavailable', 'reset');
    };
    await bench.run({ desired: shopWith([hook('prepare')]) });
    const lines = bench.events.flatMap((event) => (event.type === 'hook-output' ? [event.line] : []));
    assert.deepEqual(lines, ['one', 'two']);
    assert.deepEqual(bench.state.hooks.output(bench.records()[0]?.id ?? 0), [{ stream: 'stdout', text: 'one\ntwo\n' }]);
  });

  test('is given the bytes of configs and secrets, and values from outside that no label holds', async (t) => {
    const bench = new Bench(t);
    const made: ModelContainer[] = [];
    bench.engine.before = ({ name, subject }) => {
      const found = bench.engine.containers.get(subject);
      if (name === 'start-container' && found && isHookContainer(found.labels)) made.push(found);
    };
    const prepare = { ...hook('prepare'), environment: { PASSWORD: 'geheim', MODE: 'hook' } };
    const service = { environment: { MODE: 'service', A: '1' }, configs: [{ source: 'motd' }] };
    const configs = { motd: { name: 'motd', content: 'hello', value: 'hello', onChange: 'recreate' } } as const;
    await bench.run({ desired: shopWith([prepare], service, { configs, sensitiveValues: new Set(['geheim']) }) });
    const [container] = made;
    assert.equal(new TextDecoder().decode(container?.files.get('/motd')?.bytes), 'hello');
    assert.deepEqual({ ...container?.service?.environment }, { MODE: 'hook', A: '1', PASSWORD: 'geheim' });
    const web = bench.engine.get('web/1');
    assert.doesNotMatch(JSON.stringify([web.labels, container?.labels, bench.records()]), /geheim/);
  });

  test('that is cut off is ended and removed, and owed again', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ lasts: Infinity });
    const run = bench.run({ desired: shopWith([hook('prepare')]) });
    await settle();
    assert.equal(hookContainers(bench).length, 1);
    bench.abort();
    assert.equal((await run).interrupted, true);
    assert.deepEqual(hookContainers(bench), []);
    assert.deepEqual(bench.hookRuns(), ['web/1:pre_start[0] failed, attempt 1']);
    const next = Object.assign(new Bench(t), { engine: bench.engine, state: bench.state });
    next.engine.script = () => ({});
    assert.deepEqual(messages(await next.run({ desired: shopWith([hook('prepare')]) })), []);
    assert.equal(bench.engine.get('web/1').state.status, 'running');
  });
});

suite('a pre_start hook that ended with 0 just as its run was cut off', () => {
  test('has succeeded', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ lasts: Infinity });
    const run = bench.run({ desired: shopWith([hook('prepare')]) });
    await settle();
    const [own] = hookContainers(bench);
    Object.assign(own?.state ?? {}, { status: 'exited', exitCode: 0 });
    bench.abort();
    await run;
    assert.deepEqual(bench.hookRuns(), ['web/1:pre_start[0] succeeded 0, attempt 1']);
    assert.deepEqual(hookContainers(bench), []);
  });
});

suite('a pre_start container that an earlier run left', () => {
  const shop = shopWith([hook('prepare')]);

  test('and still runs is awaited; its output is kept whole and once', async (t) => {
    const bench = await afterCrash(t, shop);
    const run = bench.run({ desired: shop });
    await settle();
    const [left] = hookContainers(bench);
    assert.equal(left?.state.status, 'running');
    left.output.push(['stdout', 'ended\n']);
    Object.assign(left.state, { status: 'exited', exitCode: 0 });
    bench.engine.setHealth(left.id, 'none');
    assert.deepEqual(messages(await run), []);
    assert.deepEqual(bench.hookRuns(), ['web/1:pre_start[0] succeeded 0, attempt 1']);
    assert.deepEqual(bench.state.hooks.output(bench.records()[0]?.id ?? 0), [
      { stream: 'stdout', text: 'begun\nended\n' },
    ]);
    assert.deepEqual(hookContainers(bench), []);
    assert.equal(bench.engine.log.filter(({ what }) => what === 'create').length, 2);
  });

  test('and ended with 0 counts; with anything else the hook runs again, in a new one', async (t) => {
    for (const [exitCode, runs] of [
      [0, ['succeeded 0']],
      [2, ['failed 2', 'succeeded 0']],
    ] as const) {
      const bench = await afterCrash(t, shop);
      const run = bench.run({ desired: shop });
      await settle();
      const [left] = hookContainers(bench);
      bench.engine.script = () => ({});
      Object.assign(left?.state ?? {}, { status: 'exited', exitCode });
      bench.engine.setHealth(left?.id ?? '', 'none');
      assert.deepEqual(messages(await run), []);
      assert.deepEqual(
        bench.hookRuns(),
        runs.map((outcome) => `web/1:pre_start[0] ${outcome}, attempt 1`),
      );
      assert.deepEqual(hookContainers(bench), []);
    }
  });

  test('and runs past the deadline is killed, and the hook runs again', async (t) => {
    const bench = await afterCrash(t, shop);
    const run = bench.run({ desired: shop, options: { hookTimeoutMs: 1000 } });
    await settle();
    bench.engine.script = () => ({});
    await bench.clock.advance(1000);
    assert.deepEqual(messages(await run), []);
    assert.deepEqual(bench.hookRuns(), [
      'web/1:pre_start[0] timed-out, attempt 1',
      'web/1:pre_start[0] succeeded 0, attempt 1',
    ]);
  });

  test('and ended with 0 has succeeded for its container, also where that is to be replaced', async (t) => {
    for (const isSeen of [true, false]) {
      const bench = await afterCrash(t, shop);
      const [left] = hookContainers(bench);
      const end = (): void => void Object.assign(left?.state ?? {}, { status: 'exited', exitCode: 0 });
      if (isSeen) end();
      bench.engine.before = ({ name, subject }) => {
        if (name === 'signal-container' && subject === left?.id) end();
      };
      bench.engine.script = () => ({});
      await bench.run({ desired: shop, policy: { forceRecreate: true } });
      assert.deepEqual(bench.hookRuns(), [
        'web/1:pre_start[0] succeeded 0, attempt 1',
        'web/1:pre_start[0] succeeded 0, attempt 1',
      ]);
    }
  });
});
