/**
 * Lint of hooks: the table of rules, and the hooks of a project held against it.
 *
 * It stands in plan/ and not in compose/ because half of the rules need what only a plan knows: past runs, and the images
 * of containers that are there. What the file alone tells comes in as HookSource; without it, and without a ledger, the
 * rules that need them say nothing, so `config --lint` and `plan` share one table.
 */

import { hookDigest } from '../../model/carried-hook.ts';
import type { HookPhase, HookRecord } from '../../model/hook.ts';
import type { HookSource, Lint, LintCode } from '../../model/lint.ts';
import type { Project, ServiceName } from '../../model/project.ts';
import { DEFAULT_HOOK_TIMEOUT_MS } from '../stop-budget.ts';
import type { HookFacts, Rule } from './rule.ts';
import { couldNotRunBefore, programNotInImage } from './program-rules.ts';
import { migrationFailureIgnored, migrationInPostStart, permissionsInPostStart } from './purpose-rules.ts';
import {
  commandCutShort,
  commandInOneWord,
  shellSyntaxWithoutShell,
  shellWithoutC,
  wordsAfterScript,
} from './shell-rules.ts';
import { closeToDeadline, longStop, neverHealthy } from './time-rules.ts';

const RULES: Readonly<Record<LintCode, Rule>> = {
  'permissions-in-post-start': permissionsInPostStart,
  'migration-in-post-start': migrationInPostStart,
  'migration-failure-ignored': migrationFailureIgnored,
  'shell-syntax-without-shell': shellSyntaxWithoutShell,
  'command-cut-short': commandCutShort,
  'command-in-one-word': commandInOneWord,
  'shell-without-c': shellWithoutC,
  'words-after-script': wordsAfterScript,
  'never-healthy': neverHealthy,
  'long-stop': longStop,
  'program-not-in-image': programNotInImage,
  'could-not-run-before': couldNotRunBefore,
  'close-to-deadline': closeToDeadline,
};

const PHASES: readonly HookPhase[] = ['pre_start', 'post_start', 'pre_stop'];

export interface LintInput {
  readonly project: Project;
  /** Named services; undefined: all. */
  readonly services?: ReadonlySet<ServiceName> | undefined;
  /** How the hooks are written; those that are not among them have no place and silence nothing. */
  readonly sources: readonly HookSource[];
  /** Of the project, newest last; default: none. */
  readonly runs?: readonly HookRecord[];
  /** Programs that an image is known not to have, by `hookKey`; default: none. */
  readonly absentPrograms?: ReadonlyMap<string, string>;
  /** Milliseconds; default 5 min. */
  readonly hookTimeoutMs?: number;
}

/** `web pre_stop[0]` */
export function hookKey(hook: { readonly service: string; readonly phase: HookPhase; readonly index: number }): string {
  return `${hook.service} ${hook.phase}[${hook.index}]`;
}

/** What is to be said of the project's hooks, in the order of services, phases and rules. */
export function lintHooks(input: LintInput): Lint[] {
  const { project, services, sources } = input;
  const written = new Map(sources.map((source) => [hookKey(source), source]));
  const runs = Map.groupBy(input.runs ?? [], ({ service, phase, digest }) => `${service} ${phase} ${digest}`);
  const lints: Lint[] = [];
  for (const service of Object.values(project.services)) {
    if (services && !services.has(service.name)) continue;
    for (const phase of PHASES) {
      for (const [index, hook] of (service[phase] ?? []).entries()) {
        const at = { service: service.name, phase, index };
        const source = written.get(hookKey(at));
        const facts: HookFacts = {
          service,
          phase,
          hook,
          words: hook.command ?? [],
          cutOff: source?.cutOff,
          runs: (runs.get(`${service.name} ${phase} ${hookDigest(hook)}`) ?? []).filter(hasEnded),
          absentProgram: input.absentPrograms?.get(hookKey(at)),
          hookTimeoutMs: input.hookTimeoutMs ?? DEFAULT_HOOK_TIMEOUT_MS,
        };
        lints.push(...judge(facts, source).map((advice) => ({ ...at, ...advice, place: source?.place })));
      }
    }
  }
  return lints;
}

function judge(facts: HookFacts, source: HookSource | undefined): Pick<Lint, 'code' | 'message' | 'remedy'>[] {
  const codes = Object.keys(RULES).filter(isCode);
  return codes.flatMap((code) => {
    const advice = source?.allowed.includes(code) ? undefined : RULES[code](facts);
    return advice ? [{ code, ...advice }] : [];
  });
}

function isCode(text: string): text is LintCode {
  return Object.hasOwn(RULES, text);
}

function hasEnded({ outcome }: HookRecord): boolean {
  return outcome === 'succeeded' || outcome === 'failed' || outcome === 'timed-out' || outcome === 'refused';
}
