#!/usr/bin/env node
'use strict';
// Written so that every Node since version 12 can read it: an old one has to get as far as its message.

var childProcess = require('child_process');
var fs = require('fs');
var path = require('path');

var needed = 26;

function main() {
  if (majorOf(process.versions.node) >= needed) return runHere();
  var packaged = findPackagedNode();
  if (packaged !== undefined) return runWith(packaged);
  process.stderr.write(
    'slight: Node.js ' +
      needed +
      ' or newer is needed, and this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ')\n' +
      '  fix: install it beside slight with "npm install node@' +
      needed +
      '", or from https://nodejs.org\n',
  );
  process.exitCode = 1;
}

function majorOf(version) {
  return Number(version.split('.')[0]);
}

/** The program of the npm package `node`, where one that is new enough is installed beside slight. */
function findPackagedNode() {
  try {
    var manifest = require.resolve('node/package.json', { paths: [__dirname, process.cwd()] });
    var program = path.join(
      path.dirname(manifest),
      'bin',
      process.platform === 'win32' ? 'node.exe' : 'node',
    );
    var version = JSON.parse(fs.readFileSync(manifest, 'utf8')).version;
    if (majorOf(version) >= needed && fs.existsSync(program)) return program;
  } catch {
    // Not installed: the message says how to.
  }
  return undefined;
}

/** The same command under another Node; its input, output, signals and exit code are this one's. */
function runWith(program) {
  var child = childProcess.spawn(program, [__filename].concat(process.argv.slice(2)), { stdio: 'inherit' });
  // Ctrl-C on a terminal reaches the whole process group, and a second one would mean "at once".
  var onTerminal = [0, 1, 2].some(function (fd) {
    return require('tty').isatty(fd);
  });
  var signals =
    process.platform === 'win32'
      ? ['SIGINT', 'SIGTERM']
      : ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];
  signals.forEach(function (signal) {
    process.on(signal, function () {
      if (!onTerminal || (signal !== 'SIGINT' && signal !== 'SIGQUIT')) child.kill(signal);
    });
  });
  child.on('error', function (error) {
    process.stderr.write(
      'slight: ' +
        program +
        ' cannot be run: ' +
        error.message +
        '\n' +
        '  fix: install it again with "npm install node@' +
        needed +
        '"\n',
    );
    process.exitCode = 1;
  });
  child.on('exit', function (code, signal) {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    // Ended by a signal: end in the same way, so that whoever waits for this process sees it.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function runHere() {
  require('module').enableCompileCache();
  var sources = path.join(__dirname, '..', 'src', 'cli', 'main.ts');
  var entry = fs.existsSync(sources) ? sources : path.join(__dirname, '..', 'dist', 'cli', 'main.js');
  import(require('url').pathToFileURL(entry).href)
    .then(function (module) {
      return module.main(process.argv.slice(2));
    })
    .then(function (code) {
      process.exitCode = code;
    });
}

main();
