import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Demultiplexer } from '../../../src/engine/demux.ts';

function frame(stream: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

function demultiplex(chunks: readonly Buffer[]): { stdout: string; stderr: string; order: string } {
  const heard = { stdout: '', stderr: '', order: '' };
  const demultiplexer = new Demultiplexer((stream, chunk) => {
    heard[stream] += Buffer.from(chunk).toString('utf8');
    heard.order += stream === 'stdout' ? 'o' : 'e';
  });
  for (const chunk of chunks) demultiplexer.push(chunk);
  demultiplexer.end();
  return heard;
}

describe('multiplexed output', () => {
  const whole = Buffer.concat([
    frame(1, 'one\n'),
    frame(2, 'two\n'),
    frame(1, ''),
    frame(0, 'three'),
    frame(1, 'four'),
  ]);
  const expected = { stdout: 'one\nthreefour', stderr: 'two\n' };

  it('frames are told apart in order', () => {
    const { stdout, stderr, order } = demultiplex([whole]);
    assert.deepEqual({ stdout, stderr }, expected);
    assert.equal(order, 'oeoo');
  });

  it('a frame torn anywhere gives the same output', () => {
    for (let cut = 0; cut <= whole.length; cut++) {
      const { stdout, stderr } = demultiplex([whole.subarray(0, cut), whole.subarray(cut)]);
      assert.deepEqual({ stdout, stderr }, expected, `torn at ${cut}`);
    }
    const bytes = Array.from({ length: whole.length }, (_, index) => whole.subarray(index, index + 1));
    const { stdout, stderr } = demultiplex(bytes);
    assert.deepEqual({ stdout, stderr }, expected);
  });

  it('a payload is handed on before its frame is complete', () => {
    const heard: string[] = [];
    const demultiplexer = new Demultiplexer((_, chunk) => heard.push(Buffer.from(chunk).toString()));
    demultiplexer.push(frame(1, 'begin and end').subarray(0, 13));
    assert.deepEqual(heard, ['begin']);
  });

  it('what is not multiplexed at all is stdout', () => {
    assert.deepEqual(demultiplex([Buffer.from('plain text, then more')]).stdout, 'plain text, then more');
    assert.deepEqual(demultiplex([Buffer.from('ab')]).stdout, 'ab');
  });
});
