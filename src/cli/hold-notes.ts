/** What is left alone on purpose, said to whoever converges or plans: else a project would look converged and not be. */

import type { Project, ServiceName } from '../model/project.ts';
import type { Hold } from '../state/state.ts';

/** `released`: what was stopped by hand is wanted again, so only what is suspended is left alone. */
export function holdNotes(
  holds: readonly Hold[],
  {
    desired,
    services,
    released,
  }: { readonly desired: Project; readonly services: ReadonlySet<ServiceName> | undefined; readonly released: boolean },
): string[] {
  return holds.flatMap(({ service, kind }) => {
    if (kind === 'stopped' && released) return [];
    const isMeant = service === undefined || (services?.has(service) ?? Object.hasOwn(desired.services, service));
    if (!isMeant) return [];
    const subject = service ?? 'the project';
    return kind === 'suspended'
      ? [`${subject} is suspended and left alone (reeve resume)`]
      : [`${subject} was stopped by hand and is left alone (reeve start)`];
  });
}
