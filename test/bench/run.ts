/** `npm run bench -- NAME [ARG…]`: runs one benchmark; without a name, the comparison with Docker Compose (versus.ts). */
import { globSync } from 'node:fs';
import { basename } from 'node:path';

const helpers = new Set(['run', 'figures', 'bare-calls']);
const names = globSync('*.ts', { cwd: import.meta.dirname })
  .map((file) => basename(file, '.ts'))
  .filter((name) => !helpers.has(name));
const [name = 'versus', ...args] = process.argv.slice(2);
if (!names.includes(name)) {
  process.stderr.write(`which benchmark? one of: ${names.toSorted().join(', ')}\n`);
  process.exitCode = 2;
} else {
  process.argv = [...process.argv.slice(0, 2), ...args];
  await import(`./${name}.ts`);
}
