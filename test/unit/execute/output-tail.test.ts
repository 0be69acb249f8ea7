import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { OutputTail } from '../../../src/execute/output-tail.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function numbered(name: string, count: number): string {
  return Array.from({ length: count }, (_, index) => `${name}${index + 1}\n`).join('');
}

suite('the tail of an output', () => {
  test('is the last ten lines, stderr first', () => {
    const output = new OutputTail();
    output.write('stdout', bytes(numbered('out', 30)));
    output.write('stderr', bytes(numbered('err', 3)));
    assert.deepEqual(output.tail(), ['err1', 'err2', 'err3', ...[24, 25, 26, 27, 28, 29, 30].map((n) => `out${n}`)]);
    output.write('stderr', bytes(numbered('late', 30)));
    assert.deepEqual(
      output.tail(),
      Array.from({ length: 10 }, (_, index) => `late${index + 21}`),
    );
  });

  test('has the line that no newline ends once the output has ended', () => {
    const lines: string[] = [];
    const output = new OutputTail({ onLine: (_stream, line) => lines.push(line) });
    output.write('stdout', bytes('one\r\ntwo'));
    assert.deepEqual(output.tail(), ['one']);
    output.end();
    output.end();
    assert.deepEqual(output.tail(), ['one', 'two']);
    assert.deepEqual(lines, ['one', 'two']);
  });

  test('keeps characters whole that two chunks share, each stream for itself', () => {
    const texts: string[] = [];
    const output = new OutputTail({ onText: (_stream, text) => texts.push(text) });
    const [euro, kiss] = [bytes('€'), bytes('💋')];
    output.write('stdout', euro.subarray(0, 1));
    output.write('stderr', kiss.subarray(0, 3));
    assert.deepEqual(texts, []);
    output.write('stdout', euro.subarray(1));
    output.write('stderr', kiss.subarray(3));
    assert.deepEqual(texts, ['€', '💋']);
    output.end();
    assert.deepEqual(output.tail(), ['💋', '€']);
  });

  test('cuts a line without end into pieces of bounded length', () => {
    const lengths: number[] = [];
    const output = new OutputTail({ onLine: (_stream, line) => lengths.push(line.length) });
    for (let written = 0; written < 100; written += 1) output.write('stdout', bytes('x'.repeat(1000)));
    output.end();
    assert.ok(Math.max(...lengths) <= 4096);
    assert.equal(
      lengths.reduce((sum, length) => sum + length, 0),
      100_000,
    );
    assert.equal(output.tail().length, 10);
  });

  test('a long line that does end is cut too, and none of it is lost', () => {
    const lines: string[] = [];
    const output = new OutputTail({ onLine: (_stream, line) => lines.push(line) });
    output.write('stdout', bytes(`${'y'.repeat(10_000)}\nshort\n`));
    assert.ok(lines.every((line) => line.length <= 4096));
    assert.equal(lines.join('').length, 10_005);
    assert.equal(lines.at(-1), 'short');
  });

  test('what is hidden is hidden in lines, texts and tail, and what was held back comes at the end', () => {
    const [lines, texts]: [string[], string[]] = [[], []];
    const output = new OutputTail({
      hidden: ['secret'],
      onLine: (_stream, line) => lines.push(line),
      onText: (_stream, text) => texts.push(text),
    });
    output.write('stdout', bytes('a sec'));
    output.write('stderr', bytes('sec'));
    output.write('stdout', bytes('ret\nsec'));
    output.end();
    output.end();
    assert.deepEqual(texts, ['a ', '***\n', 'sec', 'sec']);
    assert.deepEqual(lines, ['a ***', 'sec', 'sec']);
    assert.deepEqual(output.tail(), ['sec', 'a ***', 'sec']);
  });

  test('what is not UTF-8 does no harm', () => {
    const output = new OutputTail();
    output.write('stdout', Uint8Array.from([0xff, 0xfe, 0x0a, 0x00, 0x80]));
    output.end();
    assert.deepEqual(output.tail(), ['\ufffd\ufffd', '\u0000\ufffd']);
  });
});
