import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CommandFailed, exitCodeOf, failureText, Interrupted, InvalidFiles } from '../../../src/cli/exit.ts';
import { EngineError, StateError, TerminalError, UsageError } from '../../../src/model/errors.ts';

suite('exit codes', () => {
  const cases: readonly (readonly [string, unknown, number])[] = [
    ['wrong usage', new UsageError('x'), 2],
    ['an invalid file', new InvalidFiles([]), 3],
    ['an engine that cannot be reached', new EngineError('unavailable', 'x'), 4],
    ['an engine that does not answer in time', new EngineError('timeout', 'x'), 4],
    ['an interrupt', new Interrupted('x'), 130],
    ['a refusal of the engine', new EngineError('rejected', 'x'), 1],
    ['a state that cannot be kept', new StateError('full', 'x'), 1],
    ['a failure that repeating cannot mend', new TerminalError('x'), 1],
    ['a bug', new TypeError('x'), 1],
  ];
  for (const [what, error, code] of cases) test(`${what} is ${code}`, () => assert.equal(exitCodeOf(error), code));

  test('an expected failure is its message alone, with the stack at level debug', () => {
    assert.equal(failureText(new CommandFailed('no room'), false), 'no room');
    assert.match(failureText(new CommandFailed('no room'), true), /no room\n.*\n\s+at /);
  });

  test('a bug asks to be reported, and shows no stack unless it is asked for', () => {
    assert.match(
      failureText(new TypeError('x is not a function'), false),
      /^this is a bug in reeve, please report it .*x is not a function$/,
    );
    assert.match(failureText(new TypeError('x'), true), /\n\s+at /);
  });
});
