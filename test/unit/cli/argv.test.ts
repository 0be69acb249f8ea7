import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { findCommandWords } from '../../../src/cli/argv.ts';

const flags = [
  { name: 'file', char: 'f', takesValue: true },
  { name: 'project-name', char: 'p', takesValue: true },
  { name: 'json', takesValue: false },
];
const commands = new Set(['apply', 'hooks', 'hooks:logs']);

function find(line: string) {
  return findCommandWords(line.split(' '), flags, (id) => commands.has(id));
}

suite('words of a command line', () => {
  const same: readonly (readonly [string, string, string])[] = [
    ['apply web', 'apply', 'web'],
    ['-f x.yaml -p shop apply web', 'apply', '-f x.yaml -p shop web'],
    ['--file=x.yaml --json apply', 'apply', '--file=x.yaml --json'],
    ['-fx.yaml apply', 'apply', '-fx.yaml'],
    ['-f apply apply', 'apply', '-f apply'],
    ['-f - apply', 'apply', '-f -'],
    ['apply -f x.yaml --wait web', 'apply', '-f x.yaml --wait web'],
    ['hooks logs web', 'hooks:logs', 'web'],
    ['-p shop hooks -f x.yaml logs web', 'hooks:logs', '-p shop -f x.yaml web'],
    ['hooks web', 'hooks', 'web'],
    ['hooks --limit 3 logs', 'hooks', '--limit 3 logs'],
    ['hooks -- logs', 'hooks', '-- logs'],
    ['apply hooks', 'apply', 'hooks'],
  ];
  for (const [line, id, words] of same) {
    test(`reeve ${line} is ${id}`, () => {
      assert.deepEqual(find(line), { kind: 'command', id, words: words === '' ? [] : words.split(' ') });
    });
  }

  test('a command that is not known is named', () => {
    assert.deepEqual(find('-p shop aply web'), { kind: 'unknown-command', word: 'aply' });
  });

  test("a command's own flag cannot stand before it", () => {
    assert.deepEqual(find('--wait=1 apply'), { kind: 'unknown-flag', flag: '--wait' });
    assert.deepEqual(find('-V apply'), { kind: 'unknown-flag', flag: '-V' });
  });

  test('flags alone name no command', () => {
    assert.deepEqual(find('-p shop --json'), { kind: 'none' });
  });
});
