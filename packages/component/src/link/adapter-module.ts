import { codeOf, encodeNumber, ModuleWriter, type Signature } from './module-writer.ts';

const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const CALL = 0x10;
const I32_LOAD = 0x28;
const IF = 0x04;
const END = 0x0b;
const NO_RESULT = 0x40;
const BLOCK = 0x02;
const TRY_TABLE = 0x1f;
const CATCH_ALL = 0x02;
const RETURN = 0x0f;
const UNREACHABLE = 0x00;
const I32_CONST = 0x41;

/** Writes the core module whose exports `0`, `1`, … are adapters of these shapes (see `AdapterBinding`). */
export function emitAdapters(shapes: readonly string[]): Uint8Array<ArrayBuffer> {
  const writer = new ModuleWriter();
  const emitters = shapes.map((shape, i) => {
    const [kind, text = ''] = shape.split(' ');
    if (kind === 'host') return planHost(writer, String(i), readSignature(text));
    if (kind === 'drop') return planDrop(writer, String(i));
    const [caller, callee] = text.split('|').map((part) => readSignature(part!)) as [Signature, Signature];
    return planFused(writer, String(i), caller, callee);
  });
  // Imports come before all functions, hence the two steps.
  emitters.forEach((emit, i) => emit(String(i)));
  return writer.finish();
}

function readSignature(text: string): Signature {
  const [params, results] = text.split('>').map((part) => (part === '' ? [] : part.split(',')));
  return { params: params!, results: results! } as Signature;
}

type Emit = (name: string) => void;

/**
 * The answer is there: three instructions more than a plain import. It is not: wait for it, and
 * then have the result written.
 */
function planHost(writer: ModuleWriter, module: string, signature: Signature): Emit {
  const start = writer.importFunction(module, 'start', signature);
  writer.importMemory('shared', 'flag');
  const wait = writer.importFunction('shared', 'wait', { params: [], results: [] });
  const finish = writer.importFunction(module, 'finish', {
    params: [],
    results: signature.results,
  });
  return (name) => {
    const result = signature.params.length;
    const [type] = signature.results;
    const keep = type ? [LOCAL_SET, result] : [];
    writer.addFunction(name, signature, signature.results, [
      passParams(signature),
      call(start),
      keep,
      [I32_CONST, 0, I32_LOAD, 2, 0, IF, NO_RESULT],
      call(wait),
      call(finish),
      keep,
      [END],
      type ? [LOCAL_GET, result] : [],
    ]);
  };
}

/** `pre`, the callee with the arguments that `pre` made, `post`. */
function planFused(writer: ModuleWriter, module: string, caller: Signature, callee: Signature): Emit {
  const pre = writer.importFunction(module, 'pre', { params: caller.params, results: ['externref'] });
  const target = writer.importFunction(module, 'callee', callee);
  const post = writer.importFunction(module, 'post', {
    params: ['externref', ...callee.results],
    results: caller.results,
  });
  const fetchers = callee.params.map((type) =>
    writer.importFunction('shared', 'argument', { params: ['externref', 'i32'], results: [type] }),
  );
  const escaped = importEscaped(writer);
  return (name) => {
    const held = caller.params.length;
    const body = [
      passParams(caller),
      call(pre),
      [LOCAL_TEE, held],
      ...fetchers.map((fetch, i) => [LOCAL_GET, held, I32_CONST, i, ...call(fetch)]),
      call(target),
      call(post),
    ];
    writer.addFunction(name, caller, ['externref'], contain(caller, body, escaped));
  };
}

/** `pre` tells whether there is something to destroy. */
function planDrop(writer: ModuleWriter, module: string): Emit {
  const pre = writer.importFunction(module, 'pre', { params: ['i32'], results: ['i32'] });
  const rep = writer.importFunction(module, 'rep', { params: [], results: ['i32'] });
  const target = writer.importFunction(module, 'callee', { params: ['i32'], results: [] });
  const post = writer.importFunction(module, 'post', { params: [], results: [] });
  const escaped = importEscaped(writer);
  const signature: Signature = { params: ['i32'], results: [] };
  return (name) =>
    writer.addFunction(
      name,
      signature,
      [],
      contain(
        signature,
        [[LOCAL_GET, 0], call(pre), [IF, NO_RESULT], call(rep), call(target), call(post), [END]],
        escaped,
      ),
    );
}

function importEscaped(writer: ModuleWriter): number {
  return writer.importFunction('shared', 'escaped', { params: [], results: [] });
}

/** A body out of which no exception gets: it ends at the edge of the component that threw it. Costs nothing until then. */
function contain(signature: Signature, body: readonly number[][], escaped: number): number[][] {
  const result = signature.results.length === 0 ? NO_RESULT : codeOf(signature.results[0]!);
  return [
    [BLOCK, NO_RESULT, TRY_TABLE, result, 1, CATCH_ALL, 0],
    ...body,
    [END, RETURN, END],
    call(escaped),
    [UNREACHABLE],
  ];
}

function passParams(signature: Signature): number[] {
  return signature.params.flatMap((_, i) => [LOCAL_GET, i]);
}

function call(index: number): number[] {
  return [CALL, ...encodeNumber(index)];
}
