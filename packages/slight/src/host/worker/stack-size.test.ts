import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

test('V8 keeps what it compiled under its own flags, and goes on with small stacks', () => {
  const module = pathToFileURL(join(import.meta.dirname, 'stack-size.ts'));
  // The tag stands for the version and the flags under which code was compiled.
  const program = `import { cachedDataVersionTag as tag } from 'node:v8';
    import module from 'node:module';
    import { keepCompiled, useSmallStacks } from '${module}';
    const tags = { usual: tag() };
    module.flushCompileCache = () => (tags.kept = tag());
    module.syncBuiltinESMExports();
    useSmallStacks();
    tags.small = tag();
    keepCompiled();
    tags.after = tag();
    process.on('exit', () => console.log(JSON.stringify({ ...tags, end: tag() })));`;
  const options = ['--input-type=module', '--eval', program];
  const tags = JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8' }));
  const { usual, small } = tags;
  assert.notEqual(small, usual);
  assert.deepEqual(tags, { usual, small, kept: usual, after: small, end: usual });
});
