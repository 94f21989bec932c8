import { listSections, SECTION } from './outline.ts';
import { skipConstant } from './globals.ts';
import {
  readCoreExternType,
  readCoreTypeGroup,
  readCoreValueType,
  readGlobalType,
  readLimits,
  resolveCoreExternType,
} from '../binary/core-types.ts';
import { Reader } from '../binary/reader.ts';
import type { CoreExternType, CoreSignature, CoreSubType, ModuleInterface } from '../binary/syntax.ts';

const TAG = 13;

/** Reads what a valid core module imports and exports, with the types. */
export function readModuleInterface(bytes: Uint8Array): ModuleInterface {
  const types: CoreSubType[] = [];
  const spaces: Record<CoreExternType['kind'], (CoreExternType | undefined)[]> = {
    func: [],
    table: [],
    memory: [],
    global: [],
    tag: [],
  };
  const imports: ModuleInterface['imports'][number][] = [];
  const exports = new Map<string, CoreExternType>();
  const signature = (index: number): CoreSignature => {
    const type = types[index];
    return type?.kind === 'func' ? type : { params: [], results: [] };
  };
  for (const { id, content, end } of listSections(bytes)) {
    const reader = new Reader(bytes, content, end);
    const each = (read: () => void): void => {
      for (let count = reader.u32(); count > 0; count--) read();
    };
    if (id === SECTION.type) each(() => types.push(...readCoreTypeGroup(reader)));
    else if (id === SECTION.import) {
      each(() => {
        const [module, name] = [reader.name(), reader.name()];
        const type = resolveCoreExternType(readCoreExternType(reader), signature);
        spaces[type.kind].push(type);
        imports.push({ module, name, type });
      });
    } else if (id === SECTION.function) {
      each(() => spaces.func.push({ kind: 'func', type: signature(reader.u32()) }));
    } else if (id === TAG) {
      each(() => {
        reader.byte();
        spaces.tag.push({ kind: 'tag', type: signature(reader.u32()) });
      });
    } else if (id === SECTION.memory) {
      each(() => spaces.memory.push({ kind: 'memory', limits: readLimits(reader) }));
    } else if (id === SECTION.table) readUntilUnknown(reader, () => readTable(reader, spaces.table));
    else if (id === SECTION.global) {
      readUntilUnknown(reader, () => {
        spaces.global.push(readGlobalType(reader));
        return skipConstant(reader);
      });
    } else if (id === SECTION.export) {
      each(() => {
        const name = reader.name();
        const kind = (['func', 'table', 'memory', 'global', 'tag'] as const)[reader.byte()]!;
        const type = spaces[kind][reader.u32()];
        exports.set(name, type ?? { kind, unknown: true });
      });
    }
  }
  return { imports, exports };
}

/** What comes behind a constant expression that cannot be followed stays unknown. */
function readUntilUnknown(reader: Reader, read: () => boolean): void {
  for (let count = reader.u32(); count > 0; count--) if (!read()) return;
}

function readTable(reader: Reader, tables: (CoreExternType | undefined)[]): boolean {
  const initialised = reader.peek() === 0x40;
  if (initialised) reader.position += 2;
  tables.push({ kind: 'table', element: readCoreValueType(reader), limits: readLimits(reader) });
  return !initialised || skipConstant(reader);
}
