/**
 * A few lines at the bottom of a terminal that are drawn again in place while finished lines scroll up above them.
 * Draws at most ten times a second, and once a second while something is in flight, so that times go on. What it writes
 * must be neutralised already: it counts its own lines, and a stray control character would spoil the count. A tab, which
 * may take any number of columns, is shown as a space.
 */

import type { Clock, CancelTimer } from '../../clock.ts';
import { cutTo } from './width.ts';

export interface LiveRegionOptions {
  readonly write: (text: string) => void;
  readonly clock: Pick<Clock, 'monotonic' | 'setTimer'>;
  /** Size of the terminal, asked at each draw. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** Lines of the region, asked at each draw; they are cut to the terminal's width. */
  readonly lines: () => readonly RegionLine[];
}

export interface RegionLine {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

const SHORTEST_MS = 100;
const TICK_MS = 1000;

export class LiveRegion {
  readonly #options: LiveRegionOptions;
  /** Lines that are on the screen now. */
  #drawn = 0;
  #finished: string[] = [];
  #lastDrawMs = -Infinity;
  #cancelTimer: CancelTimer | undefined;
  #timerDueMs = Infinity;
  #ended = false;

  constructor(options: LiveRegionOptions) {
    this.#options = options;
  }

  /** Puts a finished line (already coloured) above the region. */
  print(line: string): void {
    this.#finished.push(line);
    this.changed();
  }

  /** The region's lines are others now. */
  changed(): void {
    if (this.#ended) {
      this.#draw();
      return;
    }
    const waitMs = this.#lastDrawMs + SHORTEST_MS - this.#options.clock.monotonic();
    if (waitMs <= 0) this.#draw();
    else this.#drawIn(waitMs);
  }

  /** Everything finished is printed and the region is gone; afterwards lines are printed at once. */
  end(): void {
    this.#ended = true;
    this.#draw();
  }

  #drawIn(waitMs: number): void {
    const dueMs = this.#options.clock.monotonic() + waitMs;
    if (dueMs >= this.#timerDueMs) return;
    this.#cancelTimer?.();
    this.#timerDueMs = dueMs;
    this.#cancelTimer = this.#options.clock.setTimer(waitMs, () => this.#draw());
  }

  #draw(): void {
    this.#cancelTimer?.();
    this.#timerDueMs = Infinity;
    this.#lastDrawMs = this.#options.clock.monotonic();
    const { columns, rows } = this.#options.size();
    const region = this.#ended ? [] : this.#options.lines();
    const shown =
      region.length < rows ? region : [...region.slice(0, rows - 2), { text: `… ${region.length - rows + 2} more` }];
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    const erase = this.#drawn > 0 ? `\r${up}\u001b[J` : '';
    const lines = [
      ...this.#finished,
      ...shown.map(({ text, paint }) =>
        (paint ?? ((same: string) => same))(cutTo(text.replaceAll('\t', ' '), columns - 1)),
      ),
    ];
    if (erase !== '' || lines.length > 0) this.#options.write(erase + lines.map((line) => `${line}\n`).join(''));
    this.#finished = [];
    this.#drawn = shown.length;
    if (shown.length > 0) this.#drawIn(TICK_MS);
  }
}
