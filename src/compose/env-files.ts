/**
 * Folds env files into a service's environment and label files into its labels.
 */

import { compareText } from '../model/canonical-json.ts';
import type { EnvFile, Environment as Variables, Mapping } from '../model/project.ts';
import { dictionary } from './decode.ts';
import type { Findings, Path, Place } from './diagnostic.ts';
import { lineOffset } from './discovery.ts';
import { parseDotenv, parseRawEnv, type DotenvContext, type DotenvFault } from './dotenv.ts';
import type { Environment } from './environment.ts';
import type { InputFiles } from './files.ts';
import type { Source } from './source.ts';

export interface FoldContext {
  readonly environment: Environment;
  readonly inputs: InputFiles;
  readonly findings: Findings;
  /** The service, for messages. */
  readonly path: Path;
  readonly placeOf: (path: Path) => Place;
}

/** The environment of the files, later ones winning, with the service's own over it. */
export function foldEnvFiles(files: readonly EnvFile[], own: Variables | undefined, context: FoldContext): Variables {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(own ?? {})) if (value !== null) values.set(name, value);
  for (const [index, file] of files.entries()) {
    const named: NamedFile = { path: file.path, required: file.required, kind: 'env_file', index };
    const source = readFile(named, context);
    if (source === undefined) continue;
    const fault = parseFormat(file.format, source, values, {
      lookup: (name) => context.environment.get(name) ?? own?.[name] ?? undefined,
      listener: {
        unset: unsetListener(source, context),
        used: (name, value) => context.environment.markFrom(name, value),
      },
    });
    if (fault !== undefined) reportFault(source, fault, named, context);
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
    const named: NamedFile = { path, required: true, kind: 'label_file', index };
    const source = readFile(named, context);
    if (source === undefined) continue;
    const values = new Map<string, string>();
    const listener = { unset: unsetListener(source, context) };
    const fault = parseDotenv(source.text, values, { lookup: (name) => labels.get(name), listener });
    if (fault !== undefined) reportFault(source, fault, named, context);
    for (const [name, value] of values) labels.set(name, value);
  }
  for (const [name, value] of Object.entries(own ?? {})) labels.set(name, value);
  return labels.size === 0 ? own : sortedDictionary(labels);
}

function sortedDictionary<T>(values: ReadonlyMap<string, T>): Record<string, T> {
  const sorted = [...values].toSorted((a, b) => compareText(a[0], b[0]));
  return dictionary(sorted);
}

/** A file of a service, as the file that names it says. */
interface NamedFile {
  readonly path: string;
  readonly required: boolean;
  readonly kind: 'env_file' | 'label_file';
  readonly index: number;
}

function readFile(file: NamedFile, context: FoldContext): Source | undefined {
  const source = context.inputs.readSource(file.path, file.kind);
  if (source.ok) return source.value;
  const { missing, message: problem, code } = source.fault;
  if (missing && !file.required) return undefined;
  const isEnvFile = file.kind === 'env_file';
  const message = missing ? `${isEnvFile ? 'env file' : 'label file'} ${file.path} not found` : problem;
  const remedy = isEnvFile && missing ? 'create it, or say required: false' : undefined;
  context.findings.error({ code, message, ...whereNamed(file, context), remedy });
  return undefined;
}

function whereNamed(file: NamedFile, context: FoldContext): { readonly at: Place; readonly path: Path } {
  const path = [...context.path, file.kind, file.index];
  return { at: context.placeOf(path), path };
}

/** Reads a source in one of the formats of env files. */
function parseFormat(
  format: string | undefined,
  source: Source,
  values: Map<string, string>,
  dotenv: DotenvContext,
): DotenvFault | undefined {
  if (format === 'raw') return parseRawEnv(source.text, values, dotenv.lookup);
  const isKnown = format === undefined || format === '' || format === '.env';
  return isKnown
    ? parseDotenv(source.text, values, dotenv)
    : { message: `unsupported env_file format "${format}"`, line: 0 };
}

function unsetListener(source: Source, context: FoldContext): (name: string) => void {
  return (name) => {
    const message = `The "${name}" variable is not set. Defaulting to a blank string.`;
    context.findings.warn({ code: 'unset-variable', message, file: source.path, path: context.path });
  };
}

function reportFault(source: Source, fault: DotenvFault, file: NamedFile, context: FoldContext): void {
  const { at, path } = whereNamed(file, context);
  const isInFile = fault.line > 0;
  context.findings.error({
    code: 'env-file',
    message: isInFile ? `failed to read ${source.path}: ${fault.message}` : fault.message,
    at: isInFile ? { source, offset: lineOffset(source.text, fault.line) } : at,
    hidesLine: isInFile,
    path,
  });
}
