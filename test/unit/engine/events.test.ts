import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEvent } from '../../../src/engine/events.ts';

const attributes = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web', name: 'shop-web-1' };

describe('engine events as notices', () => {
  it('an action loses its suffix and keeps its exec id', () => {
    const event = {
      Type: 'container',
      Action: 'exec_start: sh -c true',
      Actor: { ID: 'c1', Attributes: { ...attributes, execID: 'e1' } },
    };
    assert.deepEqual(parseEvent(event, 5n), {
      kind: 'container',
      action: 'exec_start',
      containerId: 'c1',
      project: 'shop',
      service: 'web',
      execId: 'e1',
      timeNs: '5',
    });
  });

  it("podman's words become docker's", () => {
    const action = (Action: string) => {
      const notice = parseEvent({ Type: 'container', Action, Actor: { ID: 'c1' } }, 0n);
      return notice?.kind === 'container' ? notice.action : undefined;
    };
    assert.deepEqual(['remove', 'exec_died', 'died', 'health_status: healthy', 'start'].map(action), [
      'destroy',
      'exec_die',
      'die',
      'health_status',
      'start',
    ]);
  });

  it('networks, volumes and images are told by name; an image keeps its own "remove"', () => {
    const notice = parseEvent(
      { Type: 'network', Action: 'destroy', Actor: { ID: 'n1', Attributes: { name: 'shop_default' } } },
      0n,
    );
    assert.deepEqual(notice, {
      kind: 'network',
      action: 'destroy',
      id: 'n1',
      name: 'shop_default',
      project: undefined,
      containerId: undefined,
    });
    assert.equal(parseEvent({ Type: 'daemon', Action: 'reload' }, 0n), undefined);
  });
});
