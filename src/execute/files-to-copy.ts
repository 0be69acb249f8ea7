/** Configs and secrets whose bytes are not a file on the host: they are written into the container before each start. */

import type { FileToCopy } from '../engine/engine.ts';
import type { Project } from '../model/project.ts';

type Files = { readonly ok: true; readonly list: FileToCopy[] } | { readonly ok: false; readonly message: string };

export function filesToCopy(project: Project, serviceName: string): Files {
  const service = project.services[serviceName];
  const list: FileToCopy[] = [];
  for (const [kind, references, objects] of [
    ['secret', service?.secrets ?? [], project.secrets],
    ['config', service?.configs ?? [], project.configs],
  ] as const) {
    for (const reference of references) {
      const object = objects[reference.source];
      if (!object || object.file !== undefined || object.external) continue;
      if (object.value === undefined) {
        return {
          ok: false,
          message: `${kind} ${reference.source}: the variable ${object.environment ?? ''} is not set`,
        };
      }
      if (object.value === '') continue;
      const directory = kind === 'secret' ? '/run/secrets/' : '/';
      const target = reference.target ?? reference.source;
      list.push({
        path: target.startsWith('/') ? target : directory + target,
        bytes: new TextEncoder().encode(object.value),
        mode: reference.mode ?? 0o444,
        uid: Number(reference.uid ?? 0),
        gid: Number(reference.gid ?? 0),
      });
    }
  }
  return { ok: true, list };
}
