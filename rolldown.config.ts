/**
 * Bundles into dist/ what is published: the program, of which each command loads only its own parts, and the loader of
 * Compose files as a library. All libraries are inside, so that an installed reeve has no node_modules to walk and nothing
 * else to install.
 */
import type { OutputOptions, RolldownOptions } from 'rolldown';
import { asciiOnly } from './build/ascii.ts';
import { buildId } from './build/build-id.ts';
import { lazyChunks, lazyRequires } from './build/lazy-requires.ts';
import { thirdPartyLicenses } from './build/licenses.ts';
import { plainHttp, withoutUnusedParts } from './build/parts.ts';
import { wrapped } from './build/wrapped.ts';

const shape: OutputOptions = {
  dir: 'dist',
  sourcemap: false,
  minify: { compress: true, mangle: false, codegen: false },
  comments: { legal: false, annotation: false, jsdoc: false },
};

/** Few files, as each costs time to load; what a command may do without is in one of its own. The highest priority wins. */
const groups = [
  { name: 'help', test: /[\\/]node_modules[\\/]/, priority: 0 },
  { name: 'base', test: /[\\/]src[\\/](model[\\/]|clock|log|cli[\\/](?!main|commands[\\/]\w+\.ts))/, priority: 1 },
  // Of oclif what parses the words of a command line.
  {
    name: 'words',
    test: /[\\/](@oclif[\\/]core[\\/](package\.json|lib[\\/](flags|args|cache|logger|parser|errors|util[\\/](util|fs))\b)|node_modules[\\/](debug|ms|supports-color|has-flag)[\\/])/,
    priority: 2,
  },
  {
    name: 'engine',
    test: /^virtual:|[\\/]src[\\/]engine[\\/]|[\\/]node_modules[\\/](dockerode|docker-modem|split-ca)[\\/]/,
    priority: 2,
  },
  { name: 'state', test: /[\\/]src[\\/]state[\\/]/, priority: 2 },
  { name: 'compose', test: /[\\/]src[\\/]compose[\\/]/, priority: 2 },
  { name: 'yaml', test: /[\\/]node_modules[\\/]yaml[\\/]/, priority: 2 },
  {
    name: 'run',
    test: /[\\/]src[\\/](controller|plan|execute)[\\/]|[\\/]node_modules[\\/](p-queue|p-timeout|eventemitter3)[\\/]/,
    priority: 2,
  },
  { name: 'sources', test: /[\\/]src[\\/]source[\\/]|[\\/]node_modules[\\/](chokidar|readdirp)[\\/]/, priority: 2 },
];

/** CommonJS, because Node starts it faster than modules, and because it can wait with what it asks for. */
export const program = {
  input: { cli: 'src/cli/main.ts' },
  platform: 'node',
  // oclif asks for a compiler when it runs a plug-in's sources; we have no plug-ins.
  external: ['typescript'],
  preserveEntrySignatures: 'allow-extension',
  plugins: [
    withoutUnusedParts,
    plainHttp,
    lazyRequires(/[\\/]node_modules[\\/]@oclif[\\/]core[\\/]lib[\\/].*\.js$/),
    lazyChunks,
    asciiOnly,
    wrapped,
    buildId,
    thirdPartyLicenses,
  ],
  output: {
    ...shape,
    format: 'cjs',
    cleanDir: true,
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name].cjs',
    codeSplitting: { groups, includeDependenciesRecursively: false },
    strictExecutionOrder: true,
  },
} satisfies RolldownOptions;

const library = {
  input: { compose: 'src/compose/index.ts' },
  platform: 'node',
  output: { ...shape, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js' },
} satisfies RolldownOptions;

/** What bin/run.js asks for the program; it loads the rest itself. */
const start = {
  input: { installed: 'src/start/installed.ts' },
  platform: 'node',
  output: { ...shape, format: 'cjs', entryFileNames: '[name].cjs' },
} satisfies RolldownOptions;

export default [program, start, library];
