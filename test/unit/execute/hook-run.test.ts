import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { ExecuteResult } from '../../../src/execute/executor.ts';
import { EngineError } from '../../../src/model/errors.ts';
import type { Hook } from '../../../src/model/hook.ts';
import type { Project } from '../../../src/model/project.ts';
import { Bench, outcomes, settle } from '../../support/execute.ts';
import { hook, project } from '../../support/world.ts';

function shopWith(
  hooks: { readonly post_start?: Hook[]; readonly pre_stop?: Hook[] },
  rest: Partial<Project> = {},
): Project {
  return project({ web: { network_mode: 'none', ...hooks } }, rest);
}

/** A bench on which `web` runs already, its post_start delivered. */
async function running(t: TestContext, shop: Project): Promise<Bench> {
  const bench = new Bench(t);
  await bench.run({ desired: shop });
  bench.events.splice(0);
  return bench;
}

function messages({ failures }: ExecuteResult): string[] {
  return failures.map(({ message }) => message);
}

const STAYS = ', so it stays (--force or on_failure: continue goes on)';
const RESTART = { restart: new Set(['web']) };

suite('a hook', () => {
  test('is announced with its exec before it starts, and recorded when it ended', async (t) => {
    const bench = new Bench(t);
    const seen: unknown[] = [];
    bench.engine.before = ({ name, subject }) => {
      if (name === 'start-exec') seen.push(bench.records().map(({ outcome, execId }) => [outcome, execId === subject]));
    };
    await bench.run({ desired: shopWith({ post_start: [hook('register --now')] }) });
    assert.deepEqual(seen, [[['intended', true]]]);
    const [record] = bench.records();
    assert.equal(record?.outcome, 'succeeded');
    assert.equal(record?.startedAt, bench.engine.get('web/1').state.startedAt);
    assert.deepEqual([record?.command, record?.cause, record?.attempt], [['register', '--now'], 'absent', 1]);
  });

  test('that fails names itself, its exit status and the last lines of output, stderr first', async (t) => {
    const bench = new Bench(t);
    const lines = (name: string, count: number): string =>
      Array.from({ length: count }, (_, index) => `${name} ${index + 1}\n`).join('');
    bench.engine.script = () => ({
      exitCode: 3,
      output: [
        ['stdout', lines('out', 20)],
        ['stderr', lines('err', 4)],
      ],
    });
    const result = await bench.run({ desired: shopWith({ post_start: [hook('register'), hook('next')] }) });
    assert.deepEqual(messages(result), [
      [
        'web/1: post_start hook 0 exited 3:',
        'err 1\nerr 2\nerr 3\nerr 4',
        'out 15\nout 16\nout 17\nout 18\nout 19\nout 20',
      ].join('\n'),
    ]);
    assert.deepEqual(outcomes(result).slice(-1), ['web/1:post_start[1] skipped for web/1:post_start[0]']);
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] failed 3, attempt 1']);
  });

  test('that fails and may fail is said and passed over', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = ([name]) => ({ exitCode: name === 'register' ? 3 : 0 });
    const result = await bench.run({
      desired: shopWith({ post_start: [hook('register', { onFailure: 'continue' }), hook('next')] }),
    });
    assert.deepEqual(messages(result), []);
    assert.deepEqual(bench.hookRuns(), [
      'web/1:post_start[0] failed 3, attempt 1',
      'web/1:post_start[1] succeeded 0, attempt 1',
    ]);
    const details = bench.events.flatMap((event) => (event.type === 'action-settled' ? (event.detail ?? '') : ''));
    assert.ok(details.includes('web/1: post_start hook 0 exited 3 (on_failure: continue)'));
  });

  test('that the engine refuses says so with its words', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ refused: 'exec: "regster": executable file not found in $PATH' });
    const result = await bench.run({ desired: shopWith({ post_start: [hook('regster')] }) });
    assert.deepEqual(messages(result), [
      'web/1: post_start hook 0 was refused by the engine: exec: "regster": executable file not found in $PATH',
    ]);
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] refused, attempt 1']);
  });

  test('that the engine refuses to create is recorded without an exec', async (t) => {
    const bench = new Bench(t);
    bench.engine.before = ({ name }) => {
      if (name === 'create-exec') throw new EngineError('rejected', 'privileged is not allowed');
    };
    const result = await bench.run({ desired: shopWith({ post_start: [hook('register')] }) });
    assert.deepEqual(messages(result), [
      'web/1: post_start hook 0 was refused by the engine: privileged is not allowed',
    ]);
    assert.equal(bench.records()[0]?.execId, undefined);
  });

  test('of which the engine does not answer stays announced: the next run finds out', async (t) => {
    const bench = new Bench(t);
    bench.engine.after = ({ name }) => {
      if (name === 'start-exec') throw new EngineError('unavailable', 'the connection broke');
    };
    const shop = shopWith({ post_start: [hook('register')] });
    const result = await bench.run({ desired: shop });
    assert.match(messages(result)[0] ?? '', /the connection broke$/);
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] intended, attempt 1']);
    bench.engine.after = () => {};
    await bench.run({ desired: shop });
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] succeeded 0, attempt 1']);
    assert.deepEqual(bench.commands(), ['register']);
  });

  test('whole lines of output are told as they come', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({
      output: [
        ['stdout', 'one\ntw'],
        ['stderr', 'oops\n'],
        ['stdout', 'o\nthree'],
      ],
    });
    await bench.run({ desired: shopWith({ post_start: [hook('register')] }) });
    assert.deepEqual(
      bench.events.flatMap((event) => (event.type === 'hook-output' ? `${event.stream} ${event.line}` : [])),
      ['stdout one', 'stderr oops', 'stdout two', 'stdout three'],
    );
    const [record] = bench.records();
    const kept = bench.state.hooks.output(record?.id ?? 0).map(({ stream, text }) => `${stream} ${text}`);
    assert.equal(kept.join('').replaceAll(/std(out|err) /g, ''), 'one\ntwoops\no\nthree');
  });
});

