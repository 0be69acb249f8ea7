/**
 * The last stage: what files beside the Compose files say is folded in, what nothing uses is dropped, and the project
 * is put together.
 */

import { isTrue } from './discovery.ts';
import { compareText } from '../model/canonical-json.ts';
import type { FileObject, Mapping, Project, Service } from '../model/project.ts';
import { Contents } from './content.ts';
import { extensionsOf } from './decode.ts';
import type { Findings } from './diagnostic.ts';
import type { Discovery } from './discovery.ts';
import type { Environment } from './environment.ts';
import { foldEnvFiles, foldLabelFiles, type FoldContext } from './env-files.ts';
import type { InputFiles } from './files.ts';
import type { MapNode } from './node.ts';
import { pick, placeOf, type Parts } from './project-builder.ts';
import { usedResources } from './select.ts';

export interface Assembly {
  readonly root: MapNode;
  readonly parts: Parts;
  readonly discovery: Discovery;
  readonly inputs: InputFiles;
  readonly findings: Findings;
}

/** Puts a project together; faults of env files are reported. */
export function assemble(name: string, assembly: Assembly): Project {
  const { root, parts, discovery, inputs } = assembly;
  const { environment } = discovery;
  const services = foldServices(name, assembly);
  const used = usedResources(Object.values(services));
  const secrets = pick(parts.secrets, used.secrets);
  const sensitive = [...environment.sensitiveValues, ...secretValues(secrets, inputs)];
  const defaultPlatform = environment.get('DOCKER_DEFAULT_PLATFORM');
  return {
    name,
    workingDir: discovery.workingDir,
    configFiles: discovery.files,
    environmentFiles: discovery.environmentFiles,
    ...(defaultPlatform ? { defaultPlatform } : {}),
    ...settingsOf(environment),
    services,
    disabledServices: Object.keys(parts.disabled),
    profiles: profilesOf(parts),
    networks: pick(parts.networks, used.networks),
    volumes: pick(parts.volumes, used.volumes),
    secrets,
    configs: pick(parts.configs, used.configs),
    extensions: extensionsOf(root) ?? {},
    inputFiles: inputs.list,
    sensitiveValues: new Set(sensitive),
  };
}

/** What variables, those of `.env` too, say of a project as a whole. */
function settingsOf(environment: Environment): Pick<Project, 'nameSeparator' | 'orphans'> {
  const says = (name: string): boolean => isTrue(environment.get(name));
  return {
    ...(says('COMPOSE_COMPATIBILITY') ? { nameSeparator: '_' } : {}),
    ...(says('COMPOSE_REMOVE_ORPHANS')
      ? { orphans: 'removed' }
      : says('COMPOSE_IGNORE_ORPHANS')
        ? { orphans: 'ignored' }
        : {}),
  };
}

/** The enabled services with their env files and label files folded in. */
function foldServices(projectName: string, assembly: Assembly): Mapping<Service> {
  const { root, parts, discovery, inputs, findings } = assembly;
  const contents = new Contents(inputs, { name: projectName, workingDir: discovery.workingDir });
  const folded = new Map<string, Service>();
  for (const [name, service] of Object.entries(parts.services)) {
    if (findings.isBroken('services', name)) continue;
    const context: FoldContext = {
      environment: discovery.environment,
      inputs,
      findings,
      path: ['services', name],
      placeOf: (path) => placeOf(root, path),
    };
    const labels = foldLabelFiles(service.label_file ?? [], service.labels, context);
    const digests = contents.digestsOf(service, parts.configs, parts.secrets);
    folded.set(name, {
      ...withEnvFiles(service, context),
      ...(labels === undefined ? {} : { labels }),
      ...(digests === undefined ? {} : { contents: digests }),
    });
  }
  return pick(Object.fromEntries(folded), folded.keys());
}

function withEnvFiles(service: Service, context: FoldContext): Service {
  if (service.env_file === undefined || service.env_file.length === 0) return service;
  const environment = foldEnvFiles(service.env_file, service.environment, context);
  return { ...service, ownEnvironment: service.environment ?? {}, environment };
}

function profilesOf(parts: Parts): string[] {
  const services = [...Object.values(parts.services), ...Object.values(parts.disabled)];
  return [...new Set(services.flatMap((service) => service.profiles ?? []))].toSorted(compareText);
}

/** What secrets contain, as it is and without the blanks around it. */
function secretValues(secrets: Mapping<FileObject>, inputs: InputFiles): string[] {
  return Object.values(secrets).flatMap((secret) => {
    const text = secret.value ?? fileText(secret, inputs);
    return text === undefined ? [] : [text, text.trim()].filter((value) => value !== '');
  });
}

function fileText(secret: FileObject, inputs: InputFiles): string | undefined {
  if (secret.file === undefined || secret.external === true) return undefined;
  const bytes = inputs.readBytes(secret.file, 'secret');
  return bytes.ok ? bytes.value.toString('utf8') : undefined;
}
