/**
 * Folds env files into a service's environment and label files into its labels.
 */

import { compareText } from '../model/canonical-json.ts';
import type { EnvFile, Environment as Variables, Mapping } from '../model/project.ts';
import { dictionary } from './decode.ts';
import type { Findings, Path, Place } from './diagnostic.ts';
import { lineOffset } from './discovery.ts';
import { parseDotenv, parseRawEnv, type DotenvFault } from './dotenv.ts';
import type { Environment } from './environment.ts';
import type { InputFiles } from './files.ts';
import type { Source } from './source.ts';
import type { Lookup } from './template.ts';

export interface FoldContext {
  readonly environment: Environment;
  readonly inputs: InputFiles;
  readonly findings: Findings;
  /** The service, for messages. */
  readonly path: Path;
  readonly at: Place;
}

/** The environment of the files, later ones winning, with the service's own over it. */
export function foldEnvFiles(files: readonly EnvFile[], own: Variables | undefined, context: FoldContext): Variables {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(own ?? {})) if (value !== null) values.set(name, value);
  for (const [index, file] of files.entries()) {
    const source = readFile(file.path, file.required, 'env_file', index, context);
    if (source === undefined) continue;
    const lookup: Lookup = (name) => context.environment.get(name) ?? own?.[name] ?? undefined;
    const fault = parseFormat(file.format, source, values, lookup, context);
    if (fault !== undefined) reportFault(source, fault, 'env_file', index, context);
  }
  const folded = new Map<string, string | null>(values);
  for (const [name, value] of Object.entries(own ?? {})) folded.set(name, value);
  return sortedDictionary(folded);
}

/** The labels of the files, later ones winning, with the service's own over them. */
export function foldLabelFiles(
  files: readonly string[],
  own: Mapping<string> | undefined,
  context: FoldContext,
): Mapping<string> | undefined {
  const labels = new Map<string, string>();
  for (const [index, path] of files.entries()) {
    const source = readFile(path, true, 'label_file', index, context);
    if (source === undefined) continue;
    const values = new Map<string, string>();
    const listener = { unset: unsetListener(source, context) };
    const fault = parseDotenv(source.text, values, { lookup: (name) => labels.get(name), listener });
    if (fault !== undefined) reportFault(source, fault, 'label_file', index, context);
    for (const [name, value] of values) labels.set(name, value);
  }
  for (const [name, value] of Object.entries(own ?? {})) labels.set(name, value);
  return labels.size === 0 ? own : sortedDictionary(labels);
}

function sortedDictionary<T>(values: ReadonlyMap<string, T>): Record<string, T> {
  const sorted = [...values].toSorted((a, b) => compareText(a[0], b[0]));
  return dictionary(sorted) as Record<string, T>;
}

function readFile(
  path: string,
  required: boolean,
  kind: 'env_file' | 'label_file',
  index: number,
  context: FoldContext,
): Source | undefined {
  const source = context.inputs.readSource(path, kind);
  if (source.ok) return source.value;
  if (source.fault.missing && !required) return undefined;
  const what = kind === 'env_file' ? 'env file' : 'label file';
  const message = source.fault.missing ? `${what} ${path} not found` : source.fault.message;
  context.findings.error({
    code: source.fault.code,
    message,
    at: context.at,
    path: [...context.path, kind, index],
    remedy: kind === 'env_file' && source.fault.missing ? 'create it, or say required: false' : undefined,
  });
  return undefined;
}

function parseFormat(
  format: string | undefined,
  source: Source,
  values: Map<string, string>,
  lookup: Lookup,
  context: FoldContext,
): DotenvFault | undefined {
  if (format === 'raw') return parseRawEnv(source.text, values, lookup);
  if (format !== undefined && format !== '' && format !== '.env') {
    return { message: `unsupported env_file format "${format}"`, line: 0 };
  }
  const used = (name: string, value: string): void => {
    if (context.environment.get(name) === value) context.environment.markUsed(name, value);
  };
  return parseDotenv(source.text, values, { lookup, listener: { unset: unsetListener(source, context), used } });
}

function unsetListener(source: Source, context: FoldContext): (name: string) => void {
  return (name) => {
    const message = `The "${name}" variable is not set. Defaulting to a blank string.`;
    context.findings.warn({ code: 'unset-variable', message, file: source.path, path: context.path });
  };
}

function reportFault(source: Source, fault: DotenvFault, kind: string, index: number, context: FoldContext): void {
  const inFile = fault.line > 0;
  context.findings.error({
    code: 'env-file',
    message: inFile ? `failed to read ${source.path}: ${fault.message}` : fault.message,
    at: inFile ? { source, offset: lineOffset(source.text, fault.line) } : context.at,
    path: [...context.path, kind, index],
  });
}