suite('retries', () => {
  test('run the hook again after a delay that doubles, until it succeeds', async (t) => {
    const bench = new Bench(t);
    let left = 2;
    bench.engine.script = () => ({ exitCode: (left -= 1) >= 0 ? 1 : 0 });
    const run = bench.run({ desired: shopWith({ post_start: [hook('register', { retries: 5, backoffMs: 1000 })] }) });
    await settle();
    assert.equal(bench.commands().length, 1);
    await bench.clock.advance(999);
    await settle();
    assert.equal(bench.commands().length, 1);
    await bench.clock.advance(1);
    await settle();
    assert.equal(bench.commands().length, 2);
    await bench.clock.advance(1999);
    await settle();
    assert.equal(bench.commands().length, 2);
    await bench.clock.advance(1);
    assert.deepEqual(messages(await run), []);
    assert.deepEqual(bench.hookRuns(), [
      'web/1:post_start[0] failed 1, attempt 1',
      'web/1:post_start[0] failed 1, attempt 2',
      'web/1:post_start[0] succeeded 0, attempt 3',
    ]);
  });

  test('are used up, and then it has failed', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ exitCode: 1 });
    const run = bench.run({ desired: shopWith({ post_start: [hook('register', { retries: 1, backoffMs: 10 })] }) });
    await settle();
    await bench.clock.advance(10);
    assert.deepEqual(messages(await run), ['web/1: post_start hook 0 exited 1']);
    assert.equal(bench.commands().length, 2);
  });

  test('are given up at once when the run is drained', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ exitCode: 1 });
    const run = bench.run({ desired: shopWith({ post_start: [hook('register', { retries: 9, backoffMs: 1e9 })] }) });
    await settle();
    bench.drain();
    const result = await run;
    assert.deepEqual(outcomes(result).slice(-1), ['web/1:post_start[0] interrupted']);
    assert.equal(bench.clock.pendingTimers, 0);
  });
});

