/**
 * The reader of a run's events for people and programs: one line an action, live on a terminal, or `--json`. It is told
 * everything and decides only how it looks.
 */

import type { Clock } from '../clock.ts';
import type { ReconcileEvent } from '../controller/reconciler.ts';
import { renderCause } from '../plan/cause.ts';
import type { Action } from '../plan/plan.ts';
import { containerOf } from '../plan/plan.ts';
import type { TimeLimit } from '../plan/stop-budget.ts';
import { limitText } from '../plan/stop-budget.ts';
import type { Output } from './output.ts';
import type { Mask } from './render/action.ts';
import { actionText, hookName, showAll, subjectOf } from './render/action.ts';
import { eventJson } from './render/event-json.ts';
import type { RegionLine } from './render/live-region.ts';
import { neutralise, neutraliseLine } from './render/neutralise.ts';
import { renderAge, renderDuration } from './render/time.ts';

export interface ProgressOptions {
  readonly output: Output;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

interface InFlight {
  readonly project: string;
  readonly action: Action;
  beganMs: number;
  readonly limit: TimeLimit | undefined;
  pulled?: { readonly done: number; readonly total: number };
}

export class Progress {
  readonly #output: Output;
  readonly #clock: ProgressOptions['clock'];
  readonly #masks = new Map<string, Mask>();
  readonly #inFlight = new Map<string, InFlight>();
  /** More than one project: each line says which. */
  #namesProject = false;
  /** Each line begins with the time of day. */
  #stamps = false;

  constructor({ output, clock }: ProgressOptions) {
    this.#output = output;
    this.#clock = clock;
  }

  /** Begins to draw on a terminal. */
  start(options: { readonly namesProject: boolean; readonly stamps?: boolean }): void {
    this.#namesProject = options.namesProject;
    this.#stamps = options.stamps ?? false;
    if (this.#output.isLive && this.#output.isSaid('info')) this.#output.startLive(() => this.#region());
  }

  end(): void {
    this.#output.endLive();
  }

  /** What must not be shown of a project. */
  maskProject(project: string, mask: Mask): void {
    this.#masks.set(project, mask);
  }

  readonly emit = (event: ReconcileEvent): void => {
    this.#follow(event);
    if (this.#output.json) this.#output.object(eventJson(event, this.#clock.now(), this.#maskOf(event.project)));
    else if (this.#output.isSaid('info')) this.#show(event);
  };

  #follow(event: ReconcileEvent): void {
    if (event.type === 'action-started') {
      const { project, action, limit } = event;
      this.#inFlight.set(keyOf(event), { project, action, limit, beganMs: this.#clock.monotonic() });
    } else if (event.type === 'action-settled') {
      this.#inFlight.delete(keyOf(event));
    } else if (event.type === 'pull-progress') {
      const action = this.#inFlight.get(keyOf(event));
      if (action) action.pulled = { done: event.done, total: event.total };
    } else if (event.type === 'hook-rejoined') {
      const action = this.#inFlight.get(keyOf(event));
      if (action) action.beganMs = this.#clock.monotonic() - Math.max(0, this.#clock.now() - event.beganAtMs);
    } else return;
    this.#output.liveChanged();
  }

  #show(event: ReconcileEvent): void {
    switch (event.type) {
      case 'action-settled':
        return this.#showSettled(event);
      case 'hook-output':
        return this.#showOutput(event);
      case 'build-output':
        return this.#showBuild(event);
      case 'hook-ended': {
        const attempts = event.action.kind === 'run-hook' ? 1 + event.action.hook.policy.retries : 1;
        if (event.outcome === 'succeeded' || event.attempt >= attempts) return undefined;
        const text = `attempt ${event.attempt} of ${attempts} ${headline(event.message, event.action)}`;
        return this.#line('again', 'warning', event, text);
      }
      case 'lease-wait': {
        const holder = neutraliseLine(`reeve ${event.command} (process ${event.pid})`);
        const forMs = this.#clock.now() - event.sinceMs;
        const since = forMs < 1000 ? '' : `, for ${renderAge(forMs)} by now`;
        return this.#output.note(`${event.project}: waiting for ${holder}, which works on this project${since}`);
      }
      case 'state-renewed':
        return this.#output.warn(event.message);
      case 'plan':
      case 'action-started':
      case 'hook-rejoined':
      case 'pull-progress':
        return undefined;
    }
  }

  #showSettled(event: Extract<ReconcileEvent, { type: 'action-settled' }>): void {
    const { action, outcome } = event;
    const text = actionText(action, this.#maskOf(event.project));
    const cause = this.#output.isSaid('debug') ? `  (${renderCause(action.cause)})` : '';
    switch (outcome.kind) {
      case 'succeeded': {
        const detail = headline(event.detail ?? '', action);
        const said = detail === '' || detail === 'succeeded' ? '' : `  ${detail}`;
        return this.#line('ok', 'good', event, `${text}${cause}  ${renderDuration(event.durationMs)}${said}`);
      }
      case 'failed': {
        return this.#line('failed', 'bad', event, `${text}${cause}  ${headline(outcome.message, action)}`);
      }
      case 'stale':
        return this.#line('again', 'warning', event, `${text}  ${headline(outcome.message, action)}`);
      case 'skipped':
        return this.#line('skipped', 'dim', event, `${text}  ${withoutIds(outcome.because)} did not succeed`);
      case 'interrupted':
        return undefined;
    }
  }

  #line(
    mark: Mark,
    meaning: Parameters<Output['style']>[0],
    event: { readonly project: string; readonly action: Action },
    text: string,
  ): void {
    const style = this.#output.errorStyle;
    const sign = this.#output.isLive ? SIGNS[mark] : mark.padEnd(MARK_WIDTH);
    const subject = this.#subject(event.project, event.action);
    this.#output.progress(
      `${this.stamp()}${style(meaning, sign)} ${style('subject', subject.padEnd(SUBJECT_WIDTH))} ${text}`,
    );
  }

