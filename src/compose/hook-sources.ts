/**
 * How the hooks of a project are written: their place, what a text form loses, and which lint they silence. The model has a
 * hook's words and nothing of this, since where a line stands is no part of what is desired. Judges nothing: plan/lint does.
 */

import type { HookPhase } from '../model/hook.ts';
import type { HookPlace, HookSource } from '../model/lint.ts';
import type { Place } from './diagnostic.ts';
import { readAllowed } from './extensions.ts';
import { entriesOf, get, type MapNode, type Node } from './node.ts';
import { position } from './source.ts';
import { cutOffBy } from './words.ts';

const PHASES: readonly HookPhase[] = ['pre_start', 'post_start', 'pre_stop'];

/** Of these services, from a completed tree without faults. */
export function readHookSources(root: MapNode, services: readonly string[]): HookSource[] {
  const wanted = new Set(services);
  return entriesOf(root, 'services').flatMap(({ key, value: service }) =>
    wanted.has(key) ? PHASES.flatMap((phase) => hooksOf(service, key, phase)) : [],
  );
}

function hooksOf(service: Node, name: string, phase: HookPhase): HookSource[] {
  const hooks = get(service, phase);
  if (hooks?.kind !== 'list') return [];
  const allowed = readAllowed(service);
  return hooks.items.map((hook, index) => {
    const command = get(hook, 'command');
    return {
      service: name,
      phase,
      index,
      place: placed(command?.at ?? hook.at),
      cutOff: command?.kind === 'string' ? cutOffBy(command.value) : undefined,
      allowed: [...allowed, ...readAllowed(hook)],
    };
  });
}

function placed({ source, offset }: Place): HookPlace {
  const { line, column, text } = position(source, offset);
  return { file: source.path, line, column, sourceLine: text };
}
