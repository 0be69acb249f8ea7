/** What a create call mounts, with the volumes that it makes on the way. */
import type { By } from './log.ts';
import type { EngineState } from './state.ts';
import type { CreateBody, SimImage, SimMount } from './things.ts';
import type { Volumes } from './volumes.ts';

/** The mounts of a container to be made; a later one for the same target wins. */
export function mountsOf(
  body: CreateBody,
  image: SimImage,
  { state, volumes }: { readonly state: EngineState; readonly volumes: Volumes },
  by: By,
): SimMount[] {
  const { Binds, Mounts, VolumesFrom } = body.HostConfig ?? {};
  const mounts = new Map<string, SimMount>();
  const volume = (name: string | undefined, target: string, isReadOnly: boolean): void => {
    const isAnonymous = !name;
    const made = volumes.create({ Name: name ?? '' }, by);
    mounts.set(target, { type: 'volume', volume: made.name, source: '', target, isReadOnly, isAnonymous });
  };
  for (const which of VolumesFrom ?? []) {
    for (const mount of state.container(which.split(':', 1)[0] ?? which).mounts) mounts.set(mount.target, mount);
  }
  for (const bind of Binds ?? []) {
    const [source = '', target = '', mode = ''] = bind.split(':');
    const isReadOnly = mode.split(',').includes('ro');
    if (source.startsWith('/')) {
      mounts.set(target, { type: 'bind', volume: '', source, target, isReadOnly, isAnonymous: false });
    } else volume(source, target, isReadOnly);
  }
  for (const { Type = '', Source, Target = '', ReadOnly = false } of Mounts ?? []) {
    if (Type === 'volume') volume(Source, Target, ReadOnly);
    else
      mounts.set(Target, {
        type: Type,
        volume: '',
        source: Source ?? '',
        target: Target,
        isReadOnly: ReadOnly,
        isAnonymous: false,
      });
  }
  for (const target of image.volumes) if (!mounts.has(target)) volume(undefined, target, false);
  return [...mounts.values()];
}
