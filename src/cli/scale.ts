/** `--scale` on the command line: which projects it may be asked for. What it means is the model's (model/scale.ts). */

import { UsageError } from '../model/errors.ts';
import type { Project, ServiceName } from '../model/project.ts';
import { parseScale, withScale } from '../model/scale.ts';

export type Scale = ReadonlyMap<ServiceName, number>;

/** The values of the flag; undefined where it was not given. */
export function scaleOf(items: readonly string[] | undefined): Scale | undefined {
  return items === undefined ? undefined : parseScale(items);
}

export function scaled(project: Project, scale: Scale | undefined): Project {
  return scale === undefined ? project : withScale(project, scale);
}

/** Which of the projects of a directory would be meant is anybody's guess. */
export function refuseScaleOfMany(scale: Scale | undefined): void {
  if (scale === undefined) return;
  throw new UsageError('--scale is about one project and cannot be given with a directory of projects');
}
