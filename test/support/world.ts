/**
 * Builders for plan tests: a desired project and the containers that stand for it, in one line each.
 * Everything that a case does not say has a default, so that a case is about what it says.
 */
import { createHash } from 'node:crypto';
import { containerHash, networkHash, volumeHash } from '../../src/model/config-hash.ts';
import {
  DEFAULT_HOOK_POLICY,
  type Hook,
  type HookPhase,
  type HookPolicy,
  type HookRecord,
  type LedgerView,
} from '../../src/model/hook.ts';
import { carriedHooks } from '../../src/model/carried-hook.ts';
import { LABEL, containerName, hookContainerLabels, readDependsOn } from '../../src/model/owner.ts';
import type {
  ContainerState,
  ObservedContainer,
  ObservedNetwork,
  ObservedProject,
  ObservedVolume,
} from '../../src/model/observed.ts';
import type { Network, Project, Service, Volume } from '../../src/model/project.ts';
import { buildPlan } from '../../src/plan/build.ts';
import { checkPlan } from '../../src/plan/check.ts';
import { buildDownPlan, buildStopPlan, type DownPolicy } from '../../src/plan/down.ts';
import { DEFAULT_POLICY, type PlanPolicy } from '../../src/plan/policy.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { renderPlan } from '../../src/plan/render.ts';
import { modelNetwork, modelVolume } from './model-world.ts';

export const NOTHING_RECORDED: LedgerView = { records: [], delivered: [], adopted: new Map() };
export const STARTED_AT = '2026-01-01T00:00:00.000000001Z';

export type ServiceSketch = Partial<Omit<Service, 'depends_on'>> & {
  /** A list means service_started. */
  readonly depends_on?: readonly string[] | Service['depends_on'];
};

/** A project named `shop` with one image for all and the default network. */
export function project(services: Record<string, ServiceSketch>, rest: Partial<Project> = {}): Project {
  const networks: Record<string, Network> = { default: { name: 'shop_default', ipam: {} } };
  return {
    name: 'shop',
    workingDir: '/srv/shop',
    configFiles: ['/srv/shop/compose.yaml'],
    environmentFiles: [],
    disabledServices: [],
    networks,
    volumes: {},
    secrets: {},
    configs: {},
    extensions: {},
    inputFiles: [],
    sensitiveValues: new Set(),
    ...rest,
    services: Object.fromEntries(Object.entries(services).map(([name, sketch]) => [name, service(name, sketch)])),
  };
}

function service(name: string, { depends_on, ...sketch }: ServiceSketch): Service {
  const dependencies = Array.isArray(depends_on)
    ? Object.fromEntries(
        depends_on.map((one: string) => [one, { condition: 'service_started', required: true } as const]),
      )
    : (depends_on as Service['depends_on']);
  return {
    name,
    image: 'app',
    command: null,
    entrypoint: null,
    ...(sketch.network_mode === undefined ? { networks: { default: null } } : {}),
    policy: { onUnhealthy: 'ignore' },
    replicas: 1,
    ...(dependencies ? { depends_on: dependencies } : {}),
    ...sketch,
  };
}

export function hook(command: string, policy: Partial<HookPolicy> = {}): Hook {
  return { command: command.split(' '), policy: { ...DEFAULT_HOOK_POLICY, ...policy } };
}

export interface ContainerSketch extends Partial<Omit<ObservedContainer, 'state'>> {
  readonly state?: Partial<ContainerState>;
  /** Made by Docker Compose: none of our labels. */
  readonly foreign?: boolean;
}

/** A running container that is just what `desired` asks for, unless the sketch says otherwise. */
export function container(desired: Project, name: string, number = 1, sketch: ContainerSketch = {}): ObservedContainer {
  const model = desired.services[name] ?? service(name, {});
  const { state, foreign = false, ...rest } = sketch;
  const finalName = rest.name ?? containerName(desired, model, number);
  const id = rest.id ?? fakeId(`${finalName}#${number}`);
  return {
    id,
    name: finalName,
    project: desired.name,
    service: name,
    number,
    oneoff: false,
    hookContainer: false,
    createdAt: '2026-01-01T00:00:00Z',
    labels: {},
    configHash: containerHash(desired, model, { containerIdOf: (other) => fakeId(`shop-${other}-1#1`) }),
    ours: !foreign,
    hooks: foreign ? undefined : carriedHooks(model, desired.sensitiveValues),
    contents: foreign ? undefined : model.contents,
    definition: undefined,
    environment: {},
    dependsOn: readDependsOn(
      Object.entries(model.depends_on ?? {})
        .map(([one, dependency]) => `${one}:${dependency.condition}:${dependency.restart ?? false}`)
        .join(','),
    ),
    imageId: 'sha256:app',
    imageRef: model.image ?? '',
    hostname: model.hostname ?? '',
    networkMode: 'shop_default',
    networks: Object.keys(model.networks ?? {}).map((key) => ({
      network: desired.networks[key]?.name ?? key,
      networkId: fakeId(desired.networks[key]?.name ?? key),
      aliases: [containerName(desired, model, number), name, ...(model.networks?.[key]?.aliases ?? [])],
      ipv4: '',
      ipv6: '',
      macAddress: '',
      linkLocal: undefined,
      links: undefined,
      driverOptions: undefined,
      gatewayPriority: undefined,
    })),
    mounts: (model.volumes ?? []).map((volume) => ({
      type: volume.type,
      volume: desired.volumes[volume.source ?? '']?.name ?? '',
      source: '',
      target: volume.target,
      readOnly: false,
    })),
    links: undefined,
    volumesFrom: [],
    restartPolicy: { name: model.restart ?? 'no', maximumRetryCount: 0 },
    resources: {},
    stopTimeoutS: undefined,
    ...rest,
    state: {
      status: 'running',
      startedAt: state?.status === 'created' ? '' : STARTED_AT,
      finishedAt: '',
      exitCode: 0,
      oomKilled: false,
      health: 'none',
      restartCount: 0,
      error: '',
      ...state,
    },
  };
}

