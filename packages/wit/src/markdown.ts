import type { WitFunction, WitInterface, WitMember, WitPackage, WitType, WitTypeDef } from './model.ts';

/** Writes a package's reference: every interface, type and function with its documentation. */
export function writeReference(source: WitPackage): string {
  const out = [
    `# ${source.name} ${source.version}`,
    '',
    'Written from the WIT files by `node scripts/generate-wit.ts`; what is said here is said there, item by item.',
    '',
    ...source.interfaces.map((item) => `- [${item.name}](#${item.name}): ${firstSentence(item.docs)}`),
    ...source.worlds.map(
      (world) => `- [world ${world.name}](#world-${world.name}): ${firstSentence(world.docs)}`,
    ),
    '',
  ];
  for (const item of source.interfaces) out.push(...writeInterface(source, item));
  for (const world of source.worlds)
    out.push(
      `## world ${world.name}`,
      '',
      ...paragraph(world.docs),
      `Imports ${list(world.imports)}; exports ${list(world.exports)}.`,
      '',
    );
  return out.join('\n');
}

function writeInterface(source: WitPackage, item: WitInterface): string[] {
  const out = [
    `## ${item.name}`,
    '',
    `\`${source.name}/${item.name}@${source.version}\``,
    '',
    ...paragraph(item.docs),
  ];
  for (const use of item.uses)
    out.push(`Uses ${list(use.names.map(({ name }) => name))} of [${use.from}](#${use.from}).`, '');
  for (const type of item.types) out.push(...writeType(type));
  for (const func of item.functions) out.push(`### ${func.name}`, '', ...writeFunction(func));
  return out;
}

function writeType(type: WitTypeDef): string[] {
  const head = [
    `### ${type.kind === 'alias' ? 'type' : type.kind} ${type.name}`,
    '',
    ...paragraph(type.docs),
  ];
  switch (type.kind) {
    case 'record':
      return [...head, ...table('field', type.fields), ''];
    case 'variant':
      return [...head, ...table('case', type.cases), ''];
    case 'enum':
    case 'flags':
      if (type.cases.every(({ docs }) => docs === ''))
        return [...head, `${list(type.cases.map(({ name }) => name))}.`, ''];
      return [...head, ...table('case', type.cases), ''];
    case 'alias':
      return [...head, `\`${typeText(type.type)}\``, ''];
    case 'resource':
      return [
        ...head,
        ...type.functions.flatMap((func) => [`#### ${type.name}.${func.name}`, '', ...writeFunction(func)]),
      ];
  }
}

function writeFunction(func: WitFunction): string[] {
  const params = func.params.map(({ name, type }) => `${name}: ${typeText(type)}`).join(', ');
  const words = [func.kind === 'static' ? 'static' : '', func.async ? 'async' : '', 'func'].filter(
    (word) => word !== '',
  );
  const result = func.result === undefined ? '' : ` -> ${typeText(func.result)}`;
  return [
    '```wit',
    `${func.name}: ${words.join(' ')}(${params})${result}`,
    '```',
    '',
    ...paragraph(func.docs),
  ];
}

function table(what: string, members: readonly (WitMember & { readonly type?: WitType })[]): string[] {
  const typed = members.some(({ type }) => type !== undefined);
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = members.map(({ name, docs, type }) => [
    `\`${name}\``,
    ...(typed ? [type === undefined ? '' : `\`${typeText(type)}\``] : []),
    docs.replaceAll('\n', ' '),
  ]);
  const heads = [what, ...(typed ? ['type'] : []), ''];
  return [row(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(row)];
}

function typeText(type: WitType): string {
  return type.args.length === 0 ? type.name : `${type.name}<${type.args.map(typeText).join(', ')}>`;
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function paragraph(docs: string): string[] {
  return docs === '' ? [] : [docs, ''];
}

function firstSentence(docs: string): string {
  return /^.*?[.:](?=\s|$)/s.exec(docs)?.[0].replaceAll('\n', ' ').replace(/:$/, '.') ?? docs;
}
