import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProjectStatus } from '../../../src/controller/status.ts';
import { StatusBoard } from '../../../src/controller/status.ts';

function status(part: Partial<ProjectStatus>): ProjectStatus {
  return {
    key: 'k',
    project: 'shop',
    state: 'stalled',
    reason: 'Failed',
    messages: [],
    actions: 0,
    againInMs: 1000,
    ...part,
  };
}

function said(...statuses: readonly Partial<ProjectStatus>[]): string[] {
  const heard: string[] = [];
  const board = new StatusBoard(({ reason, messages }) => heard.push([reason, ...messages].join(' ')));
  for (const one of statuses) board.set(status(one));
  return heard;
}

test('the same state again is not said, another one is', () => {
  assert.deepEqual(said({ messages: ['a'] }, { messages: ['a'], againInMs: 2000 }, { messages: ['b'] }), [
    'Failed a',
    'Failed b',
  ]);
});

test('an engine that cannot be reached is said once, whichever of its calls was the one that failed', () => {
  const away = { reason: 'EngineUnavailable' } as const;
  assert.deepEqual(
    said(
      { ...away, messages: ['list networks: broke off'] },
      { ...away, messages: ['list containers: broke off'] },
      { state: 'ready', reason: 'Converged' },
      { ...away, messages: ['list volumes: broke off'] },
    ),
    ['EngineUnavailable list networks: broke off', 'Converged', 'EngineUnavailable list volumes: broke off'],
  );
});