/** The container of a `pre_start` hook of another one: ended with 0, unless the sketch says otherwise. */
export function hookContainer(
  desired: Project,
  of: ObservedContainer,
  index: number,
  sketch: ContainerSketch = {},
): ObservedContainer {
  const digest = of.hooks?.pre_start[index]?.digest ?? '';
  const labels = hookContainerLabels(desired, of.service, { index, containerId: of.id, digest });
  const name = `${of.name}-pre_start-${index}`;
  const state = { status: 'exited', exitCode: 0, ...sketch.state } as const;
  const own = { number: 0, hookContainer: true, ours: false, hooks: undefined, configHash: '' };
  return container(desired, of.service, 0, { name, labels, ...own, ...sketch, state });
}

export function fakeId(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

/** The engine with the project's networks and image there, and these containers. */
export function observed(
  desired: Project,
  containers: readonly ObservedContainer[],
  rest: Partial<ObservedProject> = {},
): ObservedProject {
  return {
    name: desired.name,
    containers,
    networks: Object.entries(desired.networks).map(([key, network]) => observedNetwork(key, network)),
    volumes: Object.entries(desired.volumes).map(([key, volume]) => observedVolume(key, volume)),
    images: new Map([['app', { id: 'sha256:app', volumes: [] }]]),
    ...rest,
  };
}

export function observedNetwork(key: string, network: Network): ObservedNetwork {
  const owner = { [LABEL.project]: 'shop', [LABEL.network]: key, [LABEL.configHash]: networkHash(network) };
  return modelNetwork(fakeId(network.name), network, network.external ? {} : { ...network.labels, ...owner });
}

export function observedVolume(key: string, volume: Volume): ObservedVolume {
  const labels = { [LABEL.project]: 'shop', [LABEL.volume]: key, [LABEL.configHash]: volumeHash(volume) };
  return modelVolume(volume, volume.external ? {} : { ...volume.labels, ...labels });
}

/** A record of a hook, named `post_start[0]`, that ran in the container's present start. */
export function record(
  of: ObservedContainer,
  which: `${HookPhase}[${number}]`,
  outcome: HookRecord['outcome'],
  rest: Partial<HookRecord> = {},
): HookRecord {
  const phase = (['pre_start', 'post_start', 'pre_stop'] as const).find((one) => which.startsWith(one)) ?? 'pre_stop';
  const index = Number(which.slice(phase.length + 1, -1));
  const carried = of.hooks?.[phase][index];
  return {
    id: 1,
    project: of.project,
    service: of.service,
    replica: of.number,
    containerId: of.id,
    startedAt: of.state.startedAt,
    phase,
    index,
    digest: carried?.digest ?? '',
    command: carried?.command ?? [],
    cause: 'owed',
    attempt: 1,
    outcome,
    beganAtMs: 0,
    ...rest,
  };
}

export interface PlanSketch {
  readonly containers?: readonly ObservedContainer[];
  readonly ledger?: Partial<LedgerView>;
  readonly policy?: Partial<PlanPolicy>;
  readonly world?: Partial<ObservedProject>;
}

/** Plans, and fails when the plan breaks an invariant. */
export function planOf(
  desired: Project,
  { containers = [], ledger = {}, policy = {}, world = {} }: PlanSketch = {},
): Plan {
  const plan = buildPlan({
    desired,
    observed: observed(desired, containers, world),
    ledger: { ...NOTHING_RECORDED, ...ledger },
    policy: { ...DEFAULT_POLICY, ...policy },
  });
  const faults = checkPlan(plan);
  if (faults.length > 0) throw new Error(faults.join('; '));
  return plan;
}

/** The plan as text, for comparison with a text written by hand. */
export function planText(desired: Project, sketch: PlanSketch = {}): string {
  return renderPlan(planOf(desired, sketch));
}

export interface DownSketch {
  readonly containers: readonly ObservedContainer[];
  readonly ledger?: Partial<LedgerView>;
  readonly policy?: Partial<DownPolicy>;
  readonly world?: Partial<ObservedProject>;
  /** The files are gone: names, hooks and dependencies come from labels. */
  readonly withoutFile?: boolean;
}

/** The plan of `down`, or of `stop` with that command, as text. */
export function downText(desired: Project, sketch: DownSketch): string {
  const { containers, ledger = {}, policy = {}, world = {}, withoutFile = false } = sketch;
  const input = {
    desired: withoutFile ? undefined : desired,
    observed: observed(desired, containers, world),
    ledger: { ...NOTHING_RECORDED, ...ledger },
    policy: { ...DEFAULT_DOWN_POLICY, ...policy },
  };
  const plan = input.policy.command === 'stop' ? buildStopPlan(input) : buildDownPlan(input);
  const faults = checkPlan(plan);
  if (faults.length > 0) throw new Error(faults.join('; '));
  return renderPlan(plan);
}

const DEFAULT_DOWN_POLICY: DownPolicy = {
  command: 'down',
  services: undefined,
  volumes: false,
  removeOrphans: false,
  force: false,
};

/** A container's full id of one hex digit, for cases that print ids. */
export function idOf(digit: string): string {
  return digit.repeat(64);
}

/** Lines without the indentation of the test that they stand in. */
export function text({ raw }: TemplateStringsArray, ...values: readonly unknown[]): string {
  const lines = String.raw({ raw }, ...values).split('\n');
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}
