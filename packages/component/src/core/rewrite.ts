import { planAdditions } from './additions.ts';
import type { Additions } from './additions.ts';
import type { ModuleShape } from './model.ts';
import { SECTION, SECTION_ORDER, readOutline } from './outline.ts';
import type { Outline } from './outline.ts';
import { UNKNOWN_WEIGHT, decideEntries } from './entries.ts';
import type { Bodies } from './entries.ts';
import { CHECK, CallSites, Edits, GROW, NOTHING, SIZE } from './edits.ts';
import { scanBody } from './scan.ts';
import { forgetStores, hasStores, haveRoom, writeStoreCode } from './stores.ts';
import type { StoreCode } from './stores.ts';
import { Writer, sizeOfUnsigned } from './writer.ts';

/** Changes with every change of what the rewriter writes: cached modules of other versions are not used. */
export const REWRITER_VERSION = '8';

/** Custom section with the `ModuleShape` of a rewritten module. */
export const SHAPE_SECTION = 'spiderlightning.shape';

/** Custom sections that speak of places in the code, which move, and our own. */
const DROPPED = /^(\.debug_|metadata\.code\.|sourceMappingURL$|external_debug_info$|spiderlightning\.)/;

const MAGIC_AND_VERSION = 8;

/**
 * Rewrites a valid module so that memory and CPU limits hold. Nothing of the guest's is renumbered: what is added
 * stands last in its index space. The memory with the flag must be imported, and imports stand first; therefore the
 * module's own memories become imports before it, under the same indexes.
 *
 * @param noteStores also rewrite stores, so that they set marks; not where the module can never be put back
 * @returns undefined where the module has nothing to limit, and no state
 * @throws {ComponentError} `unsupported`
 */
export function rewriteModule(
  bytes: Uint8Array,
  noteStores = false,
): { bytes: Uint8Array<ArrayBuffer>; shape: ModuleShape } | undefined {
  const outline = readOutline(bytes);
  const edits = new Edits(noteStores);
  const bodies = scanCode(bytes, outline, edits);
  const sized = new Set<number>();
  let interruptible = false;
  for (let index = 0; index < edits.count; index++) {
    const kind = edits.kind[index];
    if (kind === CHECK) interruptible = true;
    else if (kind === SIZE || kind === GROW) sized.add(edits.memory[index]!);
  }
  const lasting = findLasting(outline, edits);
  const stores = hasStores(edits);
  const noted = noteStores && canNote(outline, edits, lasting) && haveRoom(bytes, bodies, outline.parameters);
  if (!noted) forgetStores(edits);
  if (
    !interruptible &&
    sized.size === 0 &&
    outline.memories.length === 0 &&
    outline.start === undefined &&
    outline.mutableGlobals.numeric.length === 0 &&
    !stores &&
    lasting === undefined
  ) {
    return undefined;
  }

  const shape: ModuleShape = {
    prefix: choosePrefix(outline),
    imported: outline.importedMemories.map(({ module, name }) => ({ module, name })),
    defined: outline.memories,
    sized: [...sized],
    interruptible,
    start: outline.start !== undefined,
    globals: outline.mutableGlobals.numeric.length,
    marks: noted && stores,
    noted,
    ...(lasting !== undefined && { lasting }),
  };
  const additions = planAdditions(outline, shape);
  const code = additions.stores && writeStoreCode(bytes, bodies, outline.parameters, edits, additions.stores);
  const writer = new Writer(Math.ceil(bytes.length * 1.1) + 4096);
  writer.copy(bytes, 0, MAGIC_AND_VERSION);
  for (const id of SECTION_ORDER) {
    if (id === SECTION.memory || id === SECTION.start) continue;
    const section = outline.sections.find((candidate) => candidate.id === id);
    const addition = additions.sections.get(id);
    if (addition === undefined) {
      if (section) writer.copy(bytes, section.start, section.end);
      continue;
    }
    if (section === undefined && addition.count === 0) continue;
    if (id === SECTION.code) writeHints(writer, outline, bodies, edits, additions, code);
    writer.section(id, () => {
      const vector = outline.vectors.get(id) ?? { count: 0, start: 0 };
      writer.unsigned(vector.count + addition.count);
      if (id === SECTION.code) writeBodies(writer, bytes, bodies, edits, additions, code);
      else if (section) writer.copy(bytes, vector.start, section.end);
      addition.write(writer);
    });
  }
  for (const section of outline.sections) {
    if (section.name !== undefined && !DROPPED.test(section.name)) {
      writer.copy(bytes, section.start, section.end);
    }
  }
  writer.section(SECTION.custom, () => {
    writer.name(SHAPE_SECTION);
    writer.name(JSON.stringify(shape));
  });
  return { bytes: writer.finish(), shape };
}

