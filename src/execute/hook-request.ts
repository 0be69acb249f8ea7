/**
 * A carried hook as an exec request. Values that were withheld from the label are put back from the ledger; one that
 * is nowhere any more is a refusal that says which it is and what to do, for a hook without it is another hook.
 */

import type { ExecRequest } from '../engine/engine.ts';
import { wholeCommand, type CarriedHook } from '../model/carried-hook.ts';
import type { HookLedger } from '../state/state.ts';

export type HookRequest =
  | { readonly ok: true; readonly exec: ExecRequest }
  | { readonly ok: false; readonly message: string };

export function hookRequest(hook: CarriedHook, ledger: Pick<HookLedger, 'values'>): HookRequest {
  const kept = (hook.withheld.length > 0 ? ledger.values(hook.digest) : undefined) ?? {};
  const command = wholeCommand(hook, kept);
  if (!command) return { ok: false, message: lostValue('a part of its command') };
  const environment: string[] = [];
  for (const [name, value] of Object.entries(hook.environment ?? {})) {
    const known = value ?? kept[name];
    if (known !== undefined) environment.push(`${name}=${known}`);
    else if (hook.withheld.includes(name)) return { ok: false, message: lostValue(`the value of ${name}`) };
  }
  return {
    ok: true,
    exec: {
      command,
      user: hook.user,
      privileged: hook.privileged ?? false,
      workingDir: hook.working_dir,
      environment,
    },
  };
}

function lostValue(what: string): string {
  return (
    `cannot be run: ${what} was kept in the state database, which is lost, and the files do not have ` +
    `this hook any more (put the hook back into the file, or use --force)`
  );
}
