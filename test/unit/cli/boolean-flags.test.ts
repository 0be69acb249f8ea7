import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { withPlainBooleans } from '../../../src/cli/boolean-flags.ts';

const flags = {
  volumes: { type: 'boolean', char: 'v' },
  wait: { type: 'boolean' },
  file: { type: 'option', char: 'f' },
  timeout: { type: 'option', char: 't' },
} as const;

function plain(line: string): string {
  return withPlainBooleans(line.split(' '), flags).join(' ');
}

suite('flags that take no value', () => {
  const same: readonly (readonly [line: string, plain: string])[] = [
    ['web --volumes', 'web --volumes'],
    ['--volumes=true web', '--volumes web'],
    ['--volumes=1', '--volumes'],
    ['--volumes=false web', 'web'],
    ['--volumes=F web', 'web'],
    ['--volumes --volumes=false', ''],
    ['-v --volumes=false', ''],
    ['--volumes=false --volumes', '--volumes'],
    ['--file=true', '--file=true'],
    ['--unknown=true', '--unknown=true'],
    ['--file --wait=false', '--file --wait=false'],
    ['-f --wait=false', '-f --wait=false'],
    ['-vf --wait=false', '-vf --wait=false'],
    ['-fx --wait=false', '-fx'],
    ['-v --wait=false', '-v'],
    ['-- --wait=false', '-- --wait=false'],
  ];
  for (const [line, meant] of same)
    test(`${line} is ${meant === '' ? 'nothing' : meant}`, () => assert.equal(plain(line), meant));

  test('another value is refused by the name of the flag', () => {
    for (const value of ['web', 'no', '', 'FALSE '])
      assert.throws(() => withPlainBooleans([`--wait=${value}`], flags), /--wait takes no value but true or false/);
  });
});