suite('a hook that does not end', () => {
  test('is killed at its deadline, and may then be tried again', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ lasts: Infinity, output: [['stdout', 'waiting\n']] });
    const run = bench.run({
      desired: shopWith({ post_start: [hook('register', { timeoutMs: 5000, retries: 1, backoffMs: 100 })] }),
    });
    await settle();
    await bench.clock.advance(4999);
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] intended, attempt 1']);
    await bench.clock.advance(1);
    await settle();
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] timed-out 137, attempt 1']);
    await bench.clock.advance(100);
    await settle();
    assert.equal(bench.commands().length, 2);
    await bench.clock.advance(5000);
    assert.deepEqual(messages(await run), ['web/1: post_start hook 0 did not end within 5 s (killed):\nwaiting']);
    assert.equal(bench.clock.pendingTimers, 0);
  });

  test('and was killed stays recorded as timed out, whatever runs after it', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ lasts: Infinity });
    const shop = shopWith({ post_start: [hook('register', { timeoutMs: 1000 })] });
    const run = bench.run({ desired: shop });
    await settle();
    await bench.clock.advance(1000);
    await run;
    bench.engine.script = () => ({});
    assert.deepEqual(messages(await bench.run({ desired: shop })), []);
    assert.deepEqual(bench.hookRuns(), [
      'web/1:post_start[0] timed-out 137, attempt 1',
      'web/1:post_start[0] succeeded 0, attempt 1',
    ]);
    assert.equal(bench.records()[0]?.durationMs, 1000);
  });

  test('and was killed is tried again only once it is gone', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ lasts: Infinity });
    bench.engine.killExec = () => Promise.resolve(true);
    const run = bench.run({
      desired: shopWith({ post_start: [hook('register', { timeoutMs: 1000, retries: 1, backoffMs: 0 })] }),
    });
    await settle();
    await bench.clock.advance(1000);
    await settle();
    assert.equal(bench.commands().length, 1);
    bench.engine.script = () => ({});
    bench.engine.endExec([...bench.engine.execs.keys()][0] ?? '', 137);
    await settle();
    await bench.clock.advance(0);
    assert.deepEqual(messages(await run), []);
    assert.equal(bench.commands().length, 2);
  });

  test('and was killed and does not go away is left behind, and not tried again', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ lasts: Infinity });
    bench.engine.killExec = () => Promise.resolve(true);
    const run = bench.run({ desired: shopWith({ post_start: [hook('register', { timeoutMs: 1000, retries: 1 })] }) });
    await settle();
    await bench.clock.advance(1000);
    await settle();
    await bench.clock.advance(5000);
    assert.deepEqual(messages(await run), [
      'web/1: post_start hook 0 did not end within 1 s (killed, and it has not gone yet)',
    ]);
    assert.equal(bench.commands().length, 1);
  });

  test('but has just ended when it was to be killed is judged by how it ended', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ lasts: Infinity });
    bench.engine.killExec = (execId) => {
      bench.engine.endExec(execId, 0);
      return Promise.resolve(false);
    };
    const run = bench.run({ desired: shopWith({ post_start: [hook('register', { timeoutMs: 1000 })] }) });
    await settle();
    await bench.clock.advance(1000);
    assert.deepEqual(messages(await run), []);
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] succeeded 0, attempt 1']);
  });

  test('has the deadline of the run where it has none of its own', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ lasts: Infinity });
    const run = bench.run({ desired: shopWith({ post_start: [hook('register')] }), options: { hookTimeoutMs: 700 } });
    await settle();
    await bench.clock.advance(700);
    assert.deepEqual(messages(await run), ['web/1: post_start hook 0 did not end within 0.7 s (killed)']);
  });

  test('and cannot be killed is left behind, and not tried again while it may run', async (t) => {
    const bench = new Bench(t);
    bench.engine.canKillExecs = false;
    bench.engine.script = () => ({ lasts: Infinity });
    const shop = shopWith({ post_start: [hook('register', { timeoutMs: 1000, retries: 3 })] });
    const first = bench.run({ desired: shop });
    await settle();
    await bench.clock.advance(1000);
    assert.deepEqual(messages(await first), [
      'web/1: post_start hook 0 did not end within 1 s (it cannot be killed from here and may still be running)',
    ]);
    const second = bench.run({ desired: shop });
    await settle();
    await bench.clock.advance(1000);
    await second;
    assert.equal(bench.commands().length, 1);
    const [exec] = bench.engine.execs.keys();
    const third = bench.run({ desired: shop });
    await settle();
    bench.engine.endExec(exec ?? '', 0);
    assert.deepEqual(messages(await third), []);
    assert.equal(bench.commands().length, 1);
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] succeeded 0, attempt 1']);
  });
});

