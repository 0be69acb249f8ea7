import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  connectionError,
  isMet,
  isRemovalUnderWay,
  refusalCode,
  refusalError,
  refusalText,
} from '../../../src/engine/faults.ts';
import type { EngineErrorCode } from '../../../src/model/errors.ts';

describe('refusals by meaning', () => {
  const cases: readonly [status: number, text: string, code: EngineErrorCode][] = [
    [404, 'No such container: x', 'not-found'],
    [
      404,
      'image with reference app:1 was found but does not match the specified platform: wanted linux/arm64, actual: linux/amd64',
      'rejected',
    ],
    [409, 'Conflict. The container name "/x" is already in use', 'conflict'],
    [500, 'creating container storage: the container name "x" is already in use by 1f0', 'conflict'],
    [500, 'network name x already used: network already exists', 'conflict'],
    [403, 'error while removing network: network x id 1f0 has active endpoints', 'conflict'],
    [500, 'no such image: x', 'not-found'],
    [400, 'invalid reference format', 'rejected'],
    [
      500,
      'driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated',
      'rejected',
    ],
    [500, 'OCI runtime create failed: exec: "nope": executable file not found in $PATH', 'rejected'],
    [503, 'This node is not a swarm manager', 'unavailable'],
  ];
  for (const [status, text, code] of cases) {
    it(`${status} ${text}: ${code}`, () => assert.equal(refusalCode({ status, text }), code));
  }

  it("the engine's words are taken out of its JSON, or as they stand", () => {
    assert.equal(refusalText('{"message":"no such container"}\n'), 'no such container');
    assert.equal(refusalText('{"cause":"x","message":"podman says","response":500}'), 'podman says');
    assert.equal(refusalText('404 page not found\n'), '404 page not found');
  });

  it('a connection that broke is told in words, not in those of the HTTP library', () => {
    const text = (message: string): string =>
      connectionError('list networks', Object.assign(new Error(message), { code: 'ECONNRESET' })).message;
    const head = 'list networks: the engine cannot be reached or broke off:';
    assert.equal(text('aborted'), `${head} the connection broke in the middle of an answer`);
    assert.equal(text('socket hang up'), `${head} the connection was closed without an answer`);
    assert.equal(text('read ECONNRESET'), `${head} the connection was reset (read ECONNRESET)`);
  });

  it('subject and action come first in the message', () => {
    const error = refusalError('start container 1f0', { status: 409, text: 'is marked for removal' });
    assert.equal(error.message, 'start container 1f0: is marked for removal');
    assert.equal(error.code, 'conflict');
  });
});

describe('purposes that are met', () => {
  const refused = (status: number, text: string) => refusalError('x', { status, text });

  it('removal of what is missing, stop of what is missing or stopped', () => {
    assert.ok(isMet('removed', refused(404, 'No such container')));
    assert.ok(isMet('stopped', refused(404, 'No such container')));
    assert.ok(isMet('stopped', refused(500, 'Container 1f0 is not running')));
    assert.ok(!isMet('removed', refused(409, 'You cannot remove a running container')));
  });

  it('pause of what is paused, unpause of what is not, disconnect of what is not connected', () => {
    assert.ok(isMet('paused', refused(409, 'Container 1f0 is already paused')));
    assert.ok(!isMet('paused', refused(409, 'Container 1f0 is not running')));
    assert.ok(isMet('unpaused', refused(500, 'Container 1f0 is not paused')));
    assert.ok(isMet('disconnected', refused(500, 'container 1f0 is not connected to network x')));
  });

  it('a removal by another caller is told apart from a conflict', () => {
    assert.ok(isRemovalUnderWay(refused(409, 'removal of container 1f0 is already in progress')));
    assert.ok(!isRemovalUnderWay(refused(409, 'You cannot remove a running container')));
  });

  it('an error that is no refusal meets nothing', () => {
    assert.ok(!isMet('removed', new Error('404')));
    assert.equal(connectionError('list', Object.assign(new Error(''), { code: 'ECONNREFUSED' })).code, 'unavailable');
  });
});
