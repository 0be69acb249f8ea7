/**
 * Reads `x-reeve`: what a file may ask of reeve beyond Compose, on hooks, services, configs and secrets.
 *
 * Docker Compose ignores these keys, so a typing error in one would go unnoticed for ever: unknown keys and values are
 * errors here.
 */

import { DEFAULT_HOOK_POLICY, type HookPhase, type HookPolicy } from '../model/hook.ts';
import { LINT_CODES, type LintCode } from '../model/lint.ts';
import type { OnChange, ServicePolicy } from '../model/project.ts';
import { Findings, formatPath, type Path } from './diagnostic.ts';
import { describeKind, get, type Node } from './node.ts';
import { nearest } from './suggestion.ts';
import { parseDuration } from './units.ts';

const KEY = 'x-reeve';
const SIGNAL = /^signal:(SIG)?[A-Z][A-Z0-9+-]*$|^signal:\d{1,2}$/;

/** A hook's policy; what is not said has the default. */
export function readHookPolicy(hook: Node, phase: HookPhase, path: Path, findings: Findings): HookPolicy {
  const always = ['timeout', 'on_failure', 'retries', 'backoff', 'run', 'allow'];
  const keys = phase === 'post_start' ? [...always, 'after'] : always;
  const reader = openExtension(hook, path, keys, findings);
  if (reader === undefined) return DEFAULT_HOOK_POLICY;
  reader.lintCodes('allow');
  const timeoutMs = reader.durationMs('timeout', { least: 1 });
  const defaults = DEFAULT_HOOK_POLICY;
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    onFailure: reader.oneOf('on_failure', ['fail', 'continue']) ?? defaults.onFailure,
    retries: reader.count('retries') ?? defaults.retries,
    backoffMs: reader.durationMs('backoff') ?? defaults.backoffMs,
    run: readRun(reader, hook, phase) ?? defaults.run,
    after: reader.oneOf('after', ['started', 'healthy']) ?? defaults.after,
  };
}

/** A `pre_start` hook runs before a first start anyway, and one that runs for every replica is not run once. */
function readRun(reader: ExtensionReader, hook: Node, phase: HookPhase): HookPolicy['run'] | undefined {
  if (phase !== 'pre_start') return reader.oneOf('run', ['every-start', 'once-per-container', 'once-per-definition']);
  const run = reader.oneOf('run', ['once-per-definition']);
  const each = get(hook, 'per_replica');
  const isForEach = each?.kind === 'bool' && each.value;
  return run !== undefined && isForEach ? reader.contradiction('run', run, 'per_replica: true') : run;
}

/** A service's policy. */
export function readServicePolicy(service: Node, path: Path, findings: Findings): ServicePolicy {
  const reader = openExtension(service, path, ['on_unhealthy', 'allow'], findings);
  reader?.lintCodes('allow');
  return { onUnhealthy: reader?.oneOf('on_unhealthy', ['ignore', 'restart']) ?? 'ignore' };
}

/** The lint codes that a hook or a service silences; what is wrong with them was said when its policy was read. */
export function readAllowed(owner: Node): LintCode[] {
  const node = get(owner, KEY);
  const reader = node?.kind === 'map' ? new ExtensionReader(node, [], new Findings()) : undefined;
  return reader?.lintCodes('allow') ?? [];
}

/** What to do when the bytes of a config or secret change. */
export function readOnChange(object: Node, path: Path, findings: Findings): OnChange {
  const reader = openExtension(object, path, ['on_change'], findings);
  return reader?.onChange('on_change') ?? 'recreate';
}

function openExtension(
  owner: Node,
  path: Path,
  keys: readonly string[],
  findings: Findings,
): ExtensionReader | undefined {
  const node = get(owner, KEY);
  if (node === undefined || node.kind === 'null' || node.kind === 'bad') return undefined;
  const reader = new ExtensionReader(node, [...path, KEY], findings);
  reader.checkKeys(keys);
  return reader;
}

