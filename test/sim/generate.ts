/** From a seed to a bad day. Every project it makes can converge: what fails, fails a few times only. */
import { createHash } from 'node:crypto';
import { seeded, type Random } from '../support/sim/random.ts';
import { between, someOf, weighted } from './chance.ts';
import type {
  Command,
  ComposeText,
  Deed,
  EngineFault,
  Interference,
  Json,
  Scenario,
  ServiceText,
  Step,
} from './scenario.ts';

/** `job…` ends by itself with 0; `web…` gets healthy after a while. A service depends on those before it only. */
const NAMES = ['job', 'web', 'app', 'db'] as const;

export function generate(seed: number): Scenario {
  const random = seeded(seed);
  const names = someServices(random.fork('names'));
  const first = project(random.fork('first'), names);
  const versions = [first];
  const edits = weighted(random, [
    [4, 0],
    [4, 1],
    [2, 2],
  ]);
  for (let count = 0; count < edits; count += 1)
    versions.push(edited(random.fork(`edit ${count}`), versions.at(-1) ?? first));
  const apiVersion = random.pick(['1.41', '1.44', '1.51']);
  const steps = script(random.fork('script'), versions);
  const blackout = random.chance(0.2) ? engineGoesUnder(random.fork('blackout')) : [];
  return {
    seed,
    apiVersion,
    versions,
    steps: [...steps, ...blackout],
    peace: blackout.length > 0 ? 'watch' : random.pick(['apply', 'watch']),
    down: random.chance(0.2),
  };
}

/** The last that happens: the engine ends under a watch, which was not told of what became of its containers. */
function engineGoesUnder(random: Random): Step[] {
  const fault = random.pick<EngineFault['fault']>(['crash', 'power-loss', 'restart']);
  return [
    { afterMs: pause(random), what: { do: 'watch' } },
    { afterMs: 10_000, what: { do: 'engine', fault, times: random.pick([1, 5, 50]) } },
  ];
}

function someServices(random: Random): string[] {
  const count = weighted(random, [
    [3, 1],
    [4, 2],
    [2, 3],
    [1, 4],
  ]);
  const left = [...NAMES];
  while (left.length > count) left.splice(random.below(left.length), 1);
  return left;
}

function project(random: Random, names: readonly string[]): ComposeText {
  return {
    name: 'shop',
    services: withOwnName(
      random.fork('named'),
      sound(Object.fromEntries(names.map((name) => [name, service(random.fork(name), name, names)]))),
    ),
    networks: { front: random.chance(0.5) ? {} : { internal: true } },
    volumes: { data: {} },
    configs: { motd: motd(random, 'hello') },
  };
}

function motd(random: Random, content: string): Json {
  const policy = random.pick(['', 'recreate', 'restart', 'signal:HUP', 'ignore']);
  return { content, ...(policy === '' ? {} : { 'x-reeve': { on_change: policy } }) };
}

function service(random: Random, name: string, names: readonly string[]): ServiceText {
  const isJob = name === 'job';
  const networks = someOf(random, ['default', 'front'], 0.6);
  const lender = lenderOf(random.fork('lender'), name, names);
  const health = random.pick(['healthy', 'healthy', 'healthy after 1s', 'unhealthy in start 1']);
  return {
    image: 'app:1',
    command: commandOf(random, name),
    ...(isJob ? { restart: random.pick(['no', 'on-failure']) } : restartOf(random)),
    ...(name === 'web'
      ? {
          healthcheck: { test: ['CMD', health], interval: '2s' },
          // It could never become healthy by itself.
          ...(health.startsWith('un') ? { 'x-reeve': { on_unhealthy: 'restart' } } : {}),
        }
      : {}),
    ...(random.chance(0.3) ? { scale: random.pick([0, 2, 2, 3]) } : {}),
    ...hooksOf(random, name),
    ...dependenciesOf(random, name, names),
    ...(lender ? { network_mode: `service:${lender}` } : networks.length > 0 ? { networks } : {}),
    ...(random.chance(0.2) ? { volumes: ['data:/data'] } : {}),
    ...(random.chance(0.1) ? { configs: ['motd'] } : {}),
    ...(random.chance(0.2) ? { mem_limit: random.pick(['64m', '128m']) } : {}),
    ...(random.chance(0.2) ? { stop_grace_period: random.pick(['1s', '3s']) } : {}),
  };
}

