/**
 * What is mounted into a container: volumes, binds, tmpfs, images, and configs and secrets that are files.
 *
 * Plain binds and named volumes are sent in the engine's old form (`SOURCE:TARGET:rw`), because only there the engine
 * makes a missing host folder on every API version; what that form cannot say goes to `Mounts`. The last entry for a
 * target wins, a volume over a config or secret. A volume of the container that is replaced is carried over only to where
 * this one would get an anonymous volume anyhow. Bytes from `content` or `environment` are never mounted: they are
 * copied in before each start.
 */

import { posix } from 'node:path';
import { EngineError } from '../model/errors.ts';
import type { FileObject, FileReference, Project, Service, ServiceVolume } from '../model/project.ts';
import type { CreateInput } from './create-input.ts';

interface Mount {
  readonly Type: string;
  readonly Source?: string | undefined;
  readonly Target: string;
  readonly [option: string]: unknown;
}

type Entry = { readonly bind: string } | { readonly mount: Mount };

type MountInput = Pick<CreateInput, 'project' | 'service' | 'carriedVolumes' | 'imageVolumes'>;

/** `Binds` and `Mounts` of HostConfig. */
export function bindsAndMounts(input: MountInput): { Binds: string[] | undefined; Mounts: Mount[] | undefined } {
  const { project, service } = input;
  const entries = new Map<string, Entry>();
  for (const target of freshTargets(input)) {
    const name = input.carriedVolumes.get(target);
    if (name !== undefined) entries.set(target, { mount: { Type: 'volume', Source: name, Target: target } });
  }
  if (service.use_api_socket) {
    entries.set('/var/run/docker.sock', { bind: '/var/run/docker.sock:/var/run/docker.sock:rw' });
  }
  for (const volume of service.volumes ?? []) entries.set(volume.target, volumeEntry(volume, input));
  const files = [
    ...fileMounts(service.secrets, project.secrets, 'secret', service),
    ...fileMounts(service.configs, project.configs, 'config', service),
  ];
  for (const mount of files) if (!entries.has(mount.Target)) entries.set(mount.Target, { mount });

  const binds = [...entries.values()].flatMap((entry) => ('bind' in entry ? [entry.bind] : []));
  const mounts = [...entries.values()].flatMap((entry) => ('mount' in entry ? [entry.mount] : []));
  return { Binds: binds.length > 0 ? binds : undefined, Mounts: mounts.length > 0 ? mounts : undefined };
}

/** Where a config or secret appears in the container. */
export function fileTarget(reference: FileReference, kind: 'config' | 'secret'): string {
  const base = kind === 'secret' ? '/run/secrets/' : '/';
  const target = reference.target ?? reference.source;
  return target.startsWith('/') || /^[A-Za-z]:[\\/]/.test(target) ? target : base + target;
}

/** Where a container gets a volume of its own only because its image declares one there. */
function freshTargets({ service, imageVolumes }: MountInput): string[] {
  const taken = new Set(
    [
      ...(service.volumes ?? []).map(({ target }) => target),
      ...(service.tmpfs ?? []).map((item) => item.split(':', 1)[0] ?? item),
      ...(service.secrets ?? []).map((reference) => fileTarget(reference, 'secret')),
      ...(service.configs ?? []).map((reference) => fileTarget(reference, 'config')),
    ].map(cleanPath),
  );
  return imageVolumes.map(cleanPath).filter((target) => !taken.has(target));
}

/** As the engine shows it: without what a path may say twice, or at its end. */
function cleanPath(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, '');
}

function volumeEntry(volume: ServiceVolume, input: MountInput): Entry {
  const { project } = input;
  switch (volume.type) {
    case 'bind':
      return needsMountForm(volume) ? { mount: bindMount(volume) } : { bind: bindText(volume.source ?? '', volume) };
    case 'volume':
      return namedVolume(volume, project, input.carriedVolumes);
    case 'image':
      return { mount: { ...plainMount(volume), ImageOptions: volume.image && { Subpath: volume.image.subpath } } };
    case 'tmpfs':
      return {
        mount: {
          ...plainMount(volume),
          TmpfsOptions: volume.tmpfs && { SizeBytes: volume.tmpfs.size, Mode: volume.tmpfs.mode },
        },
      };
    case 'npipe':
    case 'cluster':
      return { mount: plainMount(volume) };
  }
}

function namedVolume(volume: ServiceVolume, project: Project, carried: ReadonlyMap<string, string>): Entry {
  const declared = volume.source === undefined ? undefined : project.volumes[volume.source];
  const source = declared?.name ?? volume.source ?? carried.get(volume.target);
  const options = volume.volume;
  const plain = !options?.nocopy && !options?.subpath && Object.keys(options?.labels ?? {}).length === 0;
  if (declared && plain) return { bind: bindText(declared.name, volume) };
  return {
    mount: {
      ...plainMount(volume),
      Source: source,
      VolumeOptions: options && { NoCopy: options.nocopy, Labels: options.labels, Subpath: options.subpath },
    },
  };
}

function needsMountForm({ bind }: ServiceVolume): boolean {
  return bind !== undefined && (!bind.create_host_path || Boolean(bind.propagation) || Boolean(bind.recursive));
}

function bindText(source: string, volume: ServiceVolume): string {
  const selinux = volume.bind?.selinux;
  return `${source}:${volume.target}:${volume.read_only ? 'ro' : 'rw'}${selinux ? `,${selinux}` : ''}`;
}

function bindMount(volume: ServiceVolume): Mount {
  const { bind } = volume;
  return {
    ...plainMount(volume),
    BindOptions: {
      Propagation: bind?.propagation,
      CreateMountpoint: bind?.create_host_path,
      NonRecursive: bind?.recursive === 'disabled' || undefined,
      ReadOnlyNonRecursive: bind?.recursive === 'writable' || undefined,
      ReadOnlyForceRecursive: bind?.recursive === 'readonly' || undefined,
    },
  };
}

function plainMount(volume: ServiceVolume): Mount {
  return {
    Type: volume.type,
    Source: volume.source,
    Target: volume.target,
    ReadOnly: volume.read_only,
    Consistency: volume.consistency,
  };
}

function fileMounts(
  references: readonly FileReference[] | undefined,
  objects: Readonly<Record<string, FileObject>>,
  kind: 'config' | 'secret',
  service: Service,
): Mount[] {
  return (references ?? []).flatMap((reference) => {
    const object = objects[reference.source];
    const refuse = (why: string): never => {
      throw new EngineError('rejected', `${service.name}: ${kind} ${reference.source} ${why}`);
    };
    if (object === undefined) return refuse('is used but not declared');
    if (object.external) return refuse('is external, which needs Swarm: give it a file, content or environment');
    if (object.driver || object.template_driver) return refuse('has a driver, which needs Swarm');
    if (object.environment !== undefined || object.content !== undefined) return [];
    const target = fileTarget(reference, kind);
    const mount: Mount = { Type: 'bind', Source: object.file, Target: target, ReadOnly: true };
    return [kind === 'secret' ? { ...mount, BindOptions: {} } : mount];
  });
}
