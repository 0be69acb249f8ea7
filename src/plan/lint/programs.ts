/**
 * Which files tell whether an image has a hook's program, and in which container to look for them.
 *
 * A container of the very image that the hook will run in answers that without anything being run: the engine tells of a
 * path in it (HEAD). What lies beneath a mount comes from elsewhere and says nothing of the image, so such a program is
 * left out; so is one whose folder is not known. Decides what to ask, asks nothing.
 */

import { imageRef } from '../../model/owner.ts';
import type { Hook, HookPhase } from '../../model/hook.ts';
import type { ObservedContainer, ObservedProject } from '../../model/observed.ts';
import type { Project, Service, ServiceName } from '../../model/project.ts';
import { hookKey } from './lint.ts';

/** One question about a hook: has the container one of these paths? */
export interface ProgramQuestion {
  /** As `hookKey` says it. */
  readonly hook: string;
  readonly program: string;
  readonly containerId: string;
  readonly paths: readonly string[];
}

const PHASES: readonly HookPhase[] = ['pre_start', 'post_start', 'pre_stop'];
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function programQuestions(
  project: Project,
  observed: ObservedProject,
  services: ReadonlySet<ServiceName> | undefined,
): ProgramQuestion[] {
  return Object.values(project.services).flatMap((service) => {
    const image = observed.images.get(imageRef(project, service));
    const containers = observed.containers.filter(
      (one) => one.service === service.name && !one.oneoff && !one.hookContainer && one.imageId === image?.id,
    );
    const container = containers.find(({ state }) => state.status === 'running') ?? containers[0];
    if (!image || !container || (services && !services.has(service.name))) return [];
    const mounts = mountTargets(service, container);
    return PHASES.flatMap((phase) =>
      (service[phase] ?? []).flatMap((hook, index): ProgramQuestion[] => {
        const program = hook.image === undefined ? hook.command?.[0] : undefined;
        const paths = program ? placesOf(program, hook, service, image.searchPath) : [];
        if (!program || paths.length === 0 || paths.some((path) => mounts.some((mount) => isBeneath(path, mount))))
          return [];
        return [{ hook: hookKey({ service: service.name, phase, index }), program, containerId: container.id, paths }];
      }),
    );
  });
}

/** Where the engine would look; empty where that cannot be told. */
function placesOf(program: string, hook: Hook, service: Service, imagePath: string | undefined): string[] {
  if (program.startsWith('/')) return [program];
  if (program.includes('/')) {
    const folder = hook.working_dir ?? service.working_dir;
    return folder?.startsWith('/') ? [`${folder}/${program}`] : [];
  }
  const path = hook.environment?.['PATH'] ?? service.environment?.['PATH'] ?? imagePath ?? DEFAULT_PATH;
  const folders = path.split(':').filter((folder) => folder.startsWith('/'));
  return folders.map((folder) => `${folder}/${program}`);
}

function mountTargets(service: Service, container: ObservedContainer): string[] {
  return [
    ...container.mounts.map(({ target }) => target),
    ...(service.volumes ?? []).map(({ target }) => target),
    ...(service.tmpfs ?? []).map((entry) => entry.split(':', 1)[0] ?? entry),
    ...(service.configs ?? []).map(({ target, source }) => target ?? `/${source}`),
    ...(service.volumes_from ? ['/'] : []),
    '/run/secrets',
  ];
}

function isBeneath(path: string, mount: string): boolean {
  const folder = mount.replace(/\/+$/, '');
  return path === folder || path.startsWith(`${folder}/`);
}