/** A service whose network it shares. One that ends by itself has none to share. */
function lenderOf(random: Random, name: string, names: readonly string[]): string | undefined {
  const before = names.slice(0, names.indexOf(name)).filter((other) => other !== 'job');
  return before.length > 0 && random.chance(0.12) ? random.pick(before) : undefined;
}

/** Without what could never be: the network of a service that is not there. */
function sound(services: ComposeText['services']): ComposeText['services'] {
  const entries = Object.entries(services).map(([name, text]): [string, ServiceText] => {
    const mode = text['network_mode'];
    if (typeof mode !== 'string') return [name, text];
    const lender = services[mode.replace('service:', '')];
    if (lender && lender['scale'] !== 0) return [name, text];
    return [name, withoutLender(text)];
  });
  return Object.fromEntries(entries);
}

/** One service may have a name of its own, and another one the same name in the next version. */
function withOwnName(random: Random, services: ComposeText['services']): ComposeText['services'] {
  const able = Object.entries(services).flatMap(([name, { scale = 1 }]) => (scale === 1 ? [name] : []));
  const owner = able.length > 0 && random.chance(0.2) ? random.pick(able) : undefined;
  const entries = Object.entries(services).map(([name, text]): [string, ServiceText] => {
    const { container_name: _, ...rest } = text;
    return [name, name === owner ? { ...rest, container_name: 'special' } : rest];
  });
  return Object.fromEntries(entries);
}

function commandOf(random: Random, name: string): string[] {
  if (name === 'job') {
    const first = random.chance(0.15) ? ['exit 1 after 20ms 1 times then'] : [];
    return [...first, random.pick(['exit 0', 'exit 0 after 30ms', 'exit 0 after 400ms'])];
  }
  const crash = random.chance(0.1) ? ['exit 1 after 50ms 1 times then'] : [];
  return [...crash, random.pick(['run', 'run', 'run stop after 40ms', 'run ignore term'])];
}

function restartOf(random: Random): ServiceText {
  const restart = random.pick(['', 'no', 'always', 'on-failure', 'unless-stopped']);
  return restart === '' ? {} : { restart };
}

function hooksOf(random: Random, name: string): ServiceText {
  const list = (phase: string, mayWait: boolean): Json[] =>
    Array.from(
      {
        length: weighted(random, [
          [4, 0],
          [5, 1],
          [3, 2],
        ]),
      },
      (_, index) => hook(random, `${name}-${phase}-${index}`, mayWait),
    );
  const [begin, end] = [list('begin', name === 'web'), list('end', false)];
  const before = random.chance(0.2) ? [preStart(random, `${name}-before-0`)] : [];
  if (before.length > 0 && random.chance(0.3)) before.push(preStart(random, `${name}-before-1`));
  return {
    ...(before.length > 0 ? { pre_start: before } : {}),
    ...(begin.length > 0 ? { post_start: begin } : {}),
    ...(end.length > 0 ? { pre_stop: end } : {}),
  };
}

function hook(random: Random, name: string, mayWait: boolean): Json {
  const policy: Record<string, Json> = {};
  if (random.chance(0.25)) policy['run'] = random.pick(['once-per-container', 'once-per-definition']);
  if (random.chance(0.15)) policy['on_failure'] = 'continue';
  if (random.chance(0.2)) policy['retries'] = random.pick([1, 2]);
  if (mayWait && random.chance(0.3)) policy['after'] = 'healthy';
  if (random.chance(0.15)) policy['timeout'] = '2s';
  const does = weighted<readonly string[]>(random, [
    [5, ['ok']],
    [3, [`ok after ${random.pick(['20ms', '100ms', '500ms'])}`]],
    [2, [`fail ${random.pick([1, 2])} times then ok`]],
    [1, ['says something fail 1 times then ok after 30ms']],
    // Hangs in its first run only, where its deadline ends it.
    [policy['timeout'] === undefined ? 0 : 2, ['hang 1 times then ok']],
    [name.includes('-end-') ? 0.6 : 0, [random.pick(['end the container', 'kill the container after 30ms'])]],
  ]);
  // Another policy is another hook: today's file would else change what a container's own hooks mean.
  const words = [name, ...does, tagOf(policy)];
  return { command: words, ...(Object.keys(policy).length > 0 ? { 'x-reeve': policy } : {}) };
}

