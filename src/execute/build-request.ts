/** What a build of a service's image is made from: secrets with their bytes, contexts with the images they stand for. */

import type { BuildRequest, BuildSecret } from '../engine/engine.ts';
import type { Build, Project, Service } from '../model/project.ts';
import { imageLabels, imageRef } from '../model/owner.ts';

type Request =
  | { readonly ok: true; readonly request: Omit<BuildRequest, 'onOutput'> }
  | { readonly ok: false; readonly message: string };

export function buildRequest(project: Project, service: Service, build: Build): Request {
  const secrets: BuildSecret[] = [];
  for (const { source, target: id = source } of build.secrets ?? []) {
    const object = project.secrets[source];
    if (object?.file !== undefined) secrets.push({ id, file: object.file });
    else if (object?.value !== undefined) secrets.push({ id, value: object.value });
    else return { ok: false, message: `build secret ${source}: ${whyNot(object)}` };
  }
  const contexts = Object.entries(build.additional_contexts ?? {}).map(([name, value]) => {
    const other = value.startsWith('service:') ? project.services[value.slice('service:'.length)] : undefined;
    return [name, other ? `docker-image://${imageRef(project, other)}` : value] as const;
  });
  return {
    ok: true,
    request: {
      service: service.name,
      ref: imageRef(project, service),
      build,
      labels: { ...build.labels, ...imageLabels(project, service) },
      platform: service.platform ?? project.defaultPlatform,
      secrets,
      contexts: Object.fromEntries(contexts),
    },
  };
}

function whyNot(object: Project['secrets'][string] | undefined): string {
  if (object === undefined) return 'is used but not declared';
  if (object.environment !== undefined) return `the variable ${object.environment} is not set`;
  return 'is external, which needs Swarm: give it a file, content or environment';
}
