/**
 * Error classes and guards. Failures throw; expected outcomes (a hook that exits 3, an invalid file) return.
 * Status codes and message texts of the engine are read in engine/ only; everybody else reads `code`.
 */

export type EngineErrorCode =
  /** No such container, network, image. */
  | 'not-found'
  /** The name is taken, or the object is in a state that forbids the call. */
  | 'conflict'
  /** The engine cannot be reached, or the connection broke; whether a call took effect is not known. */
  | 'unavailable'
  /** The engine understood and refused. */
  | 'rejected'
  /** The engine did not answer in time. */
  | 'timeout';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Wraps a failure that repeating cannot mend: no retry until desired state changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

export type StateErrorCode =
  /** The place cannot be made, read or written. */
  | 'unwritable'
  /** No room is left. */
  | 'full'
  /** A newer reeve wrote it. */
  | 'newer'
  /** Not a database, or a malformed one. */
  | 'corrupt'
  /** Another process keeps it locked. */
  | 'busy'
  /** It was removed or replaced while it was in use. */
  | 'lost';

/** What reeve remembers cannot be read or kept; nothing that needs a record may run. The message has the remedy. */
export class StateError extends Error {
  override readonly name = 'StateError';
  readonly code: StateErrorCode;

  constructor(code: StateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A wrong command line or environment; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function isEngineError(error: unknown, code?: EngineErrorCode): error is EngineError {
  return error instanceof EngineError && (code === undefined || error.code === code);
}

export function isStateError(error: unknown, code?: StateErrorCode): error is StateError {
  return error instanceof StateError && (code === undefined || error.code === code);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