function preStart(random: Random, name: string): Json {
  const policy: Record<string, Json> = {};
  if (random.chance(0.2)) policy['run'] = 'once-per-definition';
  if (random.chance(0.1)) policy['on_failure'] = 'continue';
  if (random.chance(0.2)) policy['retries'] = random.pick([1, 2]);
  if (random.chance(0.2)) policy['timeout'] = '2s';
  const does = weighted<string>(random, [
    [5, `exit 0 after ${random.pick(['1ms', '50ms', '400ms'])}`],
    [2, `exit 1 after 20ms ${random.pick([1, 2])} times then exit 0 after 20ms`],
    [policy['timeout'] === undefined ? 0 : 2, 'hang 1 times then exit 0'],
  ]);
  return {
    command: [name, does, tagOf(policy)],
    ...(policy['run'] === undefined && random.chance(0.3) ? { per_replica: true } : {}),
    ...(Object.keys(policy).length > 0 ? { 'x-reeve': policy } : {}),
  };
}

/** A word that says nothing to those who run it. */
function tagOf(policy: Json): string {
  return `#${createHash('sha256').update(JSON.stringify(policy)).digest('hex').slice(0, 4)}`;
}

function dependenciesOf(random: Random, name: string, names: readonly string[]): ServiceText {
  const before = names.slice(0, names.indexOf(name));
  const chosen = someOf(random, before, 0.5);
  if (chosen.length === 0) return {};
  const conditions = chosen.map((other): [string, Json] => {
    const strict = other === 'job' ? 'service_completed_successfully' : 'service_healthy';
    const isStrict = (other === 'job' || other === 'web') && random.chance(0.7);
    return [
      other,
      {
        condition: isStrict ? strict : 'service_started',
        ...(random.chance(0.2) ? { restart: true } : {}),
        ...(random.chance(0.15) ? { required: false } : {}),
      },
    ];
  });
  return { depends_on: Object.fromEntries(conditions) };
}

/** Some of the services are another way now, one may have gone. */
function edited(random: Random, before: ComposeText): ComposeText {
  const names = Object.keys(before.services);
  const services = names.flatMap((name): [string, ServiceText][] => {
    const old = before.services[name] ?? {};
    if (names.length > 1 && random.chance(0.12)) return [];
    return [[name, random.chance(0.6) ? change(random, name, old, names) : old]];
  });
  const kept = new Set(services.map(([name]) => name));
  return {
    ...before,
    services: withOwnName(
      random.fork('named'),
      sound(Object.fromEntries(services.map(([name, text]) => [name, withoutMissing(text, kept)]))),
    ),
    ...(random.chance(0.15) ? { networks: { front: { internal: true, labels: { changed: 'yes' } } } } : {}),
    ...(random.chance(0.1) ? { configs: { motd: motd(random, 'hello again') } } : {}),
    ...(random.fork('volumes').chance(0.1) ? { volumes: { data: { labels: { changed: 'yes' } } } } : {}),
  };
}

function change(random: Random, name: string, old: ServiceText, names: readonly string[]): ServiceText {
  switch (random.below(6)) {
    case 0:
      return { ...old, environment: { EDITION: String(random.below(9)) } };
    case 1:
      return { ...old, ...hooksOf(random, name) };
    case 2:
      return { ...old, scale: random.pick([0, 1, 2, 3]) };
    case 3:
      return { ...old, mem_limit: random.pick(['32m', '96m']) };
    case 4:
      return { ...withoutLender(old), networks: random.pick([['default'], ['front'], ['default', 'front']]) };
    default:
      return service(random, name, names);
  }
}

function withoutLender(text: ServiceText): ServiceText {
  const { network_mode: _, ...rest } = text;
  return rest;
}

function withoutMissing(text: ServiceText, kept: ReadonlySet<string>): ServiceText {
  const needs = text['depends_on'];
  if (typeof needs !== 'object' || needs === null) return text;
  const left = Object.entries(needs).filter(([name]) => kept.has(name));
  const { depends_on: _, ...rest } = text;
  return left.length > 0 ? { ...rest, depends_on: Object.fromEntries(left) } : rest;
}