suite('a container that its restart policy brings back between two pre_stop hooks', () => {
  test('is not stopped on the strength of the hooks that it was too late for', async (t) => {
    const stopping = shopWith({ pre_stop: [hook('drain'), hook('leave')] });
    const bench = await running(t, stopping);
    const { state } = bench.engine.get('web/1');
    state.status = 'restarting';
    let looks = 0;
    bench.engine.before = ({ name }) => {
      if (name === 'inspect') looks += 1;
      // The first hook finds nothing that runs, the second one does.
      if (looks === 2 && state.status === 'restarting') Object.assign(state, { status: 'running', startedAt: 'again' });
    };
    const result = await bench.run({ desired: stopping, policy: RESTART });
    assert.equal(result.stale, true);
    assert.deepEqual(bench.commands(), []);
    assert.equal(bench.engine.get('web/1').state.status, 'running');
  });
});

suite('an exec that an earlier run left', () => {
  const shop = shopWith({ post_start: [hook('register')] });

  /** A run that is aborted while its hook runs. */
  async function cutOff(t: TestContext): Promise<{ bench: Bench; execId: string }> {
    const dead = new Bench(t);
    dead.engine.script = () => ({ lasts: Infinity });
    const run = dead.run({ desired: shop });
    await settle();
    dead.abort();
    await run;
    const [execId = ''] = dead.engine.execs.keys();
    // A new process on the same engine and the same state.
    const bench = Object.assign(new Bench(t), { engine: dead.engine, state: dead.state });
    bench.engine.script = () => ({});
    return { bench, execId };
  }

  test('and still runs is awaited, not run a second time', async (t) => {
    const { bench, execId } = await cutOff(t);
    const run = bench.run({ desired: shop });
    await settle();
    bench.engine.endExec(execId, 0);
    assert.deepEqual(messages(await run), []);
    assert.deepEqual(bench.commands(), ['register']);
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] succeeded 0, attempt 1']);
  });

  test('and is awaited has taken the time since it began, not since somebody came back for it', async (t) => {
    const { bench, execId } = await cutOff(t);
    await bench.clock.advance(60_000);
    const run = bench.run({ desired: shop });
    await settle();
    await bench.clock.advance(5000);
    bench.engine.endExec(execId, 0);
    await run;
    const told = bench.events.flatMap((event) => (event.type === 'hook-rejoined' ? [event.beganAtMs] : []));
    assert.deepEqual(told, [bench.records()[0]?.beganAtMs]);
    const took = bench.events.flatMap((event) =>
      event.type === 'action-settled' && event.action.kind === 'run-hook' ? [event.durationMs] : [],
    );
    assert.deepEqual(took, [65_000]);
  });

  test('and is awaited has what is left of its deadline', async (t) => {
    const { bench } = await cutOff(t);
    await bench.clock.advance(290_000);
    const run = bench.run({ desired: shop });
    await settle();
    await bench.clock.advance(9999);
    assert.deepEqual(bench.commands(), ['register']);
    await bench.clock.advance(1);
    assert.deepEqual(messages(await run), []);
    assert.deepEqual(bench.hookRuns(), [
      'web/1:post_start[0] timed-out 137, attempt 1',
      'web/1:post_start[0] succeeded 0, attempt 1',
    ]);
  });

  test('and has succeeded since is not run again', async (t) => {
    const { bench, execId } = await cutOff(t);
    bench.engine.endExec(execId, 0);
    assert.deepEqual(messages(await bench.run({ desired: shop })), []);
    assert.deepEqual(bench.commands(), ['register']);
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] succeeded 0, attempt 1']);
  });

  test('and has failed since is run again', async (t) => {
    const { bench, execId } = await cutOff(t);
    bench.engine.endExec(execId, 2);
    assert.deepEqual(messages(await bench.run({ desired: shop })), []);
    assert.deepEqual(bench.hookRuns(), [
      'web/1:post_start[0] failed 2, attempt 1',
      'web/1:post_start[0] succeeded 0, attempt 1',
    ]);
  });

  test('and fails while it is awaited is run again', async (t) => {
    const { bench, execId } = await cutOff(t);
    const run = bench.run({ desired: shop });
    await settle();
    bench.engine.endExec(execId, 2);
    assert.deepEqual(messages(await run), []);
    assert.deepEqual(bench.commands(), ['register', 'register']);
  });

  test('and of which the engine knows nothing any more is run again', async (t) => {
    const { bench, execId } = await cutOff(t);
    bench.engine.execs.delete(execId);
    assert.deepEqual(messages(await bench.run({ desired: shop })), []);
    assert.deepEqual(bench.commands(), ['register', 'register']);
    assert.deepEqual(bench.hookRuns().slice(-1), ['web/1:post_start[0] succeeded 0, attempt 1']);
  });

  test('and was never started is run', async (t) => {
    const bench = new Bench(t);
    bench.engine.before = ({ name }) => {
      if (name === 'start-exec') throw new EngineError('unavailable', 'the connection broke');
    };
    await bench.run({ desired: shop });
    assert.deepEqual(bench.commands(), []);
    bench.engine.before = () => {};
    assert.deepEqual(messages(await bench.run({ desired: shop })), []);
    assert.deepEqual(bench.commands(), ['register']);
  });

  test('of another hook of the container is awaited before a hook begins', async (t) => {
    const stopping = shopWith({ post_start: [hook('register')], pre_stop: [hook('drain')] });
    const dead = new Bench(t);
    dead.engine.script = () => ({ lasts: Infinity });
    const run = dead.run({ desired: stopping });
    await settle();
    dead.abort();
    await run;
    const [execId = ''] = dead.engine.execs.keys();
    const bench = Object.assign(new Bench(t), { engine: dead.engine, state: dead.state });
    bench.engine.script = () => ({});
    const recreation = bench.run({ desired: stopping, policy: { forceRecreate: true } });
    await settle();
    assert.deepEqual(bench.commands(), ['register']);
    bench.engine.endExec(execId, 0);
    assert.deepEqual(messages(await recreation), []);
    assert.deepEqual(bench.commands(), ['register', 'drain', 'register']);
    assert.equal(bench.hookRuns()[0], 'web/1:post_start[0] succeeded 0, attempt 1');
  });

  test('of another hook holds a hook up no longer than its deadline', async (t) => {
    const stopping = shopWith({ post_start: [hook('register')], pre_stop: [hook('drain', { timeoutMs: 2000 })] });
    const dead = new Bench(t);
    dead.engine.canKillExecs = false;
    dead.engine.script = () => ({ lasts: Infinity });
    const run = dead.run({ desired: stopping });
    await settle();
    dead.abort();
    await run;
    const bench = Object.assign(new Bench(t), { engine: dead.engine, state: dead.state });
    bench.engine.script = () => ({});
    const recreation = bench.run({ desired: stopping, policy: { forceRecreate: true } });
    await settle();
    await bench.clock.advance(2000);
    assert.deepEqual(messages(await recreation), []);
    assert.deepEqual(bench.commands(), ['register', 'drain', 'register']);
  });

  test('of a stop that was given up is awaited, and its success does not count for the next stop', async (t) => {
    const stopping = shopWith({ pre_stop: [hook('drain')] });
    const dead = await running(t, stopping);
    dead.engine.script = () => ({ lasts: Infinity });
    const run = dead.run({ desired: stopping, policy: RESTART });
    await settle();
    dead.abort();
    await run;
    dead.state.hooks.supersedePreStop([dead.engine.get('web/1').id]);
    const bench = Object.assign(new Bench(t), { engine: dead.engine, state: dead.state });
    bench.engine.script = () => ({});
    const next = bench.run({ desired: stopping, policy: RESTART });
    await settle();
    assert.deepEqual(bench.commands(), ['drain']);
    const [execId = ''] = bench.engine.execs.keys();
    bench.engine.endExec(execId, 0);
    assert.deepEqual(messages(await next), []);
    assert.deepEqual(bench.commands(), ['drain', 'drain']);
  });
});

