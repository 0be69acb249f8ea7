/**
 * A carried hook as it is run: its words, and as an exec request. Values that were withheld from the label are put back from
 * the ledger; one that is nowhere any more is a refusal that says which it is and what to do, for a hook without it is
 * another hook.
 */

import type { ExecRequest } from '../engine/engine.ts';
import { wholeCommand, type CarriedHook } from '../model/carried-hook.ts';
import type { HookLedger } from '../state/state.ts';

export type HookRequest =
  | { readonly ok: true; readonly exec: ExecRequest }
  | { readonly ok: false; readonly message: string };

/** Command and environment of a hook, nothing withheld. */
export interface HookWords {
  readonly command: readonly string[];
  /** Variables that have a value. */
  readonly environment: Readonly<Record<string, string>>;
}

export type WholeHook =
  | { readonly ok: true; readonly words: HookWords }
  | { readonly ok: false; readonly message: string };

export function wholeHook(hook: CarriedHook, ledger: Pick<HookLedger, 'values'>): WholeHook {
  const kept = (hook.withheld.length > 0 ? ledger.values(hook.digest) : undefined) ?? {};
  const command = wholeCommand(hook, kept);
  if (!command) return { ok: false, message: lostValue('a part of its command') };
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(hook.environment ?? {})) {
    const known = value ?? kept[name];
    if (known !== undefined) environment[name] = known;
    else if (hook.withheld.includes(name)) return { ok: false, message: lostValue(`the value of ${name}`) };
  }
  return { ok: true, words: { command, environment } };
}

export function hookRequest(hook: CarriedHook, ledger: Pick<HookLedger, 'values'>): HookRequest {
  const whole = wholeHook(hook, ledger);
  if (!whole.ok) return whole;
  const { command, environment } = whole.words;
  return {
    ok: true,
    exec: {
      command,
      user: hook.user,
      privileged: hook.privileged ?? false,
      workingDir: hook.working_dir,
      environment: Object.keys(hook.environment ?? {}).map((name) => variable(name, environment[name])),
    },
  };
}

/** By its name alone the engine takes a variable of the container away from the command, as it does for Docker Compose. */
function variable(name: string, value: string | undefined): string {
  return value === undefined ? name : `${name}=${value}`;
}

function lostValue(what: string): string {
  return (
    `cannot be run: ${what} was kept in the state database, which is lost, and the files do not have ` +
    `this hook any more (put the hook back into the file, or use --force)`
  );
}
