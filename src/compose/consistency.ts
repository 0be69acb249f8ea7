/**
 * Checks that take more than one attribute or more than one part of a project.
 *
 * Only enabled services are checked, as in Compose. Of services with other faults only the references are.
 */

import type { Service } from '../model/project.ts';
import { findDependencyCycle } from './dependency-cycle.ts';
import { formatPath, type DiagnosticCode, type Finding, type Findings, type Path } from './diagnostic.ts';
import type { MapNode } from './node.ts';
import { placeOf, type Parts } from './project-builder.ts';
import { nearest } from './suggestion.ts';

type Section = 'networks' | 'volumes' | 'secrets' | 'configs';

const SINGULAR: Readonly<Record<Section, string>> = {
  networks: 'network',
  volumes: 'volume',
  secrets: 'secret',
  configs: 'config',
};

type Help = Pick<Finding, 'expected' | 'suggestion' | 'remedy'>;

/** Reports what does not fit together. */
export function checkConsistency(root: MapNode, parts: Parts, findings: Findings): void {
  const check = new ConsistencyCheck(root, parts, findings);
  for (const service of Object.values(parts.services)) check.service(service);
  check.containerNames();
  check.secrets();
  check.cycles();
}

class ConsistencyCheck {
  readonly #root: MapNode;
  readonly #parts: Parts;
  readonly #findings: Findings;

  constructor(root: MapNode, parts: Parts, findings: Findings) {
    this.#root = root;
    this.#parts = parts;
    this.#findings = findings;
  }

  service(service: Service): void {
    const path = ['services', service.name];
    this.#references(service, path);
    this.#dependencies(service, path);
    // What is missing or odd in a service that could not be read in full may only seem so.
    if (this.#findings.isBroken('services', service.name)) return;
    if (service.build === undefined && !service.image && service.provider === undefined) {
      const message = `service "${service.name}" has neither an image nor a build context specified`;
      this.#report('missing-key', message, path, { expected: 'image or build' });
    }
    this.#build(service, path);
    this.#scale(service, path);
    this.#limits(service, path);
    this.#mounts(service, path);
    const [test] = service.healthcheck?.test ?? [];
    if (test !== undefined && !['CMD', 'CMD-SHELL', 'NONE'].includes(test)) {
      const message = 'healthcheck.test must start either by "CMD", "CMD-SHELL" or "NONE"';
      this.#report('invalid-value', message, [...path, 'healthcheck', 'test'], { expected: 'CMD, CMD-SHELL or NONE' });
    }
    for (const trigger of service.develop?.watch ?? []) {
      const action = trigger['action'];
      if (trigger['target'] !== undefined || action === 'rebuild' || action === 'restart') continue;
      const message = `${formatPath(path)}.develop.watch: target is required for non-rebuild actions`;
      this.#report('missing-key', message, [...path, 'develop', 'watch'], { expected: 'target' });
    }
  }

  containerNames(): void {
    const owners = new Map<string, string>();
    for (const { name, container_name: containerName } of Object.values(this.#parts.services)) {
      if (containerName === undefined || containerName === '') continue;
      const owner = owners.get(containerName);
      if (owner === undefined) owners.set(containerName, name);
      else {
        const message = `services.${name}: container name "${containerName}" is already in use by service ${owner}`;
        this.#report('conflict', message, ['services', name, 'container_name']);
      }
    }
  }

  secrets(): void {
    for (const [name, secret] of Object.entries(this.#parts.secrets)) {
      if (secret.external === true || secret.file || secret.environment) continue;
      const message = `secret "${name}" must declare either \`file\` or \`environment\``;
      this.#report('missing-key', message, ['secrets', name], { expected: 'file or environment' });
    }
  }

  cycles(): void {
    const cycle = findDependencyCycle(this.#parts.services);
    const [first] = cycle ?? [];
    if (cycle === undefined || first === undefined) return;
    const message = `dependency cycle detected: ${cycle.join(' -> ')}`;
    this.#report('cycle', message, ['services', first, 'depends_on']);
  }

  #build(service: Service, path: Path): void {
    const { build, platform } = service;
    if (build === undefined) return;
    if (build.dockerfile_inline && build.dockerfile) {
      const message = `service "${service.name}" declares mutually exclusive dockerfile and dockerfile_inline`;
      this.#report('conflict', message, [...path, 'build', 'dockerfile']);
    }
    for (const [name, context] of Object.entries(build.additional_contexts ?? {})) {
      if (!context.startsWith('service:')) continue;
      const target = context.slice('service:'.length);
      const at = [...path, 'build', 'additional_contexts', name];
      const known = this.#parts.services[target];
      if (known !== undefined && known.build === undefined) {
        const message = `service "${service.name}" declares non-buildable service "${target}" as additional context ${name}`;
        this.#report('conflict', message, at);
      } else if (known === undefined && !this.#findings.isBroken('services', target)) {
        const message = `service "${service.name}" declares unknown service "${target}" as additional context ${name}`;
        this.#report('undefined-reference', message, at, {
          suggestion: nearest(target, Object.keys(this.#parts.services)),
        });
      }
    }
    if (platform && build.platforms?.length && !build.platforms.includes(platform)) {
      const message = `service.build.platforms MUST include service.platform "${platform}"`;
      this.#report('conflict', message, [...path, 'platform'], { expected: build.platforms.join(', ') });
    }
  }

  #references(service: Service, path: Path): void {
    const { models } = this.#parts;
    const names = Object.keys(service.networks ?? {});
    if (service.network_mode && names.length > 0) {
      const message = `service ${service.name} declares mutually exclusive \`network_mode\` and \`networks\``;
      this.#report('conflict', message, [...path, 'network_mode'], { remedy: 'remove one of the two' });
    }
    for (const name of names) this.#refer('networks', name, [...path, 'networks', name]);
    for (const [index, mount] of (service.volumes ?? []).entries()) {
      if (mount.type !== 'volume' || !mount.source) continue;
      this.#refer('volumes', mount.source, [...path, 'volumes', index]);
    }
    for (const [index, { source }] of (service.build?.secrets ?? []).entries()) {
      this.#refer('secrets', source, [...path, 'build', 'secrets', index], 'build secret');
    }
    for (const [index, { source }] of (service.configs ?? []).entries()) {
      this.#refer('configs', source, [...path, 'configs', index]);
    }
    for (const [index, { source }] of (service.secrets ?? []).entries()) {
      this.#refer('secrets', source, [...path, 'secrets', index]);
    }
    for (const name of Object.keys(service.models ?? {})) {
      if (models.has(name)) continue;
      this.#report('undefined-reference', `service "${service.name}" refers to undefined model ${name}`, [
        ...path,
        'models',
        name,
      ]);
    }
  }

