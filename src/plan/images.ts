/**
 * Images: which one is pulled or built before a container is made from it, and which cannot be had.
 * That of a service follows its pull policy; that of a hook has none of its own.
 */

import { imageRef } from '../model/owner.ts';
import type { ObservedImage, ObservedProject } from '../model/observed.ts';
import { isImageFor } from '../model/platform.ts';
import type { Project, Service, ServiceName } from '../model/project.ts';
import type { PlanBuilder } from './builder.ts';
import type { Cause } from './cause.ts';
import { imageRefs } from './drift.ts';
import type { PlanPolicy } from './policy.ts';

export interface ImagePlanning {
  readonly plan: PlanBuilder;
  readonly desired: Project;
  readonly observed: ObservedProject;
  readonly policy: PlanPolicy;
  /** `image/app:1` -> what is wrong with it. */
  readonly obstacles: Map<string, string>;
  /** Services that get a new container. */
  readonly creating: ReadonlySet<ServiceName>;
  /** Services of which a container is started for the first time. */
  readonly beginning: ReadonlySet<ServiceName>;
}

/** What is there is left as it is unless it is to be renewed; what is absent matters where something is made from it. */
export function planImage(
  { plan, desired, observed, policy, obstacles, creating }: ImagePlanning,
  service: Service,
): void {
  const ref = imageRef(desired, service);
  const platform = service.platform ?? desired.defaultPlatform;
  const found = observed.images.get(ref);
  const isPresent = found !== undefined && isImageFor(found, platform);
  const wanted = policy.pull === 'policy' ? (service.pull_policy ?? 'missing') : policy.pull;
  const pullsFirst = isPulledFirst(service, policy);
  const renews =
    mayRenew(policy, ref) &&
    (service.build && !pullsFirst
      ? policy.build || wanted === 'build'
      : wanted === 'always' || isOlderThan(found, periodMsOf(wanted), policy.askedAtMs));
  if (isPresent ? !renews : !creating.has(service.name)) return;
  const subject = `image/${ref}`;
  const missing: Cause = found?.platform ? { kind: 'other-platform', found: found.platform } : { kind: 'absent' };
  const renewed: Cause = service.build && !pullsFirst ? { kind: 'rebuild' } : { kind: 'pull-policy', policy: wanted };
  const cause = isPresent ? renewed : missing;
  if (service.build) {
    // One image may be made from another's, which only the order of the services tells.
    const contexts = Object.values(service.build.additional_contexts ?? {});
    const named = contexts.flatMap((value) => (value.startsWith('service:') ? value.slice('service:'.length) : []));
    const dependsOn = [...Object.keys(service.depends_on ?? {}), ...named].flatMap((name) => {
      const dependency = desired.services[name];
      return dependency?.build ? [`image/${imageRef(desired, dependency)}:build`] : [];
    });
    const asked = pullsFirst ? { pullsFirst: { platform, isPresent } } : {};
    plan.add(
      { id: `${subject}:build`, kind: 'build-image', cause, ref, service: service.name, ...asked },
      { dependsOn },
    );
  } else if (!isPresent && (wanted === 'never' || wanted === 'build')) {
    const remedy = 'pull it, or change the policy';
    const where = found ? `on the engine for ${found.platform} only, not for ${platform},` : 'not on the engine';
    obstacles.set(subject, `image ${ref} is ${where} and the pull policy is ${wanted}: ${remedy}`);
  } else {
    plan.add({ id: `${subject}:pull`, kind: 'pull-image', cause, ref, platform });
  }
}

/** An image that has a name of its own may be in a registry, and is built only where it is not, or where that is asked for. */
function isPulledFirst({ build, image, pull_policy }: Service, policy: PlanPolicy): boolean {
  const wanted = policy.pull === 'policy' ? pull_policy : policy.pull;
  return build !== undefined && image !== undefined && !policy.build && wanted !== 'build' && wanted !== 'never';
}

/** Images of hooks have no policy of their own: the service's holds for them, and only where a hook may run. */
export function planHookImages(
  { plan, desired, observed, policy, obstacles, beginning }: ImagePlanning,
  service: Service,
): void {
  if (!beginning.has(service.name) || !service.pre_start) return;
  for (const ref of imageRefs(desired, service)) {
    const subject = `image/${ref}`;
    const isPresent = observed.images.has(ref);
    const wanted = policy.pull === 'policy' ? (service.pull_policy ?? 'missing') : policy.pull;
    const builder = Object.values(desired.services).find((one) => one.build && imageRef(desired, one) === ref);
    if (plan.has(`${subject}:build`) || obstacles.has(subject)) continue;
    if (isPresent && (builder !== undefined || wanted !== 'always' || !mayRenew(policy, ref))) continue;
    const cause: Cause = isPresent ? { kind: 'pull-policy', policy: wanted } : { kind: 'absent' };
    if (builder) {
      const platform = builder.platform ?? desired.defaultPlatform;
      const asked = isPulledFirst(builder, policy) ? { pullsFirst: { platform, isPresent } } : {};
      plan.add({ id: `${subject}:build`, kind: 'build-image', cause, ref, service: builder.name, ...asked });
    } else if (wanted === 'never') {
      const remedy = 'pull it, or change the policy';
      obstacles.set(subject, `image ${ref} is not on the engine and the pull policy is never: ${remedy}`);
    } else {
      const platform = ref === imageRef(desired, service) ? service.platform : undefined;
      plan.add({
        id: `${subject}:pull`,
        kind: 'pull-image',
        cause,
        ref,
        platform: platform ?? desired.defaultPlatform,
      });
    }
  }
}

/** A command that only starts what is there makes nothing from an image. */
function mayRenew({ renewed, existingOnly }: PlanPolicy, ref: string): boolean {
  return !renewed.has(ref) && !existingOnly;
}

function isOlderThan(image: ObservedImage | undefined, periodMs: number | undefined, atMs: number): boolean {
  return periodMs !== undefined && image?.taggedAtMs !== undefined && image.taggedAtMs + periodMs < atMs;
}

const PERIODS: Readonly<Record<string, number>> = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };

/** `daily`, `weekly`, `every_1d12h`; undefined: a policy without a period. */
function periodMsOf(policy: string): number | undefined {
  if (policy === 'daily') return PERIODS['d'];
  if (policy === 'weekly') return PERIODS['w'];
  if (!policy.startsWith('every_')) return undefined;
  const parts = policy.slice('every_'.length).matchAll(/(\d+)([wdhms])/g);
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (PERIODS[unit] ?? 0), 0);
}
