/**
 * What a failed engine call means, decided once. Nobody outside this file reads a status code or the engine's text.
 *
 * Docker, its older releases and Podman answer the same refusal with different status codes (a taken name is 409 on
 * one and 500 on another), so the text is looked at where the code alone would mislead. A call whose purpose is
 * already met (stop on stopped, remove on missing) is no failure: `isMet` says so.
 */

import { EngineError } from '../model/errors.ts';
import type { EngineErrorCode } from '../model/errors.ts';
import { member } from './json.ts';

/** An answer of 400 and above. */
export interface Refusal {
  readonly status: number;
  /** The engine's own words. */
  readonly text: string;
}

const TAKEN =
  /already (in use|exists|used)|is in use|name .* in use|has active endpoints|is being used|marked for removal|already in progress|container state improper|UNIQUE constraint failed/i;
const MISSING =
  /no such (container|network|volume|image|exec|object)|(network|volume|image) .* not found|no container with/i;

/** Said with 404 of an image that is there. */
const OTHER_PLATFORM = /does not match the specified platform/i;

/** The class of a refusal. */
export function refusalCode({ status, text }: Refusal): EngineErrorCode {
  if (OTHER_PLATFORM.test(text)) return 'rejected';
  if (status === 404) return 'not-found';
  if (status === 409) return 'conflict';
  if (status === 502 || status === 503 || status === 504) return 'unavailable';
  if (status === 403 || status >= 500) {
    if (TAKEN.test(text)) return 'conflict';
    if (status >= 500 && MISSING.test(text)) return 'not-found';
  }
  return 'rejected';
}

/** `what` names subject and action, such as `start container web-1`. */
export function refusalError(what: string, refusal: Refusal): EngineError {
  return new EngineError(refusalCode(refusal), `${what}: ${refusal.text || `status ${refusal.status}`}`, {
    cause: refusal,
  });
}

/** The words of an error body: JSON with `message`, JSON with `cause`, or plain text. */
export function refusalText(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    const message = member(parsed, 'message') ?? member(parsed, 'error');
    if (typeof message === 'string') return message.trim();
  } catch {
    // Not JSON: proxies and old engines answer in plain text.
  }
  return body.trim();
}

/** An error below HTTP: refused, reset, no such socket, a broken body. */
export function connectionError(what: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  return new EngineError(
    'unavailable',
    `${what}: the engine cannot be reached or broke off: ${connectionText(error)}`,
    {
      cause: error,
    },
  );
}

/** What happened to a connection, in words. */
export function connectionText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message === 'aborted') return 'the connection broke in the middle of an answer';
  if (error.message === 'socket hang up') return 'the connection was closed without an answer';
  if (systemCode(error) === 'ECONNRESET') return `the connection was reset (${error.message})`;
  return error.message || (systemCode(error) ?? error.name);
}

/** The `code` of a system error, such as ECONNREFUSED. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error ? member(error, 'code') : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** True where the connection was lost before or while an answer came, so that a read may simply be asked again. */
export function isConnectionLoss(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ECONNRESET' || code === 'EPIPE' || (error instanceof Error && error.message === 'socket hang up');
}

/** True where the engine failed at a call rather than said no to it: the next time it may succeed. */
export function isEngineFailure(error: unknown): boolean {
  return error instanceof EngineError && error.code === 'rejected' && (refusalOf(error)?.status ?? 0) >= 500;
}

/** Calls whose purpose may be met already. */
export type Purpose = 'stopped' | 'removed' | 'paused' | 'unpaused' | 'disconnected';

const MET: Readonly<Record<Purpose, (refusal: Refusal) => boolean>> = {
  stopped: (refusal) => refusalCode(refusal) === 'not-found' || /is not running|is already stopped/i.test(refusal.text),
  removed: (refusal) => refusalCode(refusal) === 'not-found',
  paused: ({ text }) => /is already paused|already paused/i.test(text),
  unpaused: ({ text }) => /is not paused|not paused/i.test(text),
  disconnected: (refusal) => refusalCode(refusal) === 'not-found' || /is not connected to/i.test(refusal.text),
};

/** True where a refusal says that what was asked for is so already. */
export function isMet(purpose: Purpose, error: unknown): boolean {
  const refusal = refusalOf(error);
  return refusal !== undefined && MET[purpose](refusal);
}

/** True where a container removal is under way by another caller: it is to be awaited, not repeated. */
export function isRemovalUnderWay(error: unknown): boolean {
  return /removal of container .* is already in progress|already in progress/i.test(refusalOf(error)?.text ?? '');
}

/** True where what was asked about can be no image, as its name is none. Podman answers 500, and why. */
export function isInvalidReference(error: unknown): boolean {
  return /invalid reference format|parsing reference ".*": /i.test(refusalOf(error)?.text ?? '');
}

/** True where a connect was refused because the container is on that network already. */
export function isAlreadyConnected(error: unknown): boolean {
  return /already exists in network|already connected|already attached/i.test(refusalOf(error)?.text ?? '');
}

/** The status code of an answer that was a refusal; undefined where there was no answer. */
export function refusalStatus(error: unknown): number | undefined {
  return refusalOf(error)?.status;
}

function refusalOf(error: unknown): Refusal | undefined {
  const cause = error instanceof EngineError ? error.cause : undefined;
  const status = member(cause, 'status');
  const text = member(cause, 'text');
  return typeof status === 'number' && typeof text === 'string' ? { status, text } : undefined;
}
