import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { redactor } from '../../../src/execute/redactor.ts';

function through(values: readonly string[], chunks: readonly string[]): string {
  const one = redactor(values);
  return chunks.map((chunk) => one.push(chunk)).join('') + one.end();
}

suite('a text that may hold values from outside', () => {
  test('has *** in their places, wherever it is cut', () => {
    const text = 'TOKEN=hunter2hunter2;hunter2hunter\nhunter2hunter2';
    const expected = 'TOKEN=***;hunter2hunter\n***';
    for (let at = 0; at <= text.length; at += 1) {
      assert.equal(through(['hunter2hunter2'], [text.slice(0, at), text.slice(at)]), expected);
    }
    assert.equal(through(['hunter2hunter2'], text.split('')), expected);
  });

  test('keeps nothing back that can be the beginning of none', () => {
    const one = redactor(['secret']);
    assert.equal(one.push('a line\nse'), 'a line\n');
    assert.equal(one.push('a'), 'sea');
    assert.equal(one.push('sec'), '');
    assert.equal(one.end(), 'sec');
  });

  test('of a value of several lines hides each', () => {
    const key = '-----BEGIN KEY-----\nMIIEpAIBAAKC\nx\n-----END KEY-----\n';
    assert.equal(through([key], [`  ${key.replaceAll('\n', '\n  ')}`]), '  ***\n  ***\n  x\n  ***\n  ');
  });

  test('takes the longest of two that begin alike', () => {
    assert.equal(through(['pass', 'password'], ['password pass']), '*** ***');
  });

  test('shows what is too short to be told from other text', () => {
    assert.equal(through(['1', '', '80'], ['port 80, 1 try']), 'port 80, 1 try');
  });
});
