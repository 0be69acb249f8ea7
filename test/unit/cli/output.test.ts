import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import { Output } from '../../../src/cli/output.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

function setUp() {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const streams = { stdout: stdout as unknown as NodeJS.WriteStream, stderr: stderr as unknown as NodeJS.WriteStream };
  const flags = { json: false, 'log-level': 'warn', 'no-color': false } as const;
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

  test('another failure of the stream is not hidden', () => {
    const { stdout } = setUp();
    assert.throws(() => stdout.emit('error', failure('ENOSPC')), /ENOSPC/);
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

  test('what comes from outside cannot act on the terminal', () => {
    const { output, stderr } = setUp();
    output.error('x\u001b]0;evil\u0007\nsecond\u202eline');
    assert.equal(String(stderr.read()), 'reeve: x\nsecond<U+202E>line\n');
  });
});