/** What the module has that keeps its instances from being put back; undefined: nothing. */
function findLasting(outline: Outline, edits: Edits): string | undefined {
  if (edits.lasting !== undefined) return `the instruction ${edits.lasting}`;
  if (outline.objects) return 'garbage-collected objects';
  if (outline.memories.some(({ wide }) => wide)) return 'a memory with addresses of 64 bits';
  return outline.mutableGlobals.other ? 'a mutable global that is no number' : undefined;
}

/** Whether all that the module writes to memory can be noted. */
function canNote(outline: Outline, edits: Edits, lasting: string | undefined): boolean {
  const memories = [...outline.importedMemories, ...outline.memories];
  return (
    lasting === undefined && !edits.unnoted && memories.length <= 1 && !memories.some(({ wide }) => wide)
  );
}

/** A name that is neither a module of the guest's imports nor the beginning of one of its exports. */
function choosePrefix(outline: Outline): string {
  let prefix = 'spiderlightning';
  const taken = () =>
    outline.importModules.has(prefix) || outline.exports.some((name) => name.startsWith(`${prefix}/`));
  while (taken()) prefix += "'";
  return prefix;
}

function scanCode(bytes: Uint8Array, outline: Outline, edits: Edits): Bodies {
  const vector = outline.vectors.get(SECTION.code);
  const count = vector?.count ?? 0;
  const start = new Int32Array(count);
  const end = new Int32Array(count);
  const firstEdit = new Int32Array(count);
  const firstCall = new Int32Array(count);
  const sites = new CallSites();
  const forgotten = new Edits(false);
  let at = vector?.start ?? 0;
  for (let index = 0; index < count; index++) {
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    start[index] = at;
    end[index] = at + size;
    firstCall[index] = sites.count;
    forgotten.count = 0;
    scanBody(bytes, at, at + size, forgotten, sites);
    at += size;
  }
  const bodies = { count, start, end, firstEdit, firstCall };
  // Where a function looks on the way depends on what its calls weigh, so all of it is read twice.
  const imported = outline.functions - count;
  const { weights, onEntry } = decideEntries(bodies, sites, imported);
  const weigh = (callee: number): number =>
    callee < imported ? UNKNOWN_WEIGHT : weights[callee - imported]!;
  for (let index = 0; index < count; index++) {
    firstEdit[index] = edits.count;
    sites.count = 0;
    const looks = onEntry[index] === 1 ? weigh : undefined;
    scanBody(bytes, start[index]!, end[index]!, edits, sites, looks);
    if (onEntry[index] === 0) edits.kind[firstEdit[index]!] = NOTHING;
  }
  return bodies;
}

/** Bytes that an edit puts in. */
function sizeOfEdit(edits: Edits, edit: number, additions: Additions, code: StoreCode | undefined): number {
  const kind = edits.kind[edit];
  if (kind === CHECK) return additions.check.length;
  if (kind === NOTHING) return 0;
  if (kind !== SIZE && kind !== GROW) return code!.end[edit]! - startOfCode(code!, edit);
  return 1 + sizeOfUnsigned(standIn(edits, edit, additions));
}

function startOfCode({ end }: StoreCode, edit: number): number {
  return edit === 0 ? 0 : end[edit - 1]!;
}