suite('a container that ends', () => {
  test('before its post_start has none, and what waits for that does not start', async (t) => {
    const bench = new Bench(t);
    const shop = project({
      db: { network_mode: 'none', post_start: [hook('seed')], restart: 'no' },
      web: { network_mode: 'none', depends_on: ['db'] },
    });
    bench.engine.process = ({ name }) => (name === 'shop-db-1' ? { endsAfter: 0, exitCode: 1 } : {});
    const result = await bench.run({ desired: shop });
    assert.deepEqual(outcomes(result).slice(2), [
      'db/1:post_start[0] stale',
      'web/1:create succeeded',
      'web/1:start skipped for db/1:post_start[0]',
    ]);
    assert.ok(result.stale);
    assert.deepEqual(bench.commands(), []);
  });

  test('and takes its post_start with it leaves the hook to the next start, if there is to be one', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ lasts: 2, ends: 'container-with-exec' });
    const result = await bench.run({ desired: shopWith({ post_start: [hook('register')] }) });
    assert.ok(result.stale);
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] moot, attempt 1']);
  });

  test('after its post_start failed changes nothing about that', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({ lasts: 2, exitCode: 3, ends: 'container' });
    const result = await bench.run({ desired: shopWith({ post_start: [hook('register')] }) });
    assert.deepEqual(messages(result), ['web/1: post_start hook 0 exited 3']);
  });

  test('before its pre_stop needs none', async (t) => {
    const shop = shopWith({ pre_stop: [hook('drain')] });
    const bench = await running(t, shop);
    bench.engine.before = ({ name }) => {
      if (name === 'inspect') bench.engine.kill('web/1');
    };
    const result = await bench.run({ desired: shop, policy: RESTART });
    assert.deepEqual(messages(result), []);
    assert.deepEqual(bench.commands(), []);
  });

  test('just before its pre_stop begins, and is brought back, is not stopped without one', async (t) => {
    const shop = shopWith({ pre_stop: [hook('drain')] });
    const bench = await running(t, shop);
    bench.engine.before = ({ name }) => {
      if (name !== 'start-exec') return;
      bench.engine.before = () => {};
      bench.engine.restart('web/1');
      // What the engine made for the start before goes with it.
      throw new EngineError('rejected', 'no such exec');
    };
    const result = await bench.run({ desired: shop, policy: RESTART });
    assert.equal(result.stale, true);
    assert.equal(bench.engine.get('web/1').state.status, 'running');
  });

  test('during its pre_stop has done what was asked', async (t) => {
    for (const ends of ['container', 'container-with-exec'] as const) {
      const shop = shopWith({ pre_stop: [hook('drain'), hook('leave')] });
      const bench = await running(t, shop);
      bench.engine.script = ([name]) => (name === 'drain' ? { exitCode: 143, ends, lasts: 2 } : {});
      const result = await bench.run({ desired: shop, policy: RESTART });
      assert.deepEqual(messages(result), [], ends);
      assert.deepEqual(bench.commands(), ['drain'], ends);
      assert.match(bench.hookRuns()[0] ?? '', /^web\/1:pre_stop\[0\] succeeded/);
    }
  });

  test('during a pre_stop that has no end of its own has done so too', async (t) => {
    const shop = shopWith({ pre_stop: [hook('drain', { timeoutMs: 1000 })] });
    const bench = await running(t, shop);
    bench.engine.script = () => ({ lasts: Infinity });
    const run = bench.run({ desired: shop, policy: RESTART });
    await settle();
    bench.engine.kill('web/1');
    assert.deepEqual(messages(await run), []);
  });

  test('is not one that is paused: its pre_stop is still due, and it is not stopped', async (t) => {
    const shop = shopWith({ pre_stop: [hook('drain')] });
    const bench = await running(t, shop);
    bench.engine.before = ({ name }) => {
      if (name === 'inspect') bench.engine.pause('web/1');
    };
    const result = await bench.run({ desired: shop, policy: RESTART });
    assert.ok(result.stale);
    assert.equal(bench.engine.get('web/1').state.status, 'paused');
    assert.deepEqual(bench.hookRuns(), []);
  });

  test('is not one that is paused just before its hook: that says nothing about the hook', async (t) => {
    for (const name of ['create-exec', 'start-exec']) {
      const bench = new Bench(t);
      const shop = shopWith({ post_start: [hook('register', { onFailure: 'continue' })] });
      bench.engine.before = (call) => {
        if (call.name === name) bench.engine.pause('web/1');
      };
      const result = await bench.run({ desired: shop });
      assert.deepEqual(outcomes(result).slice(-1), ['web/1:post_start[0] stale'], name);
      bench.engine.before = () => {};
      assert.deepEqual(messages(await bench.run({ desired: shop })), [], name);
      assert.deepEqual(bench.commands(), ['register'], name);
    }
  });

  test('is not one that is paused during its pre_stop', async (t) => {
    const shop = shopWith({ pre_stop: [hook('drain')] });
    const bench = await running(t, shop);
    bench.engine.script = () => ({ lasts: 2, exitCode: 1 });
    bench.engine.after = ({ name }) => {
      if (name === 'start-exec') bench.engine.pause('web/1');
    };
    const result = await bench.run({ desired: shop, policy: RESTART });
    assert.deepEqual(messages(result), [`web/1: pre_stop hook 0 exited 1${STAYS}`]);
    assert.equal(bench.engine.get('web/1').state.status, 'paused');
  });
});

