/** `config --lint`: the findings that the files alone tell, one a line, as a linter prints them. Reaches no engine. */

import { lintHooks } from '../plan/lint/lint.ts';
import type { ExitCode } from './exit.ts';
import { EXIT } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { maskOf } from './render/action.ts';
import { lintJson, lintLine } from './render/lint.ts';
import { findServices } from './targets.ts';

/** Exits with 1 when there is a finding. */
export async function runLint(invocation: Invocation, words: readonly string[]): Promise<ExitCode> {
  const { output } = invocation;
  const loadOptions = { ...invocation.loadOptions, services: words, hookSources: true };
  const { project, services, hookSources } = await findServices({ ...invocation, loadOptions }, words);
  const mask = maskOf(project.sensitiveValues);
  const lints = lintHooks({ project, services, sources: hookSources });
  for (const lint of lints) {
    if (output.json) output.object({ type: 'lint', project: project.name, ...lintJson(lint, mask) });
    else output.result(lintLine(lint, mask, output.style));
  }
  return lints.length > 0 ? EXIT.failed : EXIT.converged;
}
