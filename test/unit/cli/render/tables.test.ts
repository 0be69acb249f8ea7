import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { showAll } from '../../../../src/cli/render/action.ts';
import { renderHistory } from '../../../../src/cli/render/history.ts';
import { outputLines } from '../../../../src/cli/render/hook-output.ts';
import { renderLedger } from '../../../../src/cli/render/ledger.ts';
import { coloured, plain } from '../../../../src/cli/render/style.ts';
import { renderTable } from '../../../../src/cli/render/table.ts';
import type { HookRecord } from '../../../../src/model/hook.ts';

const now = Date.UTC(2026, 0, 1);

const record: HookRecord = {
  id: 1,
  project: 'shop',
  service: 'web',
  replica: 2,
  containerId: 'c',
  startedAt: 's',
  phase: 'pre_stop',
  index: 1,
  digest: 'd',
  command: ['sh', '-c', 'echo "hi\nthere"'],
  cause: 'config changed',
  attempt: 1,
  outcome: 'failed',
  exitCode: 3,
  beganAtMs: now - 61_000,
  durationMs: 2100,
};

const look = { mask: showAll, nowMs: now, atWork: false };

suite('tables', () => {
  test('columns are aligned by the columns that characters take', () => {
    const table = renderTable(
      ['A', 'B'],
      [
        ['日本', '1'],
        ['a\tb', '2'],
      ],
    );
    assert.equal(table, 'A     B\n日本  1\na b   2');
  });

  test('columns are aligned by what is seen, not by colour codes', () => {
    const paint = (text: string): string => coloured('bad', text);
    const table = renderTable(
      ['A', 'B'],
      [
        [{ text: 'x', paint }, '1'],
        ['yyy', '2'],
      ],
    );
    assert.equal(table, `A    B\n${paint('x')}    1\nyyy  2`);
  });

  test('the ledger says when, which hook, how it ended and why it ran', () => {
    const [header, line] = renderLedger([record], look, plain).split('\n');
    assert.match(header ?? '', /^WHEN +REPLICA +HOOK +OUTCOME +EXIT +TOOK +TRY +CAUSE +COMMAND$/);
    assert.match(
      line ?? '',
      /^1 min ago +web-2 +pre_stop\[1\] +failed +3 +2\.1 s +1 +config changed +sh -c 'echo "hi␤there"'$/,
    );
  });

  test('a record that was made good by a retry says so', () => {
    assert.match(renderLedger([{ ...record, superseded: true }], look, plain), /failed \(retried\)/);
  });

  test('a run without an end is running while a reeve works on the project, and else not known', () => {
    const { durationMs: _took, exitCode: _code, ...begun } = record;
    const open = { ...begun, outcome: 'intended', deadlineMs: 300_000 } as const;
    assert.match(renderLedger([open], { ...look, atWork: true }, plain), /running +- +1 min 1 s of at most 5 min/);
    assert.match(renderLedger([open], look, plain), /not known +- +- /);
  });

  test('history shows one line an action, the first line of its message', () => {
    const entry = {
      project: 'shop',
      atMs: now - 5000,
      reconcileId: 'r',
      action: 'web/1:start',
      cause: 'absent',
      outcome: 'failed',
      message: 'no such image\nmore',
      durationMs: 12,
    } as const;
    const [, line] = renderHistory([entry], { nowMs: now, namesProject: true }, plain).split('\n');
    assert.match(line ?? '', /^5 s ago +shop +web\/1:start +failed +12 ms +absent +no such image$/);
  });

  test('recorded output comes out as whole lines, each stream its own', () => {
    const chunks = [
      { stream: 'stdout', text: 'a' },
      { stream: 'stderr', text: 'x\n' },
      { stream: 'stdout', text: 'b\nc' },
    ] as const;
    assert.deepEqual(outputLines(chunks), [
      { stream: 'stderr', line: 'x' },
      { stream: 'stdout', line: 'ab' },
      { stream: 'stdout', line: 'c' },
    ]);
  });
});
