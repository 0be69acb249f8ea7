/**
 * The table that acts: one function a kind of action, each one engine call (or one hook, or one wait).
 * No decisions: what to do was decided by the plan, what became of it is told to the executor.
 */

import { containerHash, networkHash, volumeHash } from '../model/config-hash.ts';
import { EngineError } from '../model/errors.ts';
import type { Project, Service } from '../model/project.ts';
import { carriedHooks, withheldValues } from '../model/carried-hook.ts';
import { LABEL, COMPOSE_VERSION, containerLabels, imageRef } from '../model/owner.ts';
import { hooksOf } from '../plan/owed.ts';
import type { Action, ActionKind, ActionOf } from '../plan/plan.ts';
import { spanText } from '../plan/span.ts';
import { stopGraceMs } from '../plan/stop-budget.ts';
import { filesToCopy } from './files-to-copy.ts';
import { isSuccess, killHookContainer } from './hook-container-end.ts';
import { runHook } from './hook-run.ts';
import { buildImage, pullImage } from './images.ts';
import { runPreStart } from './pre-start-run.ts';
import type { RunContext } from './run-context.ts';
import { borrowedId, containerId, desiredProject } from './run-context.ts';
import { awaitContainer } from './waits.ts';

/** Failures of the world are returned with a message; what the engine or the code throws is thrown. */
export type ActionResult =
  | { readonly ok: true; readonly detail?: string }
  | { readonly ok: false; readonly message: string };

const DONE: ActionResult = { ok: true };
/** Exit code of what SIGKILL ended. */
const KILLED = 137;

type ActionTable = { readonly [K in ActionKind]: (context: RunContext, action: ActionOf<K>) => Promise<ActionResult> };

const TABLE: ActionTable = {
  'pull-image': (context, action) => pullImage(context, action, { platform: action.platform }),

  'build-image': buildImage,

  async 'create-network'(context, action) {
    const project = desiredProject(context, action);
    const network = required(project.networks[action.network], action);
    const labels = resourceLabels(project, network.labels, {
      [LABEL.network]: action.network,
      [LABEL.configHash]: networkHash(network),
    });
    const request = { project, key: action.network, network, labels };
    await context.lanes.short(() => context.engine.createNetwork(request, context.signal));
    return DONE;
  },

  async 'remove-network'(context, action) {
    await context.lanes.short(() => context.engine.removeNetwork(action.networkId || action.name, context.signal));
    return DONE;
  },

  async 'connect-network'(context, action) {
    const project = desiredProject(context, action);
    const { container, network: networkKey } = action;
    const service = required(project.services[container.service], action);
    const request = {
      project,
      service,
      number: container.number,
      containerId: containerId(context, container),
      networkKey,
    };
    await context.lanes.short(() => context.engine.connectNetwork(request, context.signal));
    return DONE;
  },

  async 'disconnect-network'(context, action) {
    const id = containerId(context, action.container);
    await context.lanes.short(() => context.engine.disconnectNetwork(action.networkName, id, context.signal));
    return DONE;
  },

  async 'create-volume'(context, action) {
    const project = desiredProject(context, action);
    const volume = required(project.volumes[action.volume], action);
    const labels = resourceLabels(project, volume.labels, {
      [LABEL.volume]: action.volume,
      [LABEL.configHash]: volumeHash(volume),
    });
    const request = { project, key: action.volume, volume, labels };
    await context.lanes.short(() => context.engine.createVolume(request, context.signal));
    return DONE;
  },

  async 'remove-volume'(context, action) {
    await context.lanes.short(() => context.engine.removeVolume(action.name, context.signal));
    return DONE;
  },

  async 'create-container'(context, action) {
    const project = desiredProject(context, action);
    const { container, replaces, carriedVolumes } = action;
    const service = required(project.services[container.service], action);
    keepWithheldValues(context, project, service);
    const containerIdOf = (name: string): string => borrowedId(context, action.borrows, name);
    const labels = containerLabels({
      project,
      service,
      number: container.number,
      configHash: containerHash(project, service, { containerIdOf }),
      imageId: context.images.get(imageRef(project, service)),
      replaces,
    });
    const warnings: string[] = [];
    const request = {
      project,
      service,
      number: container.number,
      name: container.name,
      labels,
      containerIdOf,
      carriedVolumes: new Map(carriedVolumes),
      onWarning: (text: string) => warnings.push(text.trim()),
    };
    const id = await context.lanes.short(() => context.engine.createContainer(request, context.signal));
    context.created.set(container.key, id);
    return { ok: true, detail: warnings.join(' ') };
  },

  async 'rename-container'(context, action) {
    const id = containerId(context, action.container);
    await context.lanes.short(() => context.engine.renameContainer(id, action.name, context.signal));
    return DONE;
  },

  async 'update-container'(context, action) {
    const service = required(desiredProject(context, action).services[action.container.service], action);
    const id = containerId(context, action.container);
    await context.lanes.short(() => context.engine.updateContainer(id, service, context.signal));
    return DONE;
  },

  async 'signal-container'(context, action) {
    const { engine, signal, lanes } = context;
    const id = containerId(context, action.container);
    const copied = await copyContents(context, action, id);
    if (!copied.ok) return copied;
    await lanes.short(() => engine.signalContainer(id, action.signal, signal));
    noteContents(context, action, id);
    return DONE;
  },

  async 'unpause-container'(context, action) {
    const id = containerId(context, action.container);
    await context.lanes.short(() => context.engine.unpauseContainer(id, context.signal));
    return DONE;
  },

  async 'start-container'(context, action) {
    const { engine, signal, lanes } = context;
    const id = containerId(context, action.container);
    const copied = await copyContents(context, action, id);
    if (!copied.ok) return copied;
    await lanes.short(() => engine.startContainer(id, signal));
    noteContents(context, action, id);
    context.incarnations.expectStart(id);
    return DONE;
  },

  async 'stop-container'(context, action) {
    const { engine, lanes, signal } = context;
    const id = containerId(context, action.container);
    if (action.kill) {
      const { recordId } = action.kill;
      const own = await lanes.short(() => killHookContainer(engine, id, signal));
      if (isSuccess(own)) noteSuccess(context, recordId);
      return DONE;
    }
    await refuseOtherStart(context, id);
    return await lanes.long(() => stopWithin(context, id));
  },

  async 'remove-container'(context, action) {
    const id = containerId(context, action.container);
    noteSuccess(context, action.succeeded);
    await context.lanes.short(() => context.engine.removeContainer(id, { volumes: action.volumes }, context.signal));
    return DONE;
  },

  async 'run-hook'(context, action) {
    return context.lanes.long(() =>
      action.phase === 'pre_start' ? runPreStart(context, action) : runHook(context, action),
    );
  },

  async 'await-container'(context, action) {
    const verdict = await awaitContainer(context, action);
    if (verdict.ok) return DONE;
    const message = `${action.container.key} ${verdict.message}`;
    return action.required ? { ok: false, message } : { ok: true, detail: `${message} (not required)` };
  },
};

