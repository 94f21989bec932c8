#!/usr/bin/env node
'use strict';
// Written so that every Node since version 12 can read it: an old one has to get as far as its message.

var childProcess = require('child_process');
var fs = require('fs');
var path = require('path');

/** Workers inherit a socket that their supervisor only binds: Node has had that since 26.4. */
var needed = '26.4';

function main() {
  if (isEnough(process.versions.node)) return runHere();
  var packaged = findPackagedNode();
  if (packaged !== undefined) return runWith(packaged);
  process.stderr.write(
    ['slight: Node.js', needed, 'or newer is needed, and this is', process.versions.node].join(' ') +
      ['\n  fix: install it beside slight with "npm install ', platformPackage(), '@26"'].join('') +
      ', or from https://nodejs.org\n',
  );
  process.exitCode = 1;
}

function isEnough(version) {
  var has = version.split('.').map(Number);
  var least = needed.split('.').map(Number);
  return has[0] > least[0] || (has[0] === least[0] && has[1] >= least[1]);
}

/** The npm package that holds Node for this machine; unlike `node` itself it needs no install script. */
function platformPackage() {
  var platform = process.platform === 'win32' ? 'win' : process.platform;
  var prefix = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  return [prefix, platform, process.arch].join('-');
}

/** The program of an npm package that holds Node, where one that is new enough is installed beside slight. */
function findPackagedNode() {
  var names = ['node', platformPackage()];
  for (var i = 0; i < names.length; i++) {
    try {
      var file = require.resolve(names[i] + '/package.json');
      var manifest = JSON.parse(fs.readFileSync(file, 'utf8'));
      var program = path.join(path.dirname(file), manifest.bin.node);
      if (isEnough(manifest.version) && fs.existsSync(program)) return program;
    } catch {
      // Not installed, or not whole: the next one, or the message that says what to install.
    }
  }
  return undefined;
}

/** The same command under another Node; its input, output, signals and exit code are this one's. */
function runWith(program) {
  var child;
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
  // Once signals are heard: one that comes meanwhile is passed on, too.
  child = childProcess.spawn(program, [__filename].concat(process.argv.slice(2)), {
    // Nothing is sent: that the channel closes tells the other one that this process is gone, however it ended.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  child.on('error', function (error) {
    process.stderr.write(
      ['slight: ', program, ' cannot be run: ', error.message, '\n  fix: install it again, or Node.js '].join(
        '',
      ) + [needed, ' from https://nodejs.org\n'].join(''),
    );
    process.exitCode = 1;
  });
  child.on('exit', function (code, signal) {
    // At once: see below.
    if (signal === null) process.exit(code);
    // Ended by a signal: end in the same way, so that whoever waits for this process sees it.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function runHere() {
  var compiled = process.env.NODE_COMPILE_CACHE || findCompileCache();
  if (compiled !== undefined) {
    // Processes started from this one find it by the variable.
    process.env.NODE_COMPILE_CACHE = compiled;
    require('module').enableCompileCache(compiled);
  }
  var sources = path.join(__dirname, '..', 'src', 'cli', 'main.ts');
  var entry = fs.existsSync(sources) ? sources : path.join(__dirname, '..', 'dist', 'main.js');
  import(require('url').pathToFileURL(entry).href)
    .then(function (module) {
      return module.main(process.argv.slice(2));
    })
    .then(end);
}

/** What was to be done is done, and signals are heard to the last: in a process that ends by itself they are not. */
function end(code) {
  process.exitCode = code;
  if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
}

/**
 * Where Node keeps what it has compiled: not in the system's temporary folder, where it would put it, nor in one that others own or
 * may write to, for whoever plants compiled code there runs it here. Undefined where there is no such folder: then none is kept.
 */
function findCompileCache() {
  try {
    var caches = process.env.XDG_CACHE_HOME || path.join(require('os').homedir(), '.cache');
    var folder = path.join(caches, 'slight', 'compile');
    fs.mkdirSync(folder, { recursive: true, mode: 448 }); // 0700
    var found = fs.lstatSync(folder);
    if (process.getuid === undefined) return folder;
    if (!found.isDirectory() || found.uid !== process.getuid() || (found.mode & 18) !== 0) return undefined; // 0022
    if ((found.mode & 63) !== 0) fs.chmodSync(folder, 448); // 0077
    return folder;
  } catch {
    return undefined;
  }
}

main();
