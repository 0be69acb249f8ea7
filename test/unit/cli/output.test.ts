import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import { Output } from '../../../src/cli/output.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

function setUp({ json = false } = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const streams = { stdout: stdout as unknown as NodeJS.WriteStream, stderr: stderr as unknown as NodeJS.WriteStream };
  const flags = { json, 'log-level': 'warn', 'no-color': false } as const;
  return { output: new Output(flags, streams, new VirtualClock()), stdout, stderr };
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

suite('output', () => {
  test('a reader that went away is no failure: the rest is dropped, and who wants to know is told', () => {
    const { output, stdout } = setUp();
    let told = 0;
    output.onReaderGone(() => (told += 1));
    output.result('one');
    stdout.emit('error', failure('EPIPE'));
    output.result('two');
    assert.equal(String(stdout.read()), 'one\n');
    assert.equal(told, 1);
  });

  test('a reader of stderr that went away does not end what stdout is for', () => {
    const { output, stdout, stderr } = setUp();
    output.onReaderGone(() => assert.fail('stdout is read'));
    stderr.emit('error', failure('EPIPE'));
    output.error('lost');
    output.result('kept');
    assert.equal(String(stdout.read()), 'kept\n');
  });

  test('a full disk ends nothing: what is lost is said once, on the other stream, and what comes later is tried again', () => {
    const { output, stdout, stderr } = setUp();
    output.onReaderGone(() => assert.fail('somebody reads'));
    assert.equal(output.isTorn, false);
    stdout.emit('error', failure('ENOSPC'));
    stdout.emit('error', failure('ERR_STREAM_DESTROYED'));
    stdout.emit('error', failure('ENOSPC'));
    output.result('later');
    assert.equal(output.isTorn, true);
    assert.equal(output.muted().isTorn, true);
    assert.equal(String(stderr.read()), 'reeve: what goes to standard output is not whole: ENOSPC\n');
    assert.equal(String(stdout.read()), 'later\n');
  });

  test('what stderr loses is told to the reader of --json; other results stay as they are', () => {
    const plain = setUp();
    plain.stderr.emit('error', failure('ENOSPC'));
    assert.deepEqual([plain.output.isTorn, plain.stdout.read()], [true, null]);
    const json = setUp({ json: true });
    json.stderr.emit('error', failure('ENOSPC'));
    assert.deepEqual(JSON.parse(String(json.stdout.read())), {
      type: 'error',
      exitCode: 1,
      message: 'what goes to standard error is not whole: ENOSPC',
    });
  });

  test('levels choose what stderr gets; results and errors always come', () => {
    const { output, stdout, stderr } = setUp();
    output.note('note');
    output.warn('warning');
    output.error('error');
    output.result('result');
    assert.equal(String(stderr.read()), 'warning: warning\nreeve: error\n');
    assert.equal(String(stdout.read()), 'result\n');
  });

  test('in JSON what a terminal would act on is spelled', () => {
    const { output, stdout } = setUp();
    output.object({ line: 'a\u009b31m\u007f\u202eb' });
    assert.equal(String(stdout.read()), '{"line":"a\\u009b31m\\u007f\\u202eb"}\n');
  });

  test('what comes from outside cannot act on the terminal', () => {
    const { output, stderr } = setUp();
    output.error('x\u001b]0;evil\u0007\nsecond\u202eline');
    assert.equal(String(stderr.read()), 'reeve: x\nsecond<U+202E>line\n');
  });
});