/** Of a hook that ended with 0 in a container of its own, unseen. */
function noteSuccess({ ledger }: RunContext, recordId: number | undefined): void {
  if (recordId !== undefined) ledger.end(recordId, { outcome: 'succeeded', exitCode: 0 });
}

/** Carries out one action. */
export function runAction<K extends ActionKind>(context: RunContext, action: ActionOf<K>): Promise<ActionResult> {
  const table: ActionTable = TABLE;
  return table[action.kind](context, action);
}

/** Labels of a network or volume: the user's first, the owner's over them. */
function resourceLabels(
  project: Project,
  own: Readonly<Record<string, string>> | undefined,
  owner: Readonly<Record<string, string>>,
): Record<string, string> {
  return { ...own, [LABEL.project]: project.name, [LABEL.version]: COMPOSE_VERSION, ...owner };
}

/** Values that must not travel in a label are made durable before the container that needs them exists. */
function keepWithheldValues(context: RunContext, project: Project, service: Service): void {
  const hooks = carriedHooks(service, project.sensitiveValues);
  for (const hook of [...hooks.pre_start, ...hooks.post_start, ...hooks.pre_stop]) {
    if (hook.withheld.length > 0) context.ledger.keepValues(hook.digest, withheldValues(hook));
  }
}

/** Its pre_stop hooks ran in the start that was observed: one that came after it has to get its own. */
async function refuseOtherStart(
  { engine, observed, desired, incarnations, signal }: RunContext,
  id: string,
): Promise<void> {
  const container = observed.containers.find((one) => one.id === id);
  if (!container || hooksOf(container, desired).pre_stop.length === 0) return;
  const state = await engine.inspectState(id, signal);
  if (state?.status === 'running' && !incarnations.mayStop(id, state.startedAt)) {
    throw new EngineError('conflict', 'it was started again meanwhile');
  }
}

/** A stop that took its whole grace says so: what it killed had no more time, and that is not a hook's deadline. */
async function stopWithin({ engine, clock, observed, options, signal }: RunContext, id: string): Promise<ActionResult> {
  const graceMs = stopGraceMs(observed.containers.find((one) => one.id === id)?.stopTimeoutS, options);
  const beganMs = clock.monotonic();
  await engine.stopContainer(id, options.stopTimeoutMs, signal);
  if (clock.monotonic() - beganMs < graceMs) return DONE;
  const state = await engine.inspectState(id, signal);
  return state?.exitCode === KILLED
    ? { ok: true, detail: `killed: its stop grace of ${spanText(graceMs)} was used up` }
    : DONE;
}

/** Gives a container the bytes of configs and secrets that are not a file on the host. */
async function copyContents(
  context: RunContext,
  action: ActionOf<'start-container' | 'signal-container'>,
  id: string,
): Promise<ActionResult> {
  const { engine, lanes, signal } = context;
  const files = filesToCopy(desiredProject(context, action), action.container.service);
  if (!files.ok) return files;
  if (files.list.length > 0) await lanes.short(() => engine.copyFiles(id, files.list, signal));
  return DONE;
}

/** It has been told of today's bytes. What a container was made with stands in its label. */
function noteContents(context: RunContext, action: ActionOf<'start-container' | 'signal-container'>, id: string): void {
  const given = context.observed.containers.find((container) => container.id === id)?.contents;
  const contents = desiredProject(context, action).services[action.container.service]?.contents;
  if (!given || !contents || Object.entries(contents).every(([object, digest]) => given[object] === digest)) return;
  context.contents.deliver(context.observed.name, id, contents);
}

function required<T>(value: T | undefined, action: Action): T {
  if (value === undefined) throw new Error(`${action.id} is about something that the project does not have`);
  return value;
}
