/** Colours for one stream: words for what text means, nothing for a stream that takes no colours. */

import { styleText } from 'node:util';

export type Meaning = 'good' | 'bad' | 'warning' | 'change' | 'subject' | 'dim' | 'heading';

export type Style = (meaning: Meaning, text: string) => string;

const FORMATS = {
  good: 'green',
  bad: 'red',
  warning: 'yellow',
  change: 'yellow',
  subject: 'cyan',
  dim: 'dim',
  heading: 'bold',
} as const satisfies Record<Meaning, Parameters<typeof styleText>[0]>;

export const plain: Style = (_meaning, text) => text;

export const coloured: Style = (meaning, text) => styleText(FORMATS[meaning], text, { validateStream: false });

/** `hasColors` of a terminal takes NO_COLOR, FORCE_COLOR and TERM=dumb into account. */
export function styleFor(stream: NodeJS.WriteStream, noColor: boolean): Style {
  return !noColor && stream.isTTY && stream.hasColors() ? coloured : plain;
}
