/**
 * The end of a pre_start hook's container: how it is seen, and how it is brought about.
 *
 * Never by a stop: what ends with 0 at its signal would pass for a success wherever nothing else could be recorded.
 */

import type { Engine } from '../engine/engine.ts';
import { isEngineError } from '../model/errors.ts';
import type { ContainerState } from '../model/observed.ts';

/** The end of a container that was started; undefined: it still runs. A missing state: it is gone. */
export function endOf(state: ContainerState | undefined): { readonly state: ContainerState | undefined } | undefined {
  if (state === undefined) return { state };
  return state.status === 'exited' || state.status === 'dead' ? { state } : undefined;
}

/** Whether the end of a container is the success of its hook. */
export function isSuccess(end: ReturnType<typeof endOf>): boolean {
  return end?.state?.status === 'exited' && end.state.exitCode === 0;
}

/** Resolves once it runs no more. Gives the end of one that had ended by itself, which a slow engine did not tell in time. */
export async function killHookContainer(
  engine: Engine,
  id: string,
  signal: AbortSignal,
): Promise<ReturnType<typeof endOf>> {
  try {
    await engine.signalContainer(id, 'SIGKILL', signal);
    await engine.awaitState(id, endOf, signal);
    return undefined;
  } catch (error) {
    // It has ended by itself, or is gone.
    if (!isEngineError(error, 'conflict') && !isEngineError(error, 'not-found')) throw error;
    return await engine.awaitState(id, endOf, signal);
  }
}