function script(random: Random, versions: readonly ComposeText[]): Step[] {
  const steps: Step[] = [
    { afterMs: 0, what: random.chance(0.25) ? { do: 'watch' } : command(random, versions, 'apply') },
  ];
  // It dies amid its first hooks, as likely as not.
  if (random.chance(0.15)) steps.push({ afterMs: random.pick([10, 20, 30, 60, 150]), what: { do: 'kill' } });
  const count = weighted(random, [
    [2, 1],
    [3, 3],
    [3, 5],
    [1, 8],
  ]);
  let version = 0;
  for (let index = 0; index < count; index += 1) {
    if (version + 1 < versions.length && random.chance(0.5)) {
      version += 1;
      steps.push({ afterMs: pause(random), what: { do: 'edit', version } });
      if (random.chance(0.7)) steps.push({ afterMs: 5, what: command(random, versions, 'apply') });
      continue;
    }
    if (random.chance(0.45)) steps.push({ afterMs: 0, what: { do: 'wait' } });
    steps.push({ afterMs: pause(random), what: deed(random, versions) });
  }
  if (version + 1 < versions.length) steps.push({ afterMs: pause(random), what: { do: 'edit', version: version + 1 } });
  return steps;
}

function pause(random: Random): number {
  return random.pick([1, 5, 20, 60, 150, 400, 1000, 5000]);
}

function deed(random: Random, versions: readonly ComposeText[]): Deed {
  return weighted<() => Deed>(random, [
    [10, () => command(random, versions)],
    [1, () => ({ do: 'watch', ...dying(random) })],
    [2, () => ({ do: 'kill' })],
    [1, () => ({ do: 'interrupt' })],
    [1, () => ({ do: 'leave' })],
    [8, () => interference(random)],
    [5, () => engineFault(random)],
    [1, () => ({ do: 'state', fault: random.pick(['full', 'deleted', 'well']) })],
  ])();
}

function command(random: Random, versions: readonly ComposeText[], only?: 'apply'): Command {
  const verb =
    only ??
    weighted<Command['do']>(random, [
      [8, 'apply'],
      [3, 'recreate'],
      [3, 'restart'],
      [2, 'down'],
      [2, 'stop'],
      [1, 'start'],
      [1, 'hooks-retry'],
      [0.5, 'suspend'],
      [0.5, 'resume'],
    ]);
  const names = Object.keys(versions[0]?.services ?? {});
  const named = verb !== 'down' && random.chance(0.2) ? someOf(random, names, 0.5) : [];
  const waits = verb === 'apply' && random.chance(0.2);
  const converges = verb === 'apply' || verb === 'recreate';
  return {
    do: verb,
    ...(converges && named.length > 0 && random.chance(0.4) ? { noDeps: true } : {}),
    ...(converges && random.chance(0.1) ? { recreateVolumes: true } : {}),
    ...(named.length > 0 ? { services: named } : {}),
    ...(waits ? { wait: true } : {}),
    ...((verb === 'apply' || verb === 'down') && random.chance(0.4) ? { removeOrphans: true } : {}),
    ...(random.chance(0.06) ? { force: true } : {}),
    ...(verb === 'down' && random.chance(0.2) ? { volumes: true } : {}),
    // One that waits and a watch beside it, which want different numbers, would undo each other's work for ever.
    ...(verb === 'apply' && !waits && random.chance(0.06)
      ? { scale: { [random.pick(['app', ...names])]: random.below(4) } }
      : {}),
    ...dying(random),
  };
}

function dying(random: Random): { readonly diesAt?: number } {
  return random.chance(0.4) ? { diesAt: between(random, 1, random.pick([20, 80, 250])) } : {};
}

function interference(random: Random): Interference {
  const hand = random.pick<Interference['hand']>([
    'kill',
    'kill',
    'stop',
    'start',
    'restart',
    'restart',
    'remove',
    'remove',
    'rename',
    'swap-names',
    'pause',
    'unpause',
    'update',
    'update-policy',
    'disconnect',
    'pull',
    'look-alike',
    'neighbour',
    'compose-up',
  ]);
  return { do: 'others', hand, which: random.below(12) };
}

function engineFault(random: Random): EngineFault {
  const fault = random.pick<EngineFault['fault']>([
    'reset-before',
    'reset-after',
    'reset-after',
    'error-before',
    'error-after',
    'slow',
    'held',
    'torn',
    'cut',
    'break-events',
    'break-events',
    'double-events',
    'late-events',
    'refuse',
    'restart',
    'live-restart',
    'crash',
    'power-loss',
    'forget-execs',
    'clock-jump',
  ]);
  return { do: 'engine', fault, times: random.pick([1, 1, 2, 5]) };
}
