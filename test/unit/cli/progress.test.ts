import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import { Output } from '../../../src/cli/output.ts';
import { Progress } from '../../../src/cli/progress.ts';
import { maskOf } from '../../../src/cli/render/action.ts';
import type { ReconcileEvent } from '../../../src/controller/reconciler.ts';
import type { Action } from '../../../src/plan/plan.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { hook, start } from './actions.ts';

function setUp(flags: { json?: boolean; logLevel?: 'error' | 'info' | 'debug' } = {}) {
  const clock = new VirtualClock();
  const [stdout, stderr] = [stream(), stream()];
  const level = flags.logLevel ?? 'info';
  const output = new Output(
    { json: flags.json ?? false, 'log-level': level, 'no-color': false },
    { stdout, stderr },
    clock,
  );
  const progress = new Progress({ output, clock });
  const text = (from: NodeJS.WriteStream): string => String((from as unknown as PassThrough).read() ?? '');
  return { progress, stdout: () => text(stdout), stderr: () => text(stderr) };
}

/** A stream that is no terminal. */
function stream(): NodeJS.WriteStream {
  return new PassThrough() as unknown as NodeJS.WriteStream;
}

function settled(
  action: Action,
  outcome: Extract<ReconcileEvent, { type: 'action-settled' }>['outcome'],
  detail?: string,
): ReconcileEvent {
  return {
    type: 'action-settled',
    project: 'shop',
    action,
    outcome,
    durationMs: 1234,
    ...(detail !== undefined && { detail }),
  };
}

suite('progress in a pipe', () => {
  test('is one line an action, on stderr', () => {
    const { progress, stdout, stderr } = setUp();
    progress.emit({ type: 'action-started', project: 'shop', action: start() });
    progress.emit(settled(start(), { kind: 'succeeded' }));
    assert.equal(stderr(), 'ok      web/1            start container  1.2 s\n');
    assert.equal(stdout(), '');
  });

  test('a failure says why without saying its subject twice', () => {
    const { progress, stderr } = setUp();
    const message = 'web/1: post_start hook 0 exited 3:\nlast words';
    progress.emit(settled(hook(['false']), { kind: 'failed', message, error: undefined, retryable: true }));
    assert.equal(stderr(), 'failed  web/1            run post_start[0] false  post_start hook 0 exited 3\n');
  });

  test('a skipped action names what it waited for', () => {
    const { progress, stderr } = setUp();
    progress.emit(settled(start(), { kind: 'skipped', because: 'db/1@4f2a91:stop' }));
    assert.equal(stderr(), 'skipped web/1            start container  db/1:stop did not succeed\n');
  });

  test('hook output comes line by line, with who said it, and cannot act on the terminal', () => {
    const { progress, stderr } = setUp();
    progress.emit({
      type: 'hook-output',
      project: 'shop',
      action: hook(['x']),
      stream: 'stdout',
      line: '\u001b[2Jhi\u202e',
    });
    assert.equal(stderr(), 'web-1 post_start[0] | hi<U+202E>\n');
  });

  test('of several projects each line says which', () => {
    const { progress, stderr } = setUp();
    progress.start({ namesProject: true });
    progress.emit(settled(start(), { kind: 'succeeded' }));
    progress.emit({ type: 'hook-output', project: 'shop', action: hook(['x']), stream: 'stdout', line: 'hi' });
    assert.equal(stderr(), 'ok      shop web/1       start container  1.2 s\nshop/web-1 post_start[0] | hi\n');
  });

  test('what a builder says is left out, but for programs', () => {
    const { progress, stderr } = setUp();
    progress.emit({ type: 'build-output', project: 'shop', action: start(), line: 'Step 1/2' });
    assert.equal(stderr(), '');
    const asJson = setUp({ json: true });
    asJson.progress.emit({ type: 'build-output', project: 'shop', action: start(), line: 'Step 1/2' });
    assert.equal((JSON.parse(asJson.stdout()) as { line: string }).line, 'Step 1/2');
  });

  test('an attempt that is followed by another is said', () => {
    const { progress, stderr } = setUp();
    const action = hook(['x'], { retries: 2 });
    const ended = {
      type: 'hook-ended',
      project: 'shop',
      action,
      outcome: 'failed',
      message: 'exited 1:\ntail',
    } as const;
    progress.emit({ ...ended, attempt: 1 });
    progress.emit({ ...ended, attempt: 3 });
    assert.equal(stderr(), 'again   web/1            attempt 1 of 3 exited 1\n');
  });

  test('who is waited for is said, and for how long that works already', () => {
    const { progress, stderr } = setUp();
    const holder = { pid: 7, command: 'watch', sinceMs: Date.UTC(2026, 0, 1) - 72_000 };
    progress.emit({ type: 'lease-wait', project: 'shop', ...holder });
    assert.equal(
      stderr(),
      'shop: waiting for reeve watch (process 7), which works on this project, for 1 min 12 s by now\n',
    );
  });

  test('a command with a value from outside the files is masked', () => {
    const { progress, stderr } = setUp();
    progress.maskProject('shop', maskOf(['hunter2']));
    progress.emit(settled(hook(['login', 'hunter2']), { kind: 'succeeded' }));
    assert.match(stderr(), /login '?\*\*\*/);
  });

  test('says nothing at level error', () => {
    const { progress, stderr } = setUp({ logLevel: 'error' });
    progress.emit(settled(start(), { kind: 'succeeded' }));
    assert.equal(stderr(), '');
  });
});

suite('progress as JSON', () => {
  test('is one object a line on stdout, and nothing on stderr', () => {
    const { progress, stdout, stderr } = setUp({ json: true });
    progress.emit(settled(start(), { kind: 'succeeded' }));
    progress.emit({
      type: 'lease-wait',
      project: 'shop',
      pid: 7,
      command: 'watch',
      sinceMs: Date.UTC(2026, 0, 1) - 72_000,
    });
    const lines = stdout()
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const at = '2026-01-01T00:00:00.000Z';
    assert.deepEqual(lines, [
      {
        type: 'action-settled',
        at,
        project: 'shop',
        action: 'web/1:start',
        kind: 'start-container',
        service: 'web',
        replica: 1,
        container: 'shop-web-1',
        text: 'start container',
        cause: 'absent',
        outcome: 'succeeded',
        durationMs: 1234,
      },
      { type: 'lease-wait', at, project: 'shop', pid: 7, command: 'watch', since: '2025-12-31T23:58:48.000Z' },
    ]);
    assert.equal(stderr(), '');
  });

  test('never holds environment values of a hook', () => {
    const { progress, stdout } = setUp({ json: true });
    const action = hook(['x']);
    assert.ok(action.kind === 'run-hook');
    const withValues = { ...action, hook: { ...action.hook, environment: { TOKEN: 'hunter2' } } };
    progress.emit({ type: 'action-started', project: 'shop', action: withValues });
    progress.emit({
      type: 'plan',
      project: 'shop',
      plan: { project: 'shop', actions: [withValues], problems: [], deferrals: [], notes: [], abandonedStops: [] },
    });
    assert.doesNotMatch(stdout(), /hunter2|TOKEN/);
  });
});
