/** The licences of what is bundled ask to be passed on with it. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
}

/** Writes THIRD-PARTY-LICENSES.txt, with the text of each package that is in the bundle. */
export const thirdPartyLicenses: Plugin = {
  name: 'third-party-licenses',
  generateBundle() {
    const folders = new Set(
      [...this.getModuleIds()].flatMap((id) => /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0] ?? []),
    );
    const sections = [...folders].toSorted().map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson;
      const [file] = globSync('{LICENSE,LICENCE,license,License}*', { cwd: folder });
      const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
      return `${name} ${version} (${typeof license === 'string' ? license : 'see below'})\n\n${text}\n`;
    });
    this.emitFile({
      type: 'asset',
      fileName: 'THIRD-PARTY-LICENSES.txt',
      source: sections.join(`\n${'-'.repeat(80)}\n\n`),
    });
  },
};
