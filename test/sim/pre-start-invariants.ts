/** The rules of `pre_start`, whose hooks run in containers of their own: checked on the log as the others are (invariants.ts). */
import type { CarriedHook } from '../../src/model/carried-hook.ts';
import { LABEL } from '../../src/model/owner.ts';
import type { DeedOf } from '../support/sim/log.ts';
import { MAKE_ATTEMPTS, type Evidence, type Rule } from './evidence.ts';

export const PRE_START_RULES: Readonly<Record<string, Rule>> = {
  'pre_start comes before a first start': preStarted,
  'no container is started beside a pre_start of its own': notBeside,
  'one pre_start runs once at a time': oneEach,
  'a pre_start that succeeded is not repeated': notAgain,
};

function* preStarted(evidence: Evidence): Iterable<string> {
  for (const deed of evidence.deeds) {
    if (deed.what !== 'container-started' || !evidence.run(deed) || !evidence.isService(deed.containerId)) continue;
    const { containerId, index } = deed;
    const isFirst = !evidence.of(containerId).some(({ what, index: at }) => what === 'container-started' && at < index);
    if (!isFirst) continue;
    for (const [place, hook] of evidence.hooks(containerId).pre_start.entries()) {
      if (!wasPrepared(evidence, containerId, { hook, place, before: index }))
        yield `${evidence.nameOf(containerId)} was started without ${(hook.command ?? []).join(' ')}`;
    }
  }
}

function wasPrepared(
  evidence: Evidence,
  containerId: string,
  { hook, place, before }: { readonly hook: CarriedHook; readonly place: number; readonly before: number },
): boolean {
  const key = hook.policy.run === 'once-per-definition' ? LABEL.service : LABEL.configHash;
  const isSame = (other: string): boolean =>
    evidence.label(other, LABEL.service) === evidence.label(containerId, LABEL.service) &&
    evidence.label(other, key) === evidence.label(containerId, key);
  const counts = (other: string): boolean =>
    hook.per_replica === true && hook.policy.run !== 'once-per-definition' ? other === containerId : isSame(other);
  const startedBeside = evidence.deeds.some(
    (deed) =>
      deed.what === 'container-started' &&
      deed.index < before &&
      evidence.isService(deed.containerId) &&
      counts(deed.containerId),
  );
  if (startedBeside) return true;
  if (hook.policy.onFailure === 'continue' && wasRefused(evidence, { hook, place, before, counts })) return true;
  return hookEnds(evidence).some(({ deed, owner }) => {
    const isIt = owner.index === place && owner.digest === hook.digest && counts(owner.containerId);
    return (
      isIt &&
      deed.index < before &&
      ((deed.exitCode === 0 && deed.by.kind !== 'client') || hook.policy.onFailure === 'continue')
    );
  });
}

/** The engine failed at its container's start, or at making one as often as it was asked: nobody could have run it. */
function wasRefused(
  evidence: Evidence,
  about: {
    readonly hook: CarriedHook;
    readonly place: number;
    readonly before: number;
    readonly counts: (containerId: string) => boolean;
  },
): boolean {
  const past = evidence.failures.filter(({ index }) => index < about.before);
  if (past.filter(({ call }) => call === 'POST /containers/create').length >= MAKE_ATTEMPTS) return true;
  return [...evidence.creations.keys()].some((id) => {
    const owner = evidence.hookOwner(id);
    const isIt = owner?.index === about.place && owner.digest === about.hook.digest && about.counts(owner.containerId);
    return isIt && past.some(({ call }) => call === `POST /containers/${id}/start`);
  });
}

function hookEnds(evidence: Evidence): { deed: DeedOf<'container-exited'>; owner: HookOwner }[] {
  return evidence.deeds.flatMap((deed) => {
    const owner = deed.what === 'container-exited' ? evidence.hookOwner(deed.containerId) : undefined;
    return owner && deed.what === 'container-exited' ? [{ deed, owner }] : [];
  });
}

/** What is ended at its deadline may say 0 as well. */
function isSuccess({ exitCode, by }: DeedOf<'container-exited'>): boolean {
  return exitCode === 0 && by.kind === 'process';
}

type HookOwner = NonNullable<ReturnType<Evidence['hookOwner']>>;

function* oneEach(evidence: Evidence): Iterable<string> {
  const running = new Map<string, string>();
  for (const deed of evidence.deeds) {
    if (!('containerId' in deed)) continue;
    const { containerId } = deed;
    const owner = evidence.hookOwner(containerId);
    if (!owner) continue;
    if (deed.what === 'container-exited' || deed.what === 'container-removed') running.delete(containerId);
    // Others may start what was kept for inspection.
    if (deed.what !== 'container-started' || deed.by.kind !== 'client') continue;
    const subject = `${owner.containerId} ${owner.index}`;
    for (const [other, theirs] of running) {
      if (theirs === subject && other !== containerId)
        yield `${evidence.nameOf(containerId)} began while ${evidence.nameOf(other)} ran`;
    }
    running.set(containerId, subject);
  }
}

function* notBeside(evidence: Evidence): Iterable<string> {
  const running = new Map<string, string>();
  for (const deed of evidence.deeds) {
    if (!('containerId' in deed)) continue;
    const { containerId } = deed;
    const owner = evidence.hookOwner(containerId);
    if (deed.what === 'container-exited' || deed.what === 'container-removed') running.delete(containerId);
    if (deed.what !== 'container-started' || deed.by.kind !== 'client') continue;
    if (owner) running.set(containerId, owner.containerId);
    for (const [hook, theirs] of running) {
      if (theirs === containerId)
        yield `${evidence.nameOf(containerId)} was started while ${evidence.nameOf(hook)} ran`;
    }
  }
}

function* notAgain(evidence: Evidence): Iterable<string> {
  const ends = hookEnds(evidence);
  for (const deed of evidence.deeds) {
    if (deed.what !== 'container-started' || deed.by.kind !== 'client') continue;
    const owner = evidence.hookOwner(deed.containerId);
    if (!owner || evidence.lostState(0, deed.index)) continue;
    const before = ends.find(
      (end) =>
        end.deed.index < deed.index &&
        isSuccess(end.deed) &&
        end.owner.containerId === owner.containerId &&
        end.owner.index === owner.index,
    );
    if (!before || wasTakenByOthers(evidence, before.deed.containerId)) continue;
    yield `${evidence.nameOf(deed.containerId)} was run although ${evidence.nameOf(before.deed.containerId)} had succeeded`;
  }
}

/** Others ended, started or removed it: its success could not be told. */
function wasTakenByOthers(evidence: Evidence, containerId: string): boolean {
  return evidence.of(containerId).some(({ by }) => by.kind === 'outside');
}
