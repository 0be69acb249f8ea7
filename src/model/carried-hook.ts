/**
 * Hooks as they travel with their container, in its label: so that an edited file, a removed service or a deleted
 * project still runs them.
 *
 * A value that came from outside the files (Project.sensitiveValues) is withheld from the label, be it in the environment
 * or in a word of the command: its place stays, the value goes to the state database, and after a loss of that it is taken
 * from today's file where that still has the same definition.
 */

import { createHash } from 'node:crypto';
import type { Hook, HookPolicy } from './hook.ts';
import { DEFAULT_HOOK_POLICY } from './hook.ts';
import type { Service } from './project.ts';

export interface CarriedHook extends Hook {
  /** Of the definition, values included, `policy` left out: a changed policy is not another hook. */
  readonly digest: string;
  /** What is not in the label: names of environment variables, and words of the command as `command[1]`. */
  readonly withheld: readonly string[];
}

export interface HookSet {
  readonly pre_start: readonly CarriedHook[];
  readonly post_start: readonly CarriedHook[];
  readonly pre_stop: readonly CarriedHook[];
}

/** The hooks of a container that has none. */
export const NO_HOOKS: HookSet = { pre_start: [], post_start: [], pre_stop: [] };

/** The `pre_start` hooks of a service, each with the image that it runs in, where the service names one. */
export function hooksWithImages({
  pre_start,
  image,
}: Pick<Service, 'pre_start' | 'image'>): readonly Hook[] | undefined {
  if (image === undefined) return pre_start;
  return pre_start?.map((hook) => (hook.image === undefined ? { ...hook, image } : hook));
}

/** SHA-256 (hex) of a hook's definition, without its `x-reeve`. */
export function hookDigest(hook: Hook): string {
  const environment = Object.entries(hook.environment ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const definition = [
    hook.command,
    hook.user ?? '',
    hook.privileged ?? false,
    hook.working_dir ?? '',
    environment,
    hook.image ?? '',
    hook.per_replica ?? false,
  ];
  return createHash('sha256').update(JSON.stringify(definition)).digest('hex');
}

/** The hooks of a service as they travel. */
export function carriedHooks(service: Service, sensitive: ReadonlySet<string>): HookSet {
  const carry = (hook: Hook): CarriedHook => ({
    ...hook,
    digest: hookDigest(hook),
    withheld: secretPlaces(hook)
      .filter(([, value]) => isSensitive(value, sensitive))
      .map(([place]) => place),
  });
  return {
    pre_start: (hooksWithImages(service) ?? []).map(carry),
    post_start: (service.post_start ?? []).map(carry),
    pre_stop: (service.pre_stop ?? []).map(carry),
  };
}

/** Every place of a hook that can hold a value from outside, with what is there. */
function secretPlaces(hook: Hook): [place: string, value: string][] {
  const environment = Object.entries(hook.environment ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...(hook.command ?? []).map((word, index): [string, string] => [wordPlace(index), word]),
    ...environment.map(([name, value]): [string, string] => [name, value ?? '']),
  ];
}

function wordPlace(index: number): string {
  return `command[${index}]`;
}

/** Shorter values are looked for as a whole only: `1` would otherwise be found everywhere. */
const SHORTEST_PART = 4;

/** Whether a text is, or has in it, a value that came from outside the files. */
export function isSensitive(text: string, sensitive: ReadonlySet<string>): boolean {
  if (text === '') return false;
  if (sensitive.has(text)) return true;
  for (const value of sensitive) if (value.length >= SHORTEST_PART && text.includes(value)) return true;
  return false;
}

/** The withheld values of a hook that has them all, by place: what the state database keeps. */
export function withheldValues(hook: CarriedHook): Record<string, string> {
  return Object.fromEntries(secretPlaces(hook).filter(([place]) => hook.withheld.includes(place)));
}

/** The command with its withheld words put back; undefined where `values` lacks one. */
export function wholeCommand(hook: CarriedHook, values: Readonly<Record<string, string>>): string[] | undefined {
  const words = (hook.command ?? []).map((word, index) =>
    word === '' && hook.withheld.includes(wordPlace(index)) ? values[wordPlace(index)] : word,
  );
  return words.every((word) => word !== undefined) ? words : undefined;
}

/** The command as people and records may see it. */
export function shownCommand(hook: CarriedHook): string[] {
  return (hook.command ?? []).map((word, index) => (hook.withheld.includes(wordPlace(index)) ? '***' : word));
}

/** Label text of a hook set: withheld values left out, default policy members left out. */
export function writeHooks(hooks: HookSet): string {
  const write = (hook: CarriedHook): object => ({
    ...hook,
    command: hook.command?.map((word, index) => (hook.withheld.includes(wordPlace(index)) ? '' : word)) ?? null,
    environment:
      hook.environment &&
      Object.fromEntries(
        Object.entries(hook.environment).map(([name, value]) => [name, hook.withheld.includes(name) ? null : value]),
      ),
    withheld: hook.withheld.length > 0 ? hook.withheld : undefined,
    policy: nonDefaultPolicy(hook.policy),
  });
  return JSON.stringify({
    ...(hooks.pre_start.length > 0 ? { pre_start: hooks.pre_start.map(write) } : {}),
    post_start: hooks.post_start.map(write),
    pre_stop: hooks.pre_stop.map(write),
  });
}

function nonDefaultPolicy(policy: HookPolicy): Partial<HookPolicy> | undefined {
  const entries = Object.entries(policy).filter(
    ([name, value]) => value !== undefined && value !== Reflect.get(DEFAULT_HOOK_POLICY, name),
  );
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Reads `io.reeve.hooks`; undefined where the text is not a hook set (then the file's hooks stand in). */
export function readHooks(text: string | undefined): HookSet | undefined {
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(parsed)) return undefined;
  const pre_start = readHookList(parsed['pre_start'] ?? []);
  const post_start = readHookList(parsed['post_start']);
  const pre_stop = readHookList(parsed['pre_stop']);
  return pre_start && post_start && pre_stop ? { pre_start, post_start, pre_stop } : undefined;
}

function readHookList(list: unknown): CarriedHook[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const hooks: CarriedHook[] = [];
  for (const item of list) {
    if (!isRecord(item) || typeof item['digest'] !== 'string') return undefined;
    const command = item['command'];
    if (command !== null && !isStrings(command)) return undefined;
    const environment = item['environment'];
    hooks.push({
      command,
      digest: item['digest'],
      withheld: isStrings(item['withheld']) ? item['withheld'] : [],
      policy: { ...DEFAULT_HOOK_POLICY, ...(isRecord(item['policy']) ? item['policy'] : {}) },
      ...(typeof item['user'] === 'string' ? { user: item['user'] } : {}),
      ...(typeof item['privileged'] === 'boolean' ? { privileged: item['privileged'] } : {}),
      ...(typeof item['working_dir'] === 'string' ? { working_dir: item['working_dir'] } : {}),
      ...(isEnvironment(environment) ? { environment } : {}),
      ...(typeof item['image'] === 'string' ? { image: item['image'] } : {}),
      ...(typeof item['per_replica'] === 'boolean' ? { per_replica: item['per_replica'] } : {}),
    });
  }
  return hooks;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isEnvironment(value: unknown): value is Record<string, string | null> {
  return isRecord(value) && Object.values(value).every((item) => item === null || typeof item === 'string');
}
