/** The global arguments of a conformance case, as the loader's options. */
import type { LoadOptions } from '../../src/compose/index.ts';

type Named = Pick<LoadOptions, 'files' | 'projectName' | 'projectDirectory' | 'envFiles' | 'profiles'>;

/** Reads `-f`, `-p`, `--profile`, `--env-file` and `--project-directory`. */
export function loadOptionsOf(args: readonly string[]): Named {
  const lists = { files: [] as string[], envFiles: [] as string[], profiles: [] as string[] };
  const single: { projectName?: string; projectDirectory?: string } = {};
  const rest = args.flatMap((word) => (word.startsWith('--') && word.includes('=') ? splitAtEquals(word) : [word]));
  for (let i = 0; i < rest.length; i += 2) {
    const value = rest[i + 1] ?? '';
    switch (rest[i]) {
      case '-f':
      case '--file':
        lists.files.push(value);
        break;
      case '--env-file':
        lists.envFiles.push(value);
        break;
      case '--profile':
        lists.profiles.push(value);
        break;
      case '-p':
      case '--project-name':
        single.projectName = value;
        break;
      case '--project-directory':
        single.projectDirectory = value;
        break;
      default:
        throw new Error(`unknown argument ${rest[i]}`);
    }
  }
  return { ...lists, ...single };
}

function splitAtEquals(word: string): [string, string] {
  const equals = word.indexOf('=');
  return [word.slice(0, equals), word.slice(equals + 1)];
}