suite('a pre_stop that fails', () => {
  const shop = project({
    web: { network_mode: 'none', pre_stop: [hook('drain')] },
    db: { network_mode: 'none', pre_stop: [hook('flush')] },
  });

  test('keeps its own container from being stopped, and no other', async (t) => {
    const bench = await running(t, shop);
    bench.engine.script = ([name]) => ({ exitCode: name === 'drain' ? 1 : 0 });
    const started = ['web/1', 'db/1'].map((name) => bench.engine.get(name).state.startedAt);
    const result = await bench.run({ desired: shop, policy: { restart: new Set(['web', 'db']) } });
    assert.deepEqual(messages(result), [`web/1: pre_stop hook 0 exited 1${STAYS}`]);
    const after = ['web/1', 'db/1'].map((name) => bench.engine.get(name).state.startedAt);
    assert.equal(after[0], started[0]);
    assert.notEqual(after[1], started[1]);
  });

  test('is passed over by --force, and said', async (t) => {
    const bench = await running(t, shop);
    bench.engine.script = () => ({ exitCode: 1 });
    const result = await bench.run({ desired: shop, policy: { ...RESTART, force: true } });
    assert.deepEqual(messages(result), []);
    assert.ok(
      bench.events.some(
        (event) => event.type === 'action-settled' && event.detail === 'web/1: pre_stop hook 0 exited 1 (--force)',
      ),
    );
  });
});

