/**
 * The state of a process that can die, and a disk that can be full: reeve's real database behind each call. Every call is
 * two moments of the process's life, one before it and one after.
 */
import { StateError } from '../../src/model/errors.ts';
import type { State } from '../../src/state/state.ts';

/** Thrown into the code of a process that is dead; what else it does is of no account. */
export class Death extends Error {
  override readonly name = 'Death';
}

export interface StateHazards {
  /** False: the process has just died. */
  readonly moment: () => boolean;
  readonly isFull: () => boolean;
}

/** Calls that write a row each time. */
const WRITES = new Set(['intend', 'end', 'append', 'record', 'hold', 'deliver', 'supersede']);
/** Calls that write where there is something to write. */
const LIST_WRITES = new Set(['expectStarts']);

export function mortalState(state: State, hazards: StateHazards): State {
  return wrap(state, hazards);
}

function wrap<T extends object>(target: T, hazards: StateHazards): T {
  return new Proxy(target, {
    get(_target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member === 'function') return (...args: unknown[]) => call(member, { target, key, args }, hazards);
      return typeof member === 'object' && member !== null && !Array.isArray(member) ? wrap(member, hazards) : member;
    },
  });
}

interface Call {
  readonly target: object;
  readonly key: string | symbol;
  readonly args: unknown[];
}

function call(method: unknown, { target, key, args }: Call, { moment, isFull }: StateHazards): unknown {
  if (typeof method !== 'function') throw new TypeError('not a method');
  if (!moment()) throw new Death('before the call');
  if (isFull() && isWrite(String(key), args)) throw new StateError('full', 'no room is left on the disk');
  const answer: unknown = method.apply(target, args);
  if (!moment()) {
    if (answer instanceof Promise) answer.catch(() => {});
    throw new Death('after the call');
  }
  return answer;
}

function isWrite(name: string, args: readonly unknown[]): boolean {
  if (WRITES.has(name)) return !Array.isArray(args[0]) || args[0].length > 0;
  return LIST_WRITES.has(name) && Array.isArray(args[1]) && args[1].length > 0;
}
