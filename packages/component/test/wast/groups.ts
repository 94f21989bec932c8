/** Directives that fail for one reason. */
export interface Group {
  readonly why: string;
  readonly has: (script: string, line: number, failure: string) => boolean;
}

const by =
  (script: string, pattern: RegExp): Group['has'] =>
  (name, _, failure) =>
    name === script && pattern.test(failure);

/** Why directives of the synchronous scripts fail. The first group that has one counts it. */
export const groups: readonly Group[] = [
  {
    why: 'strings of more than 2^28 - 1 bytes: the Canonical ABI traps on them before memory is asked for; the scripts, older than that rule, expect to get as far as `realloc`.',
    has: by('wasmtime/big-strings.wast', /wanted "unreachable", found "string content out-of-bounds/),
  },
  {
    why: 'what `realloc` sees while a string changes its encoding between components: it is asked once, for the exact size, where the Canonical ABI guesses, and shrinks or grows.',
    has: by('wasmtime/strings.wast', /wanted "(?:unaligned pointer|string content out-of-bounds)"/),
  },
  {
    why: 'the types of resources that a host gives: hosts of this engine serve functions, and the types come into being with them; so one that is missing, or of another instance, cannot be told.',
    has: (script, _, failure) =>
      /^wasmtime\/(?:instance|resources)\.wast$/.test(script) &&
      /wanted "(?:mismatched resource types|was not found|expected resource found func)"/.test(failure),
  },
  {
    why: 'refusals of wasmtime’s own, of components that are valid and that this engine links.',
    has: (script, _, failure) =>
      script.startsWith('wasmtime/') &&
      /wanted "(?:component export `.` is a reexport|exporting a component from the root|the `cm-implements` feature)/.test(
        failure,
      ),
  },
  {
    why: 'a component that calls a function of its own: the Canonical ABI lets it, as it would a parent that calls its child; wasmtime traps.',
    has: by('wasmtime/adapter.wast', /wanted "cannot enter component instance"/),
  },
  {
    why: 'texts that the assembler cannot read: a shorthand for aliases that its version does not have.',
    has: (script, _, failure) =>
      script.startsWith('wasmtime/alias-region-known-imported-') &&
      /an export name must be written inside|the instance to be called is not there/.test(failure),
  },
  {
    why: 'lifting and lowering with 64-bit memories, which is a proposal.',
    has: by('wasmtime/memory64.wast', /./),
  },
  {
    why: 'lifting and lowering with garbage-collected objects, which is a proposal.',
    has: by('wasmtime/gc/empty.wast', /./),
  },
  {
    why: 'backpressure: one of the asynchronous built-ins.',
    has: by('component-model/values/post-return.wast', /backpressure/),
  },
];
