/**
 * The import rules of the house, checked over every file of src/: which folder may import which, which package and which
 * of Node's modules belong to which folder, and no cycles. A tool of ours because a linter's import bans cannot say "only
 * these" by folder; globals that pure folders may not use are in .oxlintrc.json. Prints every breach, exits 1 on any.
 */
import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { parseSync } from 'rolldown/utils';

interface Rule {
  /** What of ours it may import besides itself: folders of src/, or single files. */
  readonly ours: readonly string[];
  readonly packages?: readonly string[];
  /** Node's modules; absent is all but those that belong to another folder. */
  readonly builtins?: readonly string[];
}

/** The ports of the adapters: all that execute and controller know of an engine and a database. */
const ports = ['engine/engine.ts', 'state/state.ts'];
/** Files at the top of src/ that everything but the pure folders may use. */
const shared = ['clock.ts', 'log.ts', 'unless-aborted.ts'];

/** By folder of src/; a single file's rule goes before its folder's. `.` is the top of src/. */
const rules: Readonly<Record<string, Rule>> = {
  model: { ours: [], builtins: ['node:crypto'] },
  plan: { ours: ['model'], builtins: [] },
  '.': { ours: ['model'] },
  compose: { ours: ['model', ...shared], packages: ['yaml'] },
  engine: { ours: ['model', ...shared], packages: ['dockerode'] },
  state: { ours: ['model', ...shared] },
  source: { ours: ['model', 'engine/engine.ts', ...shared], packages: ['chokidar'] },
  execute: { ours: ['plan', 'model', ...ports, ...shared], packages: ['p-queue'] },
  controller: { ours: ['execute', 'plan', 'model', ...ports, ...shared] },
  cli: { ours: ['controller', 'execute', 'plan', 'model', ...ports, ...shared], packages: ['@oclif/core'] },
  // Loads the program as text, so it can import nothing of it.
  start: { ours: [] },
  'cli/wire.ts': {
    ours: ['controller', 'execute', 'plan', 'model', 'compose', 'engine', 'state', 'source', ...shared],
  },
};
/** Node's modules that only one folder may use. */
const builtinHomes: Readonly<Record<string, string>> = { 'node:sqlite': 'state' };

interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly dynamic: boolean;
}

const source = join(process.argv[2] ?? join(import.meta.dirname, '../..'), 'src');
const files = globSync('**/*.ts', { cwd: source })
  .map((file) => file.replaceAll('\\', '/'))
  .toSorted();
const imports = new Map(files.map((file) => [file, importsOf(file)]));
const breaches = new Set([...files.flatMap(boundaryBreaches), ...cycles()]);
for (const breach of breaches) process.stderr.write(`${breach}\n`);
if (breaches.size === 0) process.stdout.write(`import rules hold in ${files.length} files\n`);
process.exitCode = breaches.size === 0 ? 0 : 1;

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(source, file), 'utf8');
  const { module, program } = parseSync(file, text);
  const found = (start: number, specifier: string, dynamic: boolean): Import => ({
    specifier,
    line: text.slice(0, start).split('\n').length,
    dynamic,
  });
  return [
    ...module.staticImports.map(({ start, moduleRequest }) => found(start, moduleRequest.value, false)),
    ...module.staticExports
      .flatMap(({ entries }) => entries)
      .flatMap(({ start, moduleRequest }) => (moduleRequest ? [found(start, moduleRequest.value, false)] : [])),
    ...module.dynamicImports.map(({ start, moduleRequest }) =>
      found(start, stringIn(text.slice(moduleRequest.start, moduleRequest.end)), true),
    ),
    ...importedTypes(program).map(({ start, source: { value } }) => found(start, value, false)),
  ];
}

/** Types imported where they stand, `import('./x.ts').Y`, which the parser's list of imports leaves out. */
function importedTypes(node: unknown): readonly { start: number; source: { value: string } }[] {
  if (Array.isArray(node)) return node.flatMap(importedTypes);
  if (typeof node !== 'object' || node === null) return [];
  const below = Object.values(node).flatMap(importedTypes);
  return 'type' in node && node.type === 'TSImportType' ? [node as never, ...below] : below;
}

/** The text of a string literal; what is computed has none, and breaks the rules as an empty name. */
function stringIn(expression: string): string {
  return /^(['"`])([^$]*)\1$/.exec(expression)?.[2] ?? '';
}

function boundaryBreaches(file: string): readonly string[] {
  const folder = folderOf(file);
  const rule = rules[file] ?? rules[folder];
  if (rule === undefined) return [`src/${file}: test/lint/boundaries.ts has no rule for the folder src/${folder}`];
  return (imports.get(file) ?? []).flatMap(({ specifier, line }) => {
    const why = breachOf(file, folder, rule, specifier);
    return why === undefined ? [] : [`src/${file}:${line}: ${why}`];
  });
}

function breachOf(file: string, folder: string, rule: Rule, specifier: string): string | undefined {
  if (specifier === '') return 'a dynamic import names its file by a plain string';
  if (specifier.startsWith('.')) return ownBreach(resolve(file, specifier), folder, rule, specifier);
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith('node:')) return `write ${specifier} as node:${specifier}`;
    if (rule.builtins !== undefined) {
      const allowed = rule.builtins.length === 0 ? 'none of them' : rule.builtins.join(', ');
      return rule.builtins.includes(specifier)
        ? undefined
        : `of Node's modules, ${folder} may import ${allowed}, not ${specifier}`;
    }
    const home = builtinHomes[specifier];
    return home === undefined || home === folder ? undefined : `${specifier} belongs to src/${home}`;
  }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  if (rule.packages?.includes(name)) return undefined;
  const home = Object.entries(rules).find(([, { packages }]) => packages?.includes(name))?.[0];
  return home === undefined ? `${name} has no folder that may import it` : `${name} belongs to src/${home}`;
}

function ownBreach(target: string, folder: string, rule: Rule, specifier: string): string | undefined {
  if (target.startsWith('..'))
    return target === '../package.json' && folder === 'cli' ? undefined : `${specifier} is outside src/`;
  if (!files.includes(target)) return `${specifier} names no file (imports end in .ts)`;
  if (folderOf(target) === folder && folder !== '.') return undefined;
  if (rule.ours.includes(folderOf(target)) || rule.ours.includes(target)) return undefined;
  return `${folder} may import ${rule.ours.join(', ') || 'nothing of ours'}, not ${target}`;
}

/** Files that import each other in a ring, types included: such files are one file in several pieces. */
function cycles(): readonly string[] {
  const found = new Map<string, string>();
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start !== -1) {
      const ring = path.slice(start);
      found.set(ring.toSorted().join(), `import cycle: ${[...ring, file].map((one) => `src/${one}`).join(' -> ')}`);
      return;
    }
    if (done.has(file)) return;
    for (const { specifier, dynamic } of imports.get(file) ?? []) {
      if (!dynamic && specifier.startsWith('.')) visit(resolve(file, specifier), [...path, file]);
    }
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return [...found.values()];
}

function resolve(file: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(file), specifier));
}

function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : '.';
}
