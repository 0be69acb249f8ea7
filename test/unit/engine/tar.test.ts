import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { tarOf } from '../../../src/engine/tar.ts';
import { isEngineError } from '../../../src/model/errors.ts';

function file(path: string, text: string) {
  return { path, bytes: Buffer.from(text), mode: 0o640, uid: 1000, gid: 2000 };
}

describe('the archive of copied files', () => {
  it('is one that tar reads, with mode, owner and time', () => {
    const archive = tarOf([file('/run/secrets/token', 'hello'), file('empty', '')], 1_700_000_000);
    const listing = execFileSync('tar', ['--list', '--verbose', '--numeric-owner', '--utc', '--full-time'], {
      input: archive,
      encoding: 'utf8',
    });
    assert.match(listing, /^-rw-r----- 1000\/2000 +5 2023-11-14 22:13:20 run\/secrets\/token$/m);
    assert.match(listing, /^-rw-r----- 1000\/2000 +0 .* empty$/m);
    assert.equal(
      execFileSync('tar', ['--extract', '--to-stdout', 'run/secrets/token'], { input: archive }).toString(),
      'hello',
    );
  });

  it('is a whole number of blocks, whatever the length of a file', () => {
    for (const length of [0, 1, 511, 512, 513]) {
      assert.equal(tarOf([file('a', 'x'.repeat(length))], 0).length % 512, 0);
    }
  });

  it('long paths are split between prefix and name', () => {
    const path = `${'folder/'.repeat(18)}${'n'.repeat(90)}`;
    const listing = execFileSync('tar', ['--list'], { input: tarOf([file(path, 'x')], 0), encoding: 'utf8' });
    assert.equal(listing.trim(), path);
  });

  it('a path that does not fit is refused', () => {
    assert.throws(
      () => tarOf([file('n'.repeat(101), 'x')], 0),
      (error) => isEngineError(error, 'rejected'),
    );
  });
});
