/** Waits on one container, settled by engine events and bounded by a deadline. They take no place in the bounded queue. */

import type { ContainerState } from '../model/observed.ts';
import type { ActionOf } from '../plan/plan.ts';
import { spanText } from '../plan/span.ts';
import type { RunContext } from './run-context.ts';
import { containerId } from './run-context.ts';

type Verdict = { readonly ok: true } | { readonly ok: false; readonly message: string };

const YES: Verdict = { ok: true };

/** Resolves when the container is as wanted, or can no longer become so, or time is up. */
export async function awaitContainer(context: RunContext, action: ActionOf<'await-container'>): Promise<Verdict> {
  const { until, container } = action;
  const deadline = new AbortController();
  const cancelTimer = context.clock.setTimer(context.options.waitTimeoutMs, () => deadline.abort());
  const accept = (state: ContainerState | undefined): Verdict | undefined => VERDICTS[until](state);
  try {
    return await context.engine.awaitState(
      containerId(context, container),
      accept,
      AbortSignal.any([context.signal, context.drain, deadline.signal]),
    );
  } catch (error) {
    if (context.signal.aborted || context.drain.aborted || !deadline.signal.aborted) throw error;
    return { ok: false, message: `is not ${until} after ${spanText(context.options.waitTimeoutMs)}` };
  } finally {
    cancelTimer();
  }
}

const VERDICTS: Record<
  ActionOf<'await-container'>['until'],
  (state: ContainerState | undefined) => Verdict | undefined
> = {
  running(state) {
    if (state?.status === 'running') return YES;
    if (state?.status === 'paused') return { ok: false, message: 'is paused' };
    return ended(state, 'and was not started again');
  },
  healthy(state) {
    if (state?.status !== 'running' && state?.status !== 'paused') return ended(state, 'before it was healthy');
    switch (state.health) {
      case 'healthy':
        return YES;
      case 'starting':
        return undefined;
      case 'unhealthy':
        return { ok: false, message: 'is unhealthy' };
      case 'none':
        return {
          ok: false,
          message: 'has no healthcheck and cannot become healthy (add one, or wait for service_started)',
        };
    }
  },
  completed(state) {
    if (state === undefined) return { ok: false, message: 'was removed before it completed' };
    if (state.status === 'exited' && state.exitCode === 0) return YES;
    if (state.status === 'exited' || state.status === 'dead') {
      return { ok: false, message: `exited ${state.exitCode}, and had to complete successfully` };
    }
    return undefined;
  },
  gone: (state) => (state === undefined ? YES : undefined),
};

function ended(state: ContainerState | undefined, when: string): Verdict | undefined {
  if (state === undefined) return { ok: false, message: `was removed ${when}` };
  if (state.status === 'exited' || state.status === 'dead') {
    return { ok: false, message: `exited (${state.exitCode}) ${when}` };
  }
  return undefined;
}
