/** Builders for tests of what is remembered: a directory of its own, an intent with defaults. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { HookIntent, State } from '../../src/state/state.ts';
import { openState } from '../../src/state/sqlite.ts';
import type { OpenStateOptions } from '../../src/state/sqlite.ts';

/** A directory that is gone after the test. */
export function temporaryDirectory(test: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'reeve-state-'));
  test.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A state that is closed after the test; in memory where nothing is said. */
export function openedState(test: TestContext, options: OpenStateOptions = { path: ':memory:' }): State {
  const state = openState(options);
  test.after(() => state.close());
  return state;
}

/** A post_start run of web/1 in its first start. */
export function intent(part: Partial<HookIntent> = {}): HookIntent {
  return {
    project: 'shop',
    service: 'web',
    replica: 1,
    containerId: 'c1',
    startedAt: '2026-01-01T00:00:00.1Z',
    phase: 'post_start',
    index: 0,
    digest: 'd1',
    command: ['register', '--now'],
    cause: 'it was started',
    attempt: 1,
    execId: 'e1',
    ...part,
  };
}