suite('what a hook prints of a value from outside', () => {
  const sensitiveValues = new Set(['hunter2hunter2']);
  const telling = { ...hook('tell'), environment: { TOKEN: 'hunter2hunter2' } };

  test('is *** in its lines, its record, its failure and what is recorded of that', async (t) => {
    const bench = new Bench(t);
    bench.engine.script = () => ({
      exitCode: 3,
      output: [
        ['stdout', 'with hunter2'],
        ['stdout', 'hunter2\n'],
        ['stderr', 'hunter2hunter2 is wrong'],
      ],
    });
    const result = await bench.run({ desired: shopWith({ post_start: [telling] }, { sensitiveValues }) });
    assert.deepEqual(messages(result), ['web/1: post_start hook 0 exited 3:\n*** is wrong\nwith ***']);
    const [record] = bench.records();
    assert.deepEqual(
      bench.state.hooks.output(record?.id ?? 0).map(({ text }) => text),
      ['with ***\n', '*** is wrong'],
    );
    assert.doesNotMatch(JSON.stringify(record), /hunter2/);
    const said = bench.events.flatMap((event) =>
      event.type === 'hook-output' ? [event.line] : event.type === 'hook-ended' ? [event.message] : [],
    );
    assert.deepEqual(said, ['with ***', '*** is wrong', 'exited 3:\n*** is wrong\nwith ***']);
  });

  test('is so too where the files have it no more, by what was kept for the hook', async (t) => {
    const shop = shopWith({ pre_stop: [telling] }, { sensitiveValues });
    const bench = await running(t, shop);
    bench.engine.script = () => ({ exitCode: 3, output: [['stderr', 'hunter2hunter2\n']] });
    const result = await bench.run({ desired: shopWith({ pre_stop: [hook('other')] }) });
    assert.match(messages(result).join(), /^web\/1: pre_stop hook 0 exited 3, so it stays \(.*\):\n\*\*\*$/);
  });

  test('is so in the words in which the engine refuses it', async (t) => {
    const bench = new Bench(t);
    bench.engine.before = ({ name }) => {
      if (name === 'start-exec') throw new EngineError('rejected', 'exec: "hunter2hunter2": not found');
    };
    const result = await bench.run({ desired: shopWith({ post_start: [telling] }, { sensitiveValues }) });
    assert.match(messages(result).join(), /refused by the engine: exec: "\*\*\*": not found/);
  });
});

