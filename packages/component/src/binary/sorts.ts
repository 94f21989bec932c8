import { checkExternName } from './labels.ts';
import type { Reader } from './reader.ts';
import type { Alias, CoreSort, NamedSortIndex, Sort, SortIndex } from './syntax.ts';

const coreSorts = new Map<number, CoreSort>([
  [0x00, 'func'],
  [0x01, 'table'],
  [0x02, 'memory'],
  [0x03, 'global'],
  [0x04, 'tag'],
  [0x10, 'type'],
  [0x11, 'module'],
  [0x12, 'instance'],
]);

const sorts = new Map<number, Sort>([
  [0x01, 'func'],
  [0x02, 'value'],
  [0x03, 'type'],
  [0x04, 'component'],
  [0x05, 'instance'],
]);

export function readCoreSort(reader: Reader, what: string = 'core external kind'): CoreSort {
  const byte = reader.byte();
  return coreSorts.get(byte) ?? reader.failByte(byte, what);
}

export function readSort(reader: Reader, what: string = 'component external kind'): Sort {
  const byte = reader.byte();
  if (byte === 0x00) return `core ${readCoreSort(reader, what)}`;
  return sorts.get(byte) ?? reader.failByte(byte, what);
}

export function readSortIndex(reader: Reader): SortIndex {
  return { sort: readSort(reader), index: reader.u32() };
}

export function readCoreInlineExport(reader: Reader): NamedSortIndex {
  return { name: reader.name(), sort: `core ${readCoreSort(reader)}`, index: reader.u32() };
}

const outerKind = 'component outer alias kind';
/** Of an outer component only what does not depend on its instance can be had. */
const outerSorts = new Set<Sort>(['type', 'component', 'core type', 'core module']);

export function readAlias(reader: Reader): Alias {
  const start = reader.position;
  const sort = readSort(reader, outerKind);
  const target = reader.byte();
  switch (target) {
    case 0x00:
      return { from: 'export', sort, instance: reader.u32(), name: reader.name() };
    case 0x01:
      return { from: 'core-export', sort, instance: reader.u32(), name: reader.name() };
    case 0x02:
      if (!outerSorts.has(sort)) {
        const at = sort.startsWith('core ') ? start + 1 : start;
        reader.failByte(reader.bytes[at]!, outerKind, at);
      }
      return { from: 'outer', sort, scopes: reader.u32(), index: reader.u32() };
    default:
      return reader.failByte(target, 'alias');
  }
}

const attributes = ['implements', 'version-suffix', 'external-id'];

/** The name of an import or export. Its attributes inform people and tools; linking goes by the name alone. */
export function readExternName(reader: Reader): string {
  const offset = reader.position;
  const form = reader.byte();
  if (form > 0x02) reader.failByte(form, 'component name');
  const name = reader.name();
  if (form === 0x02) {
    const seen = new Set<number>();
    reader.vector('attributes of a name', () => {
      const start = reader.position;
      const attribute = reader.byte();
      if (attribute > 0x02) reader.failByte(attribute, 'name option');
      if (seen.has(attribute))
        reader.fail(`duplicate '${attributes[attribute]}' option in name`, start, 'invalid');
      seen.add(attribute);
      return reader.name();
    });
  }
  return checkExternName(reader, name, offset);
}