  #showOutput({ project, action, line, stream }: Extract<ReconcileEvent, { type: 'hook-output' }>): void {
    const container = containerOf(action);
    if (!container || action.kind !== 'run-hook') return;
    const own = `${container.service}-${container.number} ${hookName(action)} |`;
    const prefix = this.#namesProject ? `${project}/${own}` : own;
    const style = this.#output.errorStyle;
    const text = neutraliseLine(line);
    this.#output.progress(
      `${this.stamp()}${style('dim', prefix)} ${stream === 'stderr' ? style('warning', text) : text}`,
    );
  }

  /** Only on a terminal: elsewhere a build says one line when it is done, and its last ones when it failed. */
  #showBuild({ project, action, line }: Extract<ReconcileEvent, { type: 'build-output' }>): void {
    if (!this.#output.isLive) return;
    const style = this.#output.errorStyle;
    const text = neutraliseLine(this.#maskOf(project)(line));
    this.#output.progress(`${this.stamp()}${style('dim', `${this.#subject(project, action)} |`)} ${text}`);
  }

  #region(): RegionLine[] {
    const nowMs = this.#clock.monotonic();
    const style = this.#output.errorStyle;
    return [...this.#inFlight.values()].map(({ project, action, beganMs, limit, pulled }) => {
      const subject = this.#subject(project, action).padEnd(SUBJECT_WIDTH);
      const share = pulled && pulled.total > 0 ? `  ${Math.floor((100 * pulled.done) / pulled.total)} %` : '';
      const text = actionText(action, this.#maskOf(project));
      const time = nowMs - beganMs >= 1000 ? `  ${renderDuration(nowMs - beganMs)}${ofLimit(limit)}` : '';
      return { text: `· ${subject} ${text}${share}${time}`, paint: (line) => style('dim', line) };
    });
  }

  #subject(project: string, action: Action): string {
    const subject = neutralise(subjectOf(action));
    return this.#namesProject ? `${project} ${subject}` : subject;
  }

  /** Time of day before a line, where lines have one. */
  stamp(): string {
    if (!this.#stamps) return '';
    const time = new Date(this.#clock.now()).toTimeString().slice(0, 8);
    return `${this.#output.errorStyle('dim', time)} `;
  }

  #maskOf(project: string): Mask {
    return this.#masks.get(project) ?? showAll;
  }
}

type Mark = 'ok' | 'failed' | 'skipped' | 'again';

const SIGNS: Readonly<Record<Mark, string>> = { ok: '✔', failed: '✘', skipped: '-', again: '↻' };
const MARK_WIDTH = 7;
const SUBJECT_WIDTH = 16;

/** ` of at most 5 min; then stop grace 10 s`: whose time it is that passes. */
function ofLimit(limit: TimeLimit | undefined): string {
  if (limit === undefined) return '';
  if (limit.kind === 'stop' || limit.thenGraceMs === undefined) return ` of ${limitText(limit)}`;
  const then = limitText({ kind: 'stop', graceMs: limit.thenGraceMs });
  return ` of ${limitText(limit)}; then ${then}`;
}

/** First line of a message, without the subject that stands before it anyway. */
function headline(message: string, action: Action): string {
  const [first = ''] = message.split('\n');
  // In messages, as in ids, a slash stands where the subject has a space: `network/front`.
  const subjects = [subjectOf(action), subjectOf(action).replace(' ', '/')].map((subject) => `${subject}: `);
  const own = first.slice(subjects.find((subject) => first.startsWith(subject))?.length ?? 0);
  return neutraliseLine(own.replace(/:$/, ''));
}

/** `web/1:stop` of `web/1@4f2a91:stop`. */
function withoutIds(text: string): string {
  return neutraliseLine(text.replaceAll(/@[0-9a-f]+(?=:)/g, ''));
}

function keyOf(event: { readonly project: string; readonly action: Action }): string {
  return `${event.project} ${event.action.id}`;
}
