/** The model of a project as `reeve config` prints it: whole, or one name a line. */

import { serviceHash } from '../model/config-hash.ts';
import type { Project } from '../model/project.ts';
import { UsageError } from '../model/errors.ts';
import { nearest, printModel, selectServices } from './wire.ts';

export type ConfigAspect = 'model' | 'hash' | 'services' | 'images' | 'volumes' | 'networks' | 'profiles';

export interface ConfigOptions {
  readonly aspect: ConfigAspect;
  /** Of `--hash`: names joined by commas, or `*`. */
  readonly hash: string | undefined;
  readonly format: 'json' | 'yaml';
  /** Only these and what they depend on; all when empty. */
  readonly services: readonly string[];
}

export async function renderConfig(project: Project, options: ConfigOptions): Promise<string> {
  for (const name of options.services) requireService(project, name);
  const selected = options.services.length === 0 ? project : await selectServices(project, options.services);
  switch (options.aspect) {
    case 'model':
      return (await printModel(selected, options.format)).trimEnd();
    case 'hash':
      return hashLines(selected, options.hash ?? '*');
    case 'services':
      return lines(Object.keys(selected.services));
    case 'volumes':
      return lines(Object.keys(selected.volumes));
    case 'networks':
      return lines(Object.keys(selected.networks));
    case 'profiles':
      return lines(selected.profiles ?? []);
    case 'images':
      return lines(
        Object.values(selected.services).map((service) => service.image ?? `${selected.name}-${service.name}`),
      );
  }
}

/** `service hash`, as Compose prints them. */
function hashLines(project: Project, names: string): string {
  const wanted = names === '*' ? Object.keys(project.services) : names.split(',');
  return lines(wanted.toSorted().map((name) => `${name} ${serviceHash(project, requireService(project, name))}`));
}

function requireService(project: Project, name: string): Project['services'][string] {
  const service = Object.hasOwn(project.services, name) ? project.services[name] : undefined;
  if (service !== undefined) return service;
  const meant = nearest(name, Object.keys(project.services));
  throw new UsageError(`no such service: ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
}

function lines(words: readonly string[]): string {
  return words.join('\n');
}
