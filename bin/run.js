#!/bin/sh
// 2>/dev/null; exec node -- "$0" "$@"
// That was the shell's line, which fails at the // and goes on to Node; to Node it is a comment. Node reads an --env-file
// anywhere on its command line, ends where there is no such file, and obeys its NODE_OPTIONS: only a -- before the script
// keeps it from reeve's own flag. /usr/bin/env has no portable way to pass one (BusyBox knows no -S).
//
// Starts reeve: refuses a Node that is too old, then hands the arguments to main(). No other logic belongs here.
// The syntax stays old (no ??, no top-level await, no node: imports), so that an old Node can read it far enough to say so.
'use strict';
var fs = require('fs');
var nodeModule = require('module');
var os = require('os');
var path = require('path');
var url = require('url');

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

// A checkout has the sources, which Node runs as they are; the published package has only the bundled program.
var source = path.join(__dirname, '../src/cli/main.ts');
(fs.existsSync(source) ? fromSource() : Promise.resolve(require('../dist/installed.cjs').installedProgram()))
  .then(function (program) {
    return program.main(process.argv.slice(2));
  })
  .then(
    function (exitCode) {
      process.exitCode = exitCode;
      // Nothing that is still open is waited for, and Node's own clearing away takes a while. What was said goes out first.
      setImmediate(function () {
        if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
      });
    },
    function (error) {
      process.stderr.write('reeve: ' + (error && error.stack ? error.stack : error) + '\n');
      process.exitCode = 1;
    },
  );

// What Node made of the sources is kept for the next start. In the user's own cache, as what lies in a shared temporary
// folder could be planted there. Its folder is made here: Node never returns where one cannot be (/proc).
function fromSource() {
  var cache = process.env.XDG_CACHE_HOME ? process.env.XDG_CACHE_HOME : path.join(os.homedir(), '.cache');
  try {
    if (!fs.existsSync(cache)) fs.mkdirSync(cache, 448);
    if (!fs.existsSync(path.join(cache, 'reeve'))) fs.mkdirSync(path.join(cache, 'reeve'), 448);
    nodeModule.enableCompileCache(path.join(cache, 'reeve'));
  } catch (error) {
    // A user without a writable home starts a little slower.
  }
  return import(url.pathToFileURL(source).href);
}
