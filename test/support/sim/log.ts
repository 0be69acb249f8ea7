/**
 * What really happened on the simulated engine, in order: the record that invariants are checked on. Append only; nothing
 * of it comes from what a client believes. The engine's own event stream is another thing (events.ts): it can be late or lost.
 */

/** Who did it. `policy` is a restart policy, `process` what runs in a container, `fault` an injected one. */
export type By =
  | { readonly kind: 'client'; readonly client: string }
  | { readonly kind: 'outside' | 'policy' | 'process' | 'engine' | 'fault' };

export const OUTSIDE: By = { kind: 'outside' };
export const BY_POLICY: By = { kind: 'policy' };
export const BY_PROCESS: By = { kind: 'process' };
export const BY_ENGINE: By = { kind: 'engine' };
export const BY_FAULT: By = { kind: 'fault' };

/** A container, and which of its starts: (id, startedAt) is the incarnation. */
export interface InContainer {
  readonly containerId: string;
  /** '' before the first start. */
  readonly startedAt: string;
}

interface InExec extends InContainer {
  readonly execId: string;
  readonly command: readonly string[];
}

type Happening =
  | (InContainer & {
      readonly what: 'container-created';
      readonly name: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly image: string;
    })
  /** `startedAt` is the new incarnation's. */
  | (InContainer & { readonly what: 'container-started'; readonly name: string })
  | (InContainer & { readonly what: 'start-refused'; readonly message: string })
  /** A stop or restart call that found it up (or restarting); the end follows as `container-exited`. */
  | (InContainer & { readonly what: 'stop-begun'; readonly graceS: number })
  | (InContainer & { readonly what: 'signal-sent'; readonly signal: string })
  | (InContainer & {
      readonly what: 'container-exited';
      readonly exitCode: number;
      /** Its restart policy brings it back. */
      readonly comesBack: boolean;
    })
  /** The restart policy was told to bring it back no more. */
  | (InContainer & { readonly what: 'restart-cancelled' })
  | (InContainer & { readonly what: 'container-paused' | 'container-unpaused' | 'container-updated' })
  | (InContainer & { readonly what: 'container-renamed'; readonly from: string; readonly to: string })
  | (InContainer & { readonly what: 'container-removed'; readonly name: string; readonly wasUp: boolean })
  | (InContainer & { readonly what: 'files-copied'; readonly paths: readonly string[] })
  | (InContainer & { readonly what: 'health-changed'; readonly health: string })
  | (InExec & { readonly what: 'exec-created' | 'exec-started' })
  | (InExec & { readonly what: 'exec-refused'; readonly message: string })
  | (InExec & { readonly what: 'exec-ended'; readonly exitCode: number })
  /** The engine lost its records of execs; the processes are not concerned. */
  | { readonly what: 'exec-forgotten'; readonly execId: string }
  | { readonly what: 'network-created' | 'network-removed'; readonly network: string; readonly networkId: string }
  | (InContainer & { readonly what: 'network-connected' | 'network-disconnected'; readonly network: string })
  | { readonly what: 'volume-created' | 'volume-removed'; readonly volume: string }
  | { readonly what: 'image-pulled' | 'image-built' | 'image-removed'; readonly image: string }
  /** A request took effect; refused ones too. `status` is what the engine said, whether or not that arrived. */
  | {
      readonly what: 'request';
      readonly method: string;
      readonly path: string;
      /** undefined: an answer that lasts, such as events or the output of an exec. */
      readonly status: number | undefined;
    }
  /** `fault` in words: `reset-after POST /containers/x/start`. */
  | { readonly what: 'fault'; readonly fault: string }
  | { readonly what: 'engine-down'; readonly how: 'shutdown' | 'crash' | 'live-restore' | 'power-loss' }
  | { readonly what: 'engine-up' }
  | { readonly what: 'client-opened' | 'client-cut'; readonly client: string };

/** One thing that happened. */
export type Deed = Happening & {
  /** Place in the log. */
  readonly index: number;
  /** Elapsed virtual time. */
  readonly atMs: number;
  readonly by: By;
};

export type DeedWhat = Deed['what'];
export type DeedOf<What extends DeedWhat> = Extract<Deed, { readonly what: What }>;

export class Log {
  readonly deeds: Deed[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(by: By, happening: Happening): void {
    this.deeds.push({ ...happening, index: this.deeds.length, atMs: this.#now(), by });
  }

  of<What extends DeedWhat>(...whats: readonly What[]): DeedOf<What>[] {
    const wanted: ReadonlySet<string> = new Set(whats);
    return this.deeds.filter((deed): deed is DeedOf<What> => wanted.has(deed.what));
  }

  /** For a person: one line a deed, ids shortened. */
  text(): string {
    return this.deeds.map(deedText).join('\n');
  }
}

/** `12.345 reeve-1 container-started shop-web-1 …`. */
export function deedText({ index: _index, atMs, by, what, ...rest }: Deed): string {
  const who = by.kind === 'client' ? by.client : by.kind;
  const details = Object.entries(rest).map(([key, value]) => `${key}=${detailText(value)}`);
  return [(atMs / 1000).toFixed(3).padStart(9), who, what, ...details].join(' ');
}

function detailText(value: unknown): string {
  if (Array.isArray(value)) return JSON.stringify(value.join(' '));
  if (typeof value === 'object') return '{…}';
  const text = `${value as string | number | boolean | undefined}`;
  return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 6) : text;
}
