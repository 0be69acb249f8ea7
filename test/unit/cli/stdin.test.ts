import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import { Interrupted } from '../../../src/cli/exit.ts';
import { onlyOnce, readStdin } from '../../../src/cli/stdin.ts';

suite('standard input', () => {
  test('is read to its end, as bytes', async () => {
    const stream = new PassThrough();
    const read = readStdin(stream, new AbortController().signal);
    stream.write(Buffer.from([0xef, 0xbb]));
    stream.end(Buffer.from([0xbf, 0xff]));
    assert.deepEqual([...(await read)], [0xef, 0xbb, 0xbf, 0xff]);
  });

  test('an interrupt ends the waiting for somebody who writes nothing', async () => {
    const interrupt = new AbortController();
    const read = readStdin(new PassThrough(), interrupt.signal);
    interrupt.abort(new Interrupted('interrupted'));
    await assert.rejects(read, Interrupted);
  });

  test('what cannot be a Compose file is not gathered for ever', async () => {
    const stream = new PassThrough();
    const read = readStdin(stream, new AbortController().signal);
    const refused = assert.rejects(read, /too large for a Compose file/);
    for (let sent = 0; sent < 65; sent += 1) stream.write(Buffer.alloc(1024 * 1024));
    await refused;
  });

  test('is read once, however often it is asked for', async () => {
    let times = 0;
    const read = onlyOnce(() => Promise.resolve((times += 1)));
    assert.deepEqual([await read(), await read()], [1, 1]);
  });
});
