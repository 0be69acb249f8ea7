/**
 * The program: from the words of the command line to an exit code. Answers `--version` before anything is loaded; the rest
 * is oclif's, which loads the one command that runs. Must stay free of static imports that cost time.
 */
import packageJson from '../../package.json' with { type: 'json' };

/** Runs one command line (without `node` and the script) and gives its exit code; never calls process.exit. */
export async function main(argv: readonly string[]): Promise<number> {
  const end = argv.indexOf('--');
  const options = end === -1 ? argv : argv.slice(0, end);
  // -V is a flag of commands as well.
  if (options.includes('--version') || options[0] === '-V') {
    const { name, version } = packageJson;
    const json = options.includes('--json');
    process.stdout.write(json ? `${JSON.stringify({ type: 'version', name, version })}\n` : `${name} ${version}\n`);
    return 0;
  }
  const [{ runCommandLine }, { commands }] = await Promise.all([
    import('./run-command-line.ts'),
    import('./commands/index.ts'),
  ]);
  return runCommandLine(argv, commands);
}
