/**
 * What is known of the container of a `pre_start` hook that an earlier run left, by itself and by the record of its hook.
 * Whether it is taken up or removed is decided elsewhere (pre-start.ts, leaving.ts); a success that nobody noted is noted
 * either way, for what succeeded is not run again.
 */

import type { HookRecord } from '../model/hook.ts';
import type { ObservedContainer } from '../model/observed.ts';
import { readHookOwner } from '../model/owner.ts';
import type { HookHistory } from './owed.ts';

/** The record of the hook that ran in this container. */
export function hookRecordOf(container: ObservedContainer, history: HookHistory): HookRecord | undefined {
  const owner = container.hookContainer ? readHookOwner(container.labels) : undefined;
  if (!owner) return undefined;
  return history.recordsOf(owner.containerId).find(({ execId }) => execId === container.id);
}

/** The id of that record, where it does not say yet how the hook ended. */
export function openRecordOf(container: ObservedContainer, history: HookHistory): number | undefined {
  const record = hookRecordOf(container, history);
  return record?.outcome === 'intended' ? record.id : undefined;
}

/** Its process ran, and ended with 0. */
export function endedWell({ state: { status, exitCode, startedAt } }: ObservedContainer): boolean {
  return status === 'exited' && exitCode === 0 && startedAt !== '';
}
