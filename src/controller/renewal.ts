/**
 * Images that are pulled or built anew because a version of the files, or a command, asks for it: once, however many rounds
 * and runs that takes. What was tried and failed, or was cut short, is still to be done.
 */

import type { Clock } from '../clock.ts';
import type { RunEvent } from '../execute/events.ts';

export interface Renewal {
  /** When it was asked for; milliseconds since the epoch. */
  readonly askedAtMs: number;
  /** References of images that were pulled or built since. */
  readonly images: Set<string>;
}

export function newRenewal(clock: Pick<Clock, 'now'>): Renewal {
  return { askedAtMs: clock.now(), images: new Set() };
}

export function noteRenewal({ images }: Renewal, event: RunEvent): void {
  if (event.type !== 'action-settled' || event.outcome.kind !== 'succeeded') return;
  const { action } = event;
  if (action.kind === 'pull-image' || action.kind === 'build-image') images.add(action.ref);
}
