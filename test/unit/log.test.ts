import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, silentLog } from '../../src/log.ts';
import type { Log, LogOptions } from '../../src/log.ts';

const head = '2026-01-02T03:04:05.678Z';

function logged(options: Partial<LogOptions>, use: (log: Log) => void): string[] {
  const lines: string[] = [];
  const log = createLog({
    level: 'info',
    format: 'text',
    write: (line) => lines.push(line),
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    ...options,
  });
  use(log);
  return lines;
}

test('a line of text has the time, the level, the message and the fields', () => {
  const lines = logged({}, (log) => {
    log.info('action finished', { project: 'shop', action: 'web/1:start', durationMs: 12, ok: true });
    log.error('hook failed', { message: 'exited 3', tail: 'a "b"=c', empty: '', list: ['x'] });
  });
  assert.deepEqual(lines, [
    `${head} INFO  action finished project=shop action=web/1:start durationMs=12 ok=true\n`,
    `${head} ERROR hook failed message="exited 3" tail="a \\"b\\"=c" empty="" list=["x"]\n`,
  ]);
});

test('a line of JSON has the same, and a field cannot take the place of the time, level or message', () => {
  const [line = ''] = logged({ format: 'json' }, (log) =>
    log.warn('lease waited for', { project: 'shop', holder: { pid: 7 }, level: 'x', missing: undefined }),
  );
  assert.equal(
    line,
    `{"time":"${head}","level":"warn","message":"lease waited for","project":"shop","holder":{"pid":7}}\n`,
  );
});

test('what is less important than the level is not written', () => {
  const speak = (log: Log): void => {
    for (const say of [log.error, log.warn, log.info, log.debug]) say('x');
  };
  assert.equal(logged({ level: 'error' }, speak).length, 1);
  assert.equal(logged({ level: 'warn' }, speak).length, 2);
  assert.equal(logged({ level: 'debug' }, speak).length, 4);
  assert.equal(logged({ level: 'silent' }, speak).length, 0);
  speak(silentLog);
  logged({ level: 'warn' }, (log) => {
    assert.ok(log.isSaid('error') && log.isSaid('warn') && !log.isSaid('info'));
    assert.ok(!silentLog.isSaid('error'));
  });
});

test('the lines of a child have its fields, those of its parent do not', () => {
  const lines = logged({}, (log) => {
    const child = log.child({ reconcileId: 'r1', project: 'shop' }).child({ action: 'web/1:start' });
    child.info('began');
    child.info('ended', { project: 'other' });
    log.info('idle');
  });
  assert.deepEqual(lines, [
    `${head} INFO  began reconcileId=r1 project=shop action=web/1:start\n`,
    `${head} INFO  ended reconcileId=r1 project=other action=web/1:start\n`,
    `${head} INFO  idle\n`,
  ]);
});

test('an error is printed with its causes and its parts, without repeating what it says itself', () => {
  const refused = new Error('connect ECONNREFUSED');
  const cases: readonly (readonly [Error, string])[] = [
    [new Error('engine unreachable', { cause: refused }), 'engine unreachable: connect ECONNREFUSED'],
    [new Error('no engine (connect ECONNREFUSED)', { cause: refused }), 'no engine (connect ECONNREFUSED)'],
    [new AggregateError([new Error('no web'), new Error('no db')], '2 failures'), '2 failures: no web: no db'],
    [new TypeError(''), 'TypeError'],
  ];
  for (const [error, text] of cases) {
    assert.deepEqual(
      logged({}, (log) => log.error('failed', { error })),
      [`${head} ERROR failed error=${JSON.stringify(text)}\n`.replace(/"(\w+)"/, '$1')],
    );
  }
});

for (const format of ['text', 'json'] as const) {
  test(`nothing that is logged as ${format} breaks the line, the terminal or the one who logs`, () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const lines = logged({ format }, (log) =>
      log.info('odd\n\u001b[31m\u009b1mvalues', {
        text: 'a\r\nb\u001b]0;title\u0007\u202eevil\u2028\u0085',
        cyclic,
        big: 12n,
        nested: { big: 1n, error: new Error('inner') },
        fn: () => 1,
        symbol: Symbol('s'),
        hostile: {
          toJSON() {
            throw new Error('no');
          },
        },
        ['__proto__']: 'p',
        nan: Number.NaN,
      }),
    );
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^[^\p{Cc}\u2028\u2029\u202a-\u202e]*\n$/u);
    assert.match(lines[0] ?? '', /inner/);
  });
}

test('a value without end is cut', () => {
  const [line = ''] = logged({}, (log) => log.info('long', { text: 'x'.repeat(1e6), list: Array(1e5).fill('y') }));
  assert.ok(line.length < 15_000, `${line.length} characters`);
});