/** Bytes that the declarations of a function's locals gain. */
function growthOfLocals(bodies: Bodies, index: number, code: StoreCode | undefined): number {
  const locals = code?.locals[index];
  return locals === undefined ? 0 : locals.bytes.length - (locals.behind - bodies.start[index]!);
}

function standIn(edits: Edits, edit: number, additions: Additions): number {
  const standIns = edits.kind[edit] === SIZE ? additions.sizeGlobal : additions.growFunction;
  return standIns.get(edits.memory[edit]!)!;
}

/** First edit of the function after this one. */
function editsBehind(bodies: Bodies, index: number, edits: Edits): number {
  return index + 1 < bodies.count ? bodies.firstEdit[index + 1]! : edits.count;
}

/**
 * Says of each look at the flag that it is unlikely to be set. Without that, the call behind it costs registers in
 * every loop: tight ones took up to three times as long.
 */
function writeHints(
  writer: Writer,
  outline: Outline,
  bodies: Bodies,
  edits: Edits,
  additions: Additions,
  code: StoreCode | undefined,
): void {
  const imported = outline.functions - bodies.count;
  const hints = new Writer(edits.count * 5 + 64);
  let functions = 0;
  for (let index = 0; index < bodies.count; index++) {
    const behind = editsBehind(bodies, index, edits);
    let checks = 0;
    for (let edit = bodies.firstEdit[index]!; edit < behind; edit++) {
      if (edits.kind[edit] === CHECK) checks++;
    }
    if (checks === 0) continue;
    functions++;
    hints.unsigned(imported + index);
    hints.unsigned(checks);
    // Offsets count from the beginning of the rewritten body, locals included.
    let shift = growthOfLocals(bodies, index, code) - bodies.start[index]!;
    for (let edit = bodies.firstEdit[index]!; edit < behind; edit++) {
      if (edits.kind[edit] === CHECK) {
        hints.unsigned(edits.start[edit]! + shift + additions.branchInCheck);
        hints.unsigned(1);
        hints.byte(0);
      }
      shift += sizeOfEdit(edits, edit, additions, code) - (edits.end[edit]! - edits.start[edit]!);
    }
  }
  if (functions === 0) return;
  writer.section(SECTION.custom, () => {
    writer.name('metadata.code.branch_hint');
    writer.unsigned(functions);
    writer.copy(hints.bytes, 0, hints.length);
  });
}

function writeBodies(
  writer: Writer,
  bytes: Uint8Array,
  bodies: Bodies,
  edits: Edits,
  additions: Additions,
  code: StoreCode | undefined,
): void {
  for (let index = 0; index < bodies.count; index++) {
    const start = bodies.start[index]!;
    const end = bodies.end[index]!;
    const first = bodies.firstEdit[index]!;
    const behind = editsBehind(bodies, index, edits);
    let size = end - start + growthOfLocals(bodies, index, code);
    for (let edit = first; edit < behind; edit++) {
      size += sizeOfEdit(edits, edit, additions, code) - (edits.end[edit]! - edits.start[edit]!);
    }
    writer.unsigned(size);
    const locals = code?.locals[index];
    if (locals !== undefined) writer.copy(locals.bytes);
    let copied = locals?.behind ?? start;
    for (let edit = first; edit < behind; edit++) {
      if (edits.kind[edit] === NOTHING) continue;
      writer.copy(bytes, copied, edits.start[edit]!);
      copied = edits.end[edit]!;
      const kind = edits.kind[edit];
      if (kind === CHECK) {
        writer.copy(additions.check);
      } else if (kind !== SIZE && kind !== GROW) {
        writer.copy(code!.bytes, startOfCode(code!, edit), code!.end[edit]!);
      } else {
        writer.byte(kind === SIZE ? 0x23 : 0x10); // global.get, call
        writer.unsigned(standIn(edits, edit, additions));
      }
    }
    writer.copy(bytes, copied, end);
  }
}