class ExtensionReader {
  readonly #node: Node;
  readonly #path: Path;
  readonly #findings: Findings;

  constructor(node: Node, path: Path, findings: Findings) {
    this.#node = node;
    this.#path = path;
    this.#findings = findings;
  }

  checkKeys(keys: readonly string[]): void {
    if (this.#node.kind !== 'map') {
      const message = `${formatPath(this.#path)} must be a mapping, not ${describeKind(this.#node.kind)}`;
      this.#findings.error({ code: 'wrong-type', message, at: this.#node.at, path: this.#path, expected: 'a mapping' });
      return;
    }
    for (const { key, at } of this.#node.entries.values()) {
      if (keys.includes(key)) continue;
      const suggestion = nearest(key, keys);
      const message = `${formatPath(this.#path)}: unknown key "${key}"`;
      const path = [...this.#path, key];
      this.#findings.error({ code: 'unknown-key', message, at, path, expected: keys.join(', '), suggestion });
    }
  }

  oneOf<T extends string>(key: string, values: readonly T[]): T | undefined {
    const node = get(this.#node, key);
    if (node === undefined) return undefined;
    const text = node.kind === 'string' ? node.value : undefined;
    const known = values.find((value) => value === text);
    return known ?? this.#refuse(key, node, values.join(', '), nearest(text ?? '', values));
  }

  contradiction(key: string, value: string, other: string): undefined {
    const node = get(this.#node, key) ?? this.#node;
    const path = [...this.#path, key];
    const message = `${formatPath(path)}: ${value} contradicts ${other}`;
    this.#findings.error({ code: 'conflict', message, at: node.at, path, remedy: 'take one of them out' });
    return undefined;
  }

  /** `least`: in milliseconds, default 0. */
  durationMs(key: string, { least = 0 } = {}): number | undefined {
    const node = get(this.#node, key);
    if (node === undefined) return undefined;
    const ns = node.kind === 'string' ? parseDuration(node.value) : undefined;
    if (ns !== undefined && ns >= least * 1e6) return ns / 1e6;
    return this.#refuse(key, node, `a duration ${least > 0 ? 'longer than 0 ' : ''}such as 30s`);
  }

  count(key: string): number | undefined {
    const node = get(this.#node, key);
    if (node === undefined) return undefined;
    const value = node.kind === 'int' ? Number(node.value) : -1;
    return value >= 0 && Number.isSafeInteger(value) ? value : this.#refuse(key, node, 'a whole number of 0 or more');
  }

  /** A list of lint codes. */
  lintCodes(key: string): LintCode[] {
    const node = get(this.#node, key);
    if (node === undefined) return [];
    const items = node.kind === 'list' ? node.items : [node];
    return items.flatMap((item) => {
      const text = item.kind === 'string' ? item.value : '';
      const code = LINT_CODES.find((known) => known === text);
      return code ?? this.#refuse(key, item, LINT_CODES.join(', '), nearest(text, LINT_CODES)) ?? [];
    });
  }

  onChange(key: string): OnChange | undefined {
    const node = get(this.#node, key);
    if (node === undefined) return undefined;
    const text = node.kind === 'string' ? node.value : '';
    if (text === 'recreate' || text === 'restart' || text === 'ignore') return text;
    if (SIGNAL.test(text)) return `signal:${text.slice('signal:'.length)}`;
    const words = ['recreate', 'restart', 'ignore', 'signal:HUP'];
    return this.#refuse(key, node, 'recreate, restart, signal:NAME, ignore', nearest(text, words));
  }

  #refuse(key: string, node: Node, expected: string, suggestion?: string): undefined {
    const path = [...this.#path, key];
    const message = `${formatPath(path)} must be ${expected.includes(',') ? `one of ${expected}` : expected}`;
    this.#findings.error({ code: 'invalid-value', message, at: node.at, path, expected, suggestion });
    return undefined;
  }
}
