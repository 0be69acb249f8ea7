/**
 * What `doctor` looks at: the engine, what can and cannot be done with it from here, where state is kept, and versions.
 * Each finding says what it means; nothing is changed (opening the state makes its file, as every command does).
 */

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import type { EngineInfo } from '../engine/engine.ts';
import { messageOf } from '../model/errors.ts';
import type { ExitCode } from './exit.ts';
import { EXIT } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { neutraliseLine } from './render/neutralise.ts';
import type { Connection } from './wire.ts';
import { openConnection, openEngine } from './wire.ts';

interface Finding {
  readonly subject: 'reeve' | 'config' | 'engine' | 'hooks' | 'state';
  readonly verdict: 'ok' | 'warning' | 'bad';
  readonly text: string;
}

export async function runDoctor(invocation: Invocation): Promise<ExitCode> {
  const { output, flags, interrupts } = invocation;
  const findings: Finding[] = [versions()];
  const options = { host: flags.host, signal: interrupts.drain };
  let exitCode: ExitCode = EXIT.converged;
  try {
    const onNotice = (text: string): void => void findings.push({ subject: 'config', verdict: 'warning', text });
    const engine = await openEngine({ ...options, onNotice });
    findings.push(...engineFindings(engine.info()));
    await engine.close();
  } catch (error) {
    interrupts.drain.throwIfAborted();
    findings.push({ subject: 'engine', verdict: 'bad', text: messageOf(error) });
    exitCode = EXIT.unreachable;
  }
  if (exitCode === EXIT.converged) {
    try {
      const connection = await openConnection(options);
      findings.push(...stateFindings(connection));
      await connection.close();
    } catch (error) {
      interrupts.drain.throwIfAborted();
      findings.push({ subject: 'state', verdict: 'bad', text: messageOf(error) });
      exitCode = EXIT.failed;
    }
  }
  for (const finding of findings) {
    if (output.json) output.object({ type: 'finding', ...finding });
    else output.result(line(finding, output.style));
  }
  return exitCode;
}

function versions(): Finding {
  const { version } = packageJson;
  return {
    subject: 'reeve',
    verdict: 'ok',
    text: `reeve ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}`,
  };
}

function engineFindings(info: EngineInfo): Finding[] {
  const { name, version, apiVersion, host, os, local } = info;
  const reached = `Docker Engine ${version} (${os}) on ${name}, API ${apiVersion}, at ${host}`;
  const mayKill = local && process.getuid?.() === 0;
  const killing: Finding = mayKill
    ? { subject: 'hooks', verdict: 'ok', text: 'a hook past its deadline is killed' }
    : {
        subject: 'hooks',
        verdict: 'warning',
        text: local
          ? 'a hook past its deadline is abandoned, not killed: killing its process needs root'
          : 'a hook past its deadline is abandoned, not killed: the engine runs on another machine',
      };
  return [{ subject: 'engine', verdict: 'ok', text: reached }, killing];
}

function stateFindings({ state }: Connection): Finding[] {
  const notices = state.notices.map((text): Finding => ({ subject: 'state', verdict: 'warning', text }));
  const isPrivate = modeOf(state.path) === '0600' && modeOf(dirname(state.path)) === '0700';
  const text = `${state.path} (${modeOf(state.path)}, directory ${modeOf(dirname(state.path))})`;
  return [
    {
      subject: 'state',
      verdict: isPrivate ? 'ok' : 'warning',
      text: isPrivate ? text : `${text}: others can look inside; it should be 0600 in a directory of 0700`,
    },
    ...notices,
  ];
}

function modeOf(path: string): string {
  try {
    return (statSync(path).mode & 0o7777).toString(8).padStart(4, '0');
  } catch {
    return 'absent';
  }
}

function line({ subject, verdict, text }: Finding, style: Invocation['output']['style']): string {
  const meanings = { ok: 'good', warning: 'warning', bad: 'bad' } as const;
  return `${style(meanings[verdict], verdict.padEnd(7))}  ${style('subject', subject.padEnd(6))}  ${neutraliseLine(text)}`;
}
