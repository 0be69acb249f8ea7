#!/usr/bin/env node
// Starts reeve: refuses a Node that is too old, then hands the arguments to main(). No other logic belongs here.
// The syntax stays old (no ??, no top-level await, no node: imports), so that an old Node can read it far enough to say so.
import { existsSync, mkdirSync } from 'fs';
import * as nodeModule from 'module';
import { homedir } from 'os';
import { join } from 'path';

var needed = 24;
if (parseInt(process.versions.node, 10) < needed) {
  process.stderr.write('reeve needs Node ' + needed + ' or newer; this is Node ' + process.versions.node + '\n');
  process.exit(1);
}

// node:sqlite is stable enough for us; its notice would stand in the output of every command. Other warnings pass.
var emitWarning = process.emitWarning;
process.emitWarning = function (warning) {
  if (String(warning).indexOf('SQLite is an experimental feature') === 0) return;
  emitWarning.apply(process, arguments);
};

// Compiled code is kept for the next start, which halves its time. In the user's own cache, as what lies in a shared
// temporary folder could be planted there. Its folder is made here: Node never returns where one cannot be (/proc).
if (nodeModule.enableCompileCache) {
  var cache = process.env.XDG_CACHE_HOME ? process.env.XDG_CACHE_HOME : join(homedir(), '.cache');
  try {
    if (!existsSync(cache)) mkdirSync(cache, 448);
    if (!existsSync(join(cache, 'reeve'))) mkdirSync(join(cache, 'reeve'), 448);
    nodeModule.enableCompileCache(join(cache, 'reeve'));
  } catch (error) {
    // A user without a writable home starts a little slower.
  }
}

// A checkout has the sources, which Node runs as they are; the published package has only the bundled program.
var source = new URL('../src/cli/main.ts', import.meta.url);
var program = existsSync(source) ? source : new URL('../dist/cli.js', import.meta.url);
import(program.href)
  .then(function (module) {
    return module.main(process.argv.slice(2));
  })
  .then(
    function (exitCode) {
      process.exitCode = exitCode;
    },
    function (error) {
      process.stderr.write('reeve: ' + (error && error.stack ? error.stack : error) + '\n');
      process.exitCode = 1;
    },
  );