  /** Reports a name that is not declared in its section; none at all counts as an empty one. */
  #refer(section: Section, wanted: string | undefined, path: Path, what = SINGULAR[section]): void {
    const name = wanted ?? '';
    const known = this.#parts[section];
    if (Object.hasOwn(known, name) || this.#findings.isBroken(section, name)) return;
    const message = `service "${String(path[1])}" refers to undefined ${what} ${name}`;
    const suggestion = nearest(name, Object.keys(known));
    const remedy = suggestion === undefined ? `declare it under ${section}` : undefined;
    this.#report('undefined-reference', message, path, { suggestion, remedy });
  }

  #dependencies(service: Service, path: Path): void {
    const { services, disabled } = this.#parts;
    const shared = service.network_mode?.startsWith('service:')
      ? service.network_mode.slice('service:'.length)
      : undefined;
    for (const [name, dependency] of Object.entries(service.depends_on ?? {})) {
      if (Object.hasOwn(services, name) || this.#findings.isBroken('services', name)) continue;
      const isDisabled = Object.hasOwn(disabled, name);
      if (isDisabled && !dependency.required) continue;
      const message = `service "${service.name}" depends on undefined service "${name}"`;
      const at = name === shared ? [...path, 'network_mode'] : [...path, 'depends_on', name];
      this.#report('undefined-reference', message, at, {
        suggestion: isDisabled ? undefined : nearest(name, Object.keys(services)),
        remedy: isDisabled ? `enable one of its profiles: ${disabled[name]?.profiles?.join(', ')}` : undefined,
      });
    }
  }

  #scale(service: Service, path: Path): void {
    const { scale, deploy } = service;
    if (scale !== undefined && deploy?.replicas !== undefined && scale !== deploy.replicas) {
      const message = `${formatPath(path)}: can't set distinct values on 'scale' and 'deploy.replicas'`;
      this.#report('conflict', message, [...path, 'scale']);
    }
    if (service.replicas < 0) {
      const attribute = scale === undefined ? ['deploy', 'replicas'] : ['scale'];
      const message = `${formatPath([...path, ...attribute])}: must be greater than or equal to 0`;
      this.#report('invalid-value', message, [...path, ...attribute]);
    }
    if (service.replicas > 1 && service.container_name) {
      const attribute = scale === undefined ? 'deploy.replicas' : 'scale';
      const message = `${formatPath(path)}: can't set container_name and ${attribute} as container name must be unique`;
      this.#report('conflict', message, [...path, 'container_name']);
    }
  }

  #limits(service: Service, path: Path): void {
    const { limits, reservations } = service.deploy?.resources ?? {};
    const pairs = [
      ['cpus', service.cpus, limits, limits?.cpus, 'limits.cpus'],
      ['mem_limit', service.mem_limit, limits, limits?.memory, 'limits.memory'],
      ['mem_reservation', service.mem_reservation, reservations, reservations?.memory, 'reservations.memory'],
      ['pids_limit', service.pids_limit, limits, limits?.pids, 'limits.pids'],
    ] as const;
    for (const [key, own, resource, other, name] of pairs) {
      if (own === undefined || own === 0 || resource === undefined || own === (other ?? 0)) continue;
      const message = `${formatPath(path)}: can't set distinct values on '${key}' and 'deploy.resources.${name}'`;
      this.#report('conflict', message, [...path, key]);
    }
  }

  #mounts(service: Service, path: Path): void {
    const targets = new Map<string, string>();
    const all = [
      ...(service.tmpfs ?? []).map((item, i) => ({ target: item.split(':', 1)[0] ?? '', at: [...path, 'tmpfs', i] })),
      ...(service.volumes ?? []).map((mount, i) => ({ target: mount.target, at: [...path, 'volumes', i] })),
    ];
    for (const { target, at } of all) {
      const first = targets.get(target);
      if (first === undefined) targets.set(target, formatPath(at));
      else this.#report('conflict', `${formatPath(at)}: target ${target} already mounted as ${first}`, at);
    }
  }

  #report(code: DiagnosticCode, message: string, path: Path, help: Help = {}): void {
    this.#findings.error({ code, message, at: placeOf(this.#root, path), path, ...help });
  }
}
