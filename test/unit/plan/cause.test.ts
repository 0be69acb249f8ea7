import assert from 'node:assert/strict';
import { test } from 'node:test';
import { driftWords } from '../../../src/plan/cause.ts';

test('drift in one word is where to look for it, said once', () => {
  const [from, to] = ['1', '2'];
  assert.deepEqual(
    driftWords([
      { kind: 'network-missing', network: 'front' },
      { kind: 'resource', inPlace: true, resource: 'memory limit', from, to },
      { kind: 'resource', inPlace: true, resource: 'cpu limit', from, to },
      { kind: 'alias-missing', network: 'front', alias: 'web' },
      { kind: 'entry', attribute: 'variable', name: 'TOKEN', change: 'changed' },
      { kind: 'member', member: 'hostname' },
      { kind: 'content-changed', object: 'secret token' },
      { kind: 'renamed', from, to },
    ]),
    ['network', 'limits', 'environment', 'hostname', 'content', 'name'],
  );
});
