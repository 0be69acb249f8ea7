/** Actions and plans for tests of what is shown of them. */

import { DEFAULT_HOOK_POLICY } from '../../../src/model/hook.ts';
import type { HookPolicy } from '../../../src/model/hook.ts';
import type { Action, ContainerRef, Plan } from '../../../src/plan/plan.ts';

const edges = { dependsOn: [], after: [] };

function ref(key: string, id?: string): ContainerRef {
  const [service = '', number = '1'] = key.split('@')[0]?.split('/') ?? [];
  return { key, service, number: Number(number), id, name: `shop-${service}-${number}` };
}

export function start(key = 'web/1'): Action {
  return { id: `${key}:start`, kind: 'start-container', cause: { kind: 'absent' }, container: ref(key), ...edges };
}

export function stop(key = 'web/1@4f2a91'): Action {
  return {
    id: `${key}:stop`,
    kind: 'stop-container',
    cause: { kind: 'orphan' },
    container: ref(key, '4f2a91'),
    ...edges,
  };
}

export function hook(command: readonly string[], policy: Partial<HookPolicy> = {}): Action {
  return {
    id: 'web/1:post_start[0]',
    kind: 'run-hook',
    cause: { kind: 'owed' },
    container: ref('web/1'),
    phase: 'post_start',
    index: 0,
    hook: { command, digest: 'd', withheld: [], policy: { ...DEFAULT_HOOK_POLICY, ...policy } },
    earlier: undefined,
    others: [],
    ...edges,
  };
}

export function plan(actions: readonly Action[], rest: Partial<Plan> = {}): Plan {
  return { project: 'shop', actions, problems: [], deferrals: [], notes: [], abandonedStops: [], ...rest };
}
