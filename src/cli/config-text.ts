/** The model of a project as `reeve config` prints it: whole, or one name a line. */

import { imageRef } from '../model/owner.ts';
import { serviceHash } from '../model/config-hash.ts';
import type { Project } from '../model/project.ts';
import { escapeUnseen } from '../model/unseen.ts';
import { neutraliseLine } from './render/neutralise.ts';
import { noSuchService } from './targets.ts';
import { printModel, selectServices } from './wire.ts';

export type ConfigAspect = 'model' | 'hash' | 'services' | 'images' | 'volumes' | 'networks' | 'profiles';

export interface ConfigOptions {
  readonly aspect: ConfigAspect;
  /** Of `--hash`: names joined by commas, or `*`. */
  readonly hash: string | undefined;
  readonly format: 'json' | 'yaml' | undefined;
  /** One JSON object a line, unless `format` says otherwise. */
  readonly json: boolean;
  /** Only these and what they depend on; all when empty. */
  readonly services: readonly string[];
}

export async function renderConfig(project: Project, options: ConfigOptions): Promise<string> {
  for (const name of options.services) requireService(project, name);
  const selected = options.services.length === 0 ? project : await selectServices(project, options.services);
  if (options.aspect === 'model') {
    const format = options.format ?? (options.json ? 'json-line' : 'yaml');
    return (await printModel(selected, format)).replace(/\n$/, '');
  }
  const rows = rowsOf(selected, options.aspect, options.hash ?? '*');
  return rows
    .map((row) => (options.json ? escapeUnseen(JSON.stringify(row)) : neutraliseLine(Object.values(row).join(' '))))
    .join('\n');
}

/** What a line says, by the names that `--json` gives it. */
function rowsOf(
  project: Project,
  aspect: Exclude<ConfigAspect, 'model'>,
  hashed: string,
): Readonly<Record<string, string>>[] {
  switch (aspect) {
    case 'hash':
      return hashRows(project, hashed);
    case 'services':
      return Object.keys(project.services).map((service) => ({ service }));
    case 'volumes':
      return Object.keys(project.volumes).map((volume) => ({ volume }));
    case 'networks':
      return Object.keys(project.networks).map((network) => ({ network }));
    case 'profiles':
      return (project.profiles ?? []).map((profile) => ({ profile }));
    case 'images':
      return Object.values(project.services).map((service) => ({ image: imageRef(project, service) }));
  }
}

/** `service hash`, as Compose prints them. */
function hashRows(project: Project, names: string): { service: string; hash: string }[] {
  const wanted = names === '*' ? Object.keys(project.services) : names.split(',');
  return wanted
    .toSorted()
    .map((service) => ({ service, hash: serviceHash(project, requireService(project, service)) }));
}

function requireService(project: Project, name: string): Project['services'][string] {
  const service = Object.hasOwn(project.services, name) ? project.services[name] : undefined;
  if (service !== undefined) return service;
  throw noSuchService(project, name);
}
