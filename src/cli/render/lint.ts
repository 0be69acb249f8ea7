/** Findings of lint for people and programs. Words of commands are masked, for they may hold values from outside the files. */

import { hookKey } from '../../plan/lint/lint.ts';
import type { Lint } from '../../model/lint.ts';
import type { Mask } from './action.ts';
import { placeOf } from './diagnostics.ts';
import { neutraliseLine } from './neutralise.ts';
import type { Style } from './style.ts';

/** `compose.yaml:7:18: warning: web pre_stop[0]: message; remedy [code]` */
export function lintLine(lint: Lint, mask: Mask, style: Style): string {
  const place = lint.place ? placeOf(lint.place) : '';
  const said = neutraliseLine(mask(`${hookKey(lint)}: ${lint.message}; ${lint.remedy}`));
  return `${neutraliseLine(place)}${style('warning', 'warning:')} ${said} ${style('dim', `[${lint.code}]`)}`;
}

export function lintJson({ code, service, phase, index, message, remedy, place }: Lint, mask: Mask): object {
  return {
    code,
    service,
    phase,
    index,
    message: mask(message),
    remedy,
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: place?.column ?? null,
  };
}
