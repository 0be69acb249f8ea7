/**
 * Cuts a failing day down to what it takes to fail: steps, versions, services and members are left out one after the
 * other, numbers made smaller, as long as the same rule is still broken. What makes no sense any more does not fail by
 * that rule, so nothing here needs to know what may be left out.
 */
import { isCommand, type ComposeText, type Json, type Scenario, type Step } from './scenario.ts';

export interface Shrinking {
  /** Whether that scenario breaks the same rule. */
  readonly fails: (scenario: Scenario) => Promise<boolean>;
  /** Simulations that may be run for it. */
  readonly budget: number;
}

export async function shrink(scenario: Scenario, { fails, budget }: Shrinking): Promise<Scenario> {
  let best = scenario;
  let left = budget;
  for (let isBetter = true; isBetter && left > 0;) {
    isBetter = false;
    for (const candidate of candidates(best)) {
      if (left <= 0) break;
      left -= 1;
      if (!(await fails(candidate))) continue;
      best = candidate;
      isBetter = true;
      break;
    }
  }
  return best;
}

/** Simpler ones, the boldest first. */
function* candidates(scenario: Scenario): Iterable<Scenario> {
  const { steps, versions } = scenario;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < steps.length; at += size) yield { ...scenario, steps: steps.toSpliced(at, size) };
  }
  if (scenario.down) yield { ...scenario, down: false };
  if (scenario.peace === 'watch') yield { ...scenario, peace: 'apply' };
  for (let last = versions.length - 1; last > 0; last -= 1) yield withoutVersion(scenario, last);
  const names = new Set(versions.flatMap(({ services }) => Object.keys(services)));
  for (const name of names) yield eachVersion(scenario, (version) => withoutService(version, name));
  for (const [at, step] of steps.entries()) {
    for (const simpler of simplerSteps(step)) yield { ...scenario, steps: steps.with(at, simpler) };
  }
  for (const name of names) yield* simplerServices(scenario, name);
  for (const member of ['networks', 'volumes', 'configs'] as const) {
    yield eachVersion(scenario, (version) => ({ ...version, [member]: {} }));
  }
}

function eachVersion(scenario: Scenario, change: (version: ComposeText) => ComposeText): Scenario {
  return { ...scenario, versions: scenario.versions.map(change) };
}

function withoutVersion(scenario: Scenario, gone: number): Scenario {
  const steps = scenario.steps.flatMap((step): Step[] => {
    const { what } = step;
    if (what.do !== 'edit' || what.version < gone) return [step];
    return what.version === gone ? [] : [{ ...step, what: { ...what, version: what.version - 1 } }];
  });
  return { ...scenario, versions: scenario.versions.toSpliced(gone, 1), steps };
}

function withoutService(version: ComposeText, name: string): ComposeText {
  const services = Object.entries(version.services).filter(([other]) => other !== name);
  const freed = services.map(([other, { depends_on: needs, ...rest }]) => {
    const left = Object.entries(typeof needs === 'object' && needs !== null ? needs : {}).filter(
      ([one]) => one !== name,
    );
    return [other, left.length > 0 ? { ...rest, depends_on: Object.fromEntries(left) } : rest] as const;
  });
  return { ...version, services: Object.fromEntries(freed) };
}

/** Members of a service left out in all versions, and items of its lists. */
function* simplerServices(scenario: Scenario, name: string): Iterable<Scenario> {
  const members = new Set(scenario.versions.flatMap(({ services }) => Object.keys(services[name] ?? {})));
  members.delete('image');
  members.delete('command');
  const change = (member: string, make: (value: Json) => Json | undefined): Scenario =>
    eachVersion(scenario, (version) => {
      const { [name]: service, ...others } = version.services;
      const value = service?.[member];
      if (!service || value === undefined) return version;
      const { [member]: _, ...rest } = service;
      const made = make(value);
      return { ...version, services: { ...others, [name]: made === undefined ? rest : { ...rest, [member]: made } } };
    });
  for (const member of members) {
    yield change(member, () => undefined);
    for (let at = 0; at < 2; at += 1) {
      yield change(member, (value) => (isList(value) && value.length > 1 ? value.toSpliced(at, 1) : value));
    }
  }
  yield change('scale', (value) => (typeof value === 'number' && value > 1 ? value - 1 : value));
  for (let at = 0; at < 2; at += 1) {
    for (const phase of ['post_start', 'pre_stop']) {
      yield change(phase, (value) =>
        isList(value) ? value.with(Math.min(at, value.length - 1), plain(value[at])) : value,
      );
    }
  }
  yield change('command', () => ['run']);
}

/** A hook that just succeeds. */
function plain(hook: Json | undefined): Json {
  if (typeof hook !== 'object' || hook === null || isList(hook)) return hook ?? null;
  const { command } = hook;
  const [name = ''] = isList(command ?? null) ? (command as readonly Json[]) : [];
  return { ...hook, command: [name, 'ok'] };
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function* simplerSteps(step: Step): Iterable<Step> {
  const { afterMs, what } = step;
  if (isCommand(what)) {
    const { do: verb, ...rest } = what;
    for (const member of Object.keys(rest)) {
      yield {
        afterMs,
        what: { do: verb, ...Object.fromEntries(Object.entries(rest).filter(([key]) => key !== member)) },
      };
    }
    if (verb !== 'apply' && verb !== 'watch') yield { afterMs, what: { ...what, do: 'apply' } };
  }
  if (what.do === 'others' && what.which > 0) yield { afterMs, what: { ...what, which: 0 } };
  if (what.do === 'engine' && what.times > 1) yield { afterMs, what: { ...what, times: 1 } };
  if (afterMs > 1) yield { afterMs: 1, what };
}
