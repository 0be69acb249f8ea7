/**
 * Bundles the program into dist/ for the published package: each command a chunk of its own, loaded when it runs, and all
 * libraries inside, so that an installed reeve has no node_modules to walk and nothing else to install.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defineConfig, type Plugin } from 'rolldown';

/**
 * What dockerode loads at start and reeve never uses: gRPC for the sessions of BuildKit builds, and an SSH client (the
 * engine adapter runs the machine's own ssh). Without them the bundle and its start-up time are less than half.
 */
const withoutUnusedParts: Plugin = {
  name: 'without-unused-parts',
  load: {
    filter: { id: /[\\/](dockerode[\\/]lib[\\/]session|docker-modem[\\/]lib[\\/]ssh)\.js$/ },
    handler: (id) =>
      `module.exports = () => { throw new Error(${JSON.stringify(`not part of reeve: ${basename(id)}`)}); };`,
  },
};

const VIRTUAL = 'virtual:';

/**
 * An `import` of node:http makes Node read every export of it, and one of them loads its whole fetch implementation: a tenth
 * of the start-up time of a command. Asked for at run time, nothing but the module itself is loaded.
 */
const plainHttp: Plugin = {
  name: 'plain-http',
  resolveId: {
    filter: { id: /^node:https?$/ },
    handler: (id) => ({ id: VIRTUAL + id, moduleSideEffects: false }),
  },
  load: {
    filter: { id: new RegExp(`^${VIRTUAL}node:https?$`) },
    handler: (id) => `export default process.getBuiltinModule(${JSON.stringify(id.slice(VIRTUAL.length))});`,
  },
};

/** The licences of what is bundled ask to be passed on with it. */
const thirdPartyLicenses: Plugin = {
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

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
}

const compose = 'src/compose/index.ts';

export default defineConfig({
  input: { cli: 'src/cli/main.ts', ...(existsSync(compose) && { compose }) },
  platform: 'node',
  // oclif asks for a compiler when it runs a plug-in's sources; we have no plug-ins.
  external: ['typescript'],
  plugins: [withoutUnusedParts, plainHttp, thirdPartyLicenses],
  output: {
    dir: 'dist',
    format: 'esm',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    sourcemap: false,
    minify: { compress: true, mangle: false, codegen: false },
    comments: { legal: false, annotation: false, jsdoc: false },
  },
});