suite('values that must not travel in a label', () => {
  const secret = { ...hook('register'), environment: { TOKEN: 'hunter2', PLAIN: 'yes', EMPTY: null } };
  const shop = shopWith({ post_start: [secret] }, { sensitiveValues: new Set(['hunter2']) });
  const environments = (bench: Bench): unknown[] =>
    [...bench.engine.execs.values()].map(({ request }) => request.environment);

  test('are kept in the state, and are there when the hook runs', async (t) => {
    const bench = new Bench(t);
    await bench.run({ desired: shop });
    assert.ok(!JSON.stringify(bench.engine.get('web/1').labels).includes('hunter2'));
    assert.deepEqual(environments(bench), [['TOKEN=hunter2', 'PLAIN=yes', 'EMPTY']]);
  });

  test('come from the state when the files do not have the hook any more', async (t) => {
    const bench = new Bench(t);
    await bench.run({ desired: shop });
    bench.engine.kill('web/1');
    const edited = { ...shop, services: shopWith({ post_start: [hook('other')] }).services };
    await bench.run({ desired: edited, policy: { existingOnly: true } });
    assert.deepEqual(environments(bench).at(-1), ['TOKEN=hunter2', 'PLAIN=yes', 'EMPTY']);
  });

  test('that are lost are a refusal that names them', async (t) => {
    const first = new Bench(t);
    await first.run({ desired: shop });
    first.engine.kill('web/1');
    const bench = Object.assign(new Bench(t), { engine: first.engine });
    const edited = { ...shop, services: shopWith({ post_start: [hook('other')] }).services };
    const result = await bench.run({ desired: edited, policy: { existingOnly: true } });
    assert.match(messages(result)[0] ?? '', /^web\/1: post_start hook 0 cannot be run: the value of TOKEN was kept/);
    assert.deepEqual(bench.hookRuns(), ['web/1:post_start[0] refused, attempt 1']);
    assert.ok(!JSON.stringify(bench.records()).includes('hunter2'));
  });

  test('are from the files when they are lost from the state', async (t) => {
    const first = new Bench(t);
    await first.run({ desired: shop });
    first.engine.kill('web/1');
    const bench = Object.assign(new Bench(t), { engine: first.engine });
    assert.deepEqual(messages(await bench.run({ desired: shop })), []);
    assert.deepEqual(environments(bench).at(-1), ['TOKEN=hunter2', 'PLAIN=yes', 'EMPTY']);
  });
});
