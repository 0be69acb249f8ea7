/** Random projects that can converge, and random things that others do to them. */
import * as fc from 'fast-check';
import { DEFAULT_HOOK_POLICY, type Hook } from '../../src/model/hook.ts';
import type { Dependency, Network, Project } from '../../src/model/project.ts';
import { project, type ServiceSketch } from './world.ts';

/** `job…` ends by itself with 0; `web…` gets healthy after a while. A service depends on those before it only. */
const NAMES = ['job', 'web', 'app', 'db'] as const;
type Name = (typeof NAMES)[number];

const hookPolicyArb = fc.record({
  run: fc.constantFrom('every-start', 'every-start', 'every-start', 'once-per-container', 'once-per-definition'),
  onFailure: fc.constantFrom('fail', 'fail', 'fail', 'continue'),
  isAfterHealth: fc.boolean(),
});

const preStartArb = fc.record({
  run: fc.constantFrom('every-start', 'every-start', 'once-per-definition'),
  onFailure: fc.constantFrom('fail', 'fail', 'fail', 'continue'),
  perReplica: fc.boolean(),
});

const serviceArb = fc.record({
  replicas: fc.constantFrom(0, 1, 1, 1, 2, 3),
  restart: fc.constantFrom('no', 'always', 'on-failure', 'unless-stopped'),
  version: fc.constantFrom('1', '2'),
  pre_start: fc.array(preStartArb, { maxLength: 2 }),
  post_start: fc.array(hookPolicyArb, { maxLength: 2 }),
  pre_stop: fc.array(hookPolicyArb, { maxLength: 2 }),
  networks: fc.subarray(['default', 'front']),
  hasVolume: fc.boolean(),
  dependsOn: fc.subarray([...NAMES]),
  condition: fc.boolean(),
  required: fc.constantFrom(true, true, false),
  pulls: fc.boolean(),
});

export const projectArb: fc.Arbitrary<Project> = fc
  .record({
    services: fc.record({ job: serviceArb, web: serviceArb, app: serviceArb, db: serviceArb }, { requiredKeys: [] }),
    internal: fc.boolean(),
    tier: fc.constantFrom('1', '2'),
  })
  .map(({ services, internal, tier }) => {
    const present = NAMES.filter((name) => services[name] !== undefined);
    const sketches = present.map((name) => [name, sketchOf(name, services[name], present)] as const);
    const front: Network = { name: 'shop_front', ipam: {}, ...(internal ? { internal } : {}) };
    return project(Object.fromEntries(sketches), {
      networks: { default: { name: 'shop_default', ipam: {} }, front },
      volumes: { data: { name: 'shop_data', labels: { tier } } },
    });
  });

type RandomService = typeof serviceArb extends fc.Arbitrary<infer T> ? T : never;
type RandomPreStart = typeof preStartArb extends fc.Arbitrary<infer T> ? T : never;
type RandomPolicy = typeof hookPolicyArb extends fc.Arbitrary<infer T> ? T : never;

function sketchOf(name: Name, random: RandomService | undefined, present: readonly Name[]): ServiceSketch {
  if (!random) return {};
  const { replicas, restart, version, networks, hasVolume, dependsOn, pulls } = random;
  const dependencies = dependsOn.filter(
    (other) => present.includes(other) && NAMES.indexOf(other) < NAMES.indexOf(name),
  );
  return {
    replicas,
    // A job that is brought back for ever never finishes.
    restart: name === 'job' ? 'on-failure' : restart,
    hostname: `v${version}`,
    pre_start: random.pre_start.map((one, index) => preStartOf(`${name}-prepare-${index}`, one)),
    post_start: random.post_start.map((policy, index) => hookOf(`${name}-begin-${index}`, policy, name === 'web')),
    pre_stop: random.pre_stop.map((policy, index) => hookOf(`${name}-end-${index}`, policy, false)),
    networks: Object.fromEntries(networks.map((key) => [key, null])),
    volumes: hasVolume ? [{ type: 'volume', source: 'data', target: '/data' }] : [],
    depends_on: Object.fromEntries(dependencies.map((other) => [other, dependencyOn(other, random, pulls)])),
  };
}

function dependencyOn(other: Name, { condition, required }: RandomService, restart: boolean): Dependency {
  if (condition && other === 'job') return { condition: 'service_completed_successfully', required, restart };
  if (condition && other === 'web') return { condition: 'service_healthy', required, restart };
  return { condition: 'service_started', required, restart };
}

function hookOf(command: string, { run, onFailure, isAfterHealth }: RandomPolicy, mayWait: boolean): Hook {
  const after = isAfterHealth && mayWait ? 'healthy' : 'started';
  // Another policy is another hook: else today's file would change what a container's own hooks mean.
  return { command: [command, run, onFailure], policy: { ...DEFAULT_HOOK_POLICY, run, onFailure, after } };
}

function preStartOf(command: string, { run, onFailure, perReplica }: RandomPreStart): Hook {
  const policy = { ...DEFAULT_HOOK_POLICY, run: perReplica ? 'every-start' : run, onFailure } as const;
  return { command: [command, policy.run, onFailure], per_replica: perReplica, policy };
}

/** Something that others do; `which` chooses the container. */
export interface Interference {
  readonly which: number;
  readonly what:
    | 'kill'
    | 'stop'
    | 'start'
    | 'restart'
    | 'remove'
    | 'rename'
    | 'swap-names'
    | 'pause'
    | 'disconnect'
    | 'add-look-alike'
    | 'add-neighbour'
    | 'compose-up';
}

export const interferenceArb: fc.Arbitrary<Interference> = fc.record({
  which: fc.nat(11),
  what: fc.constantFrom(
    'kill',
    'stop',
    'start',
    'restart',
    'remove',
    'rename',
    'swap-names',
    'pause',
    'disconnect',
    'add-look-alike',
    'add-neighbour',
    'compose-up',
  ),
});
