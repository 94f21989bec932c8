import type { WitFunction, WitInterface, WitMember, WitPackage, WitType, WitTypeDef } from './model.ts';

/**
 * Writes ambient TypeScript modules for what a QuickJS guest imports from a package. As its compiler has it: 64-bit
 * integers are numbers, none is null, functions whose result is `result<T, E>` give T or throw an error that holds E
 * in `payload`.
 */
export function writeTypes(packages: readonly WitPackage[]): string {
  const out = ['// Written by scripts/generate-wit.ts. Change the WIT files and run it again.', ''];
  for (const source of packages)
    for (const item of source.interfaces) out.push(writeModule(source, item), '');
  return out.join('\n');
}

function writeModule(source: WitPackage, item: WitInterface): string {
  const body: string[] = [];
  for (const use of item.uses) {
    const from = use.from.includes(':') ? use.from : `${source.name}/${use.from}@${source.version}`;
    const names = use.names.map(({ name, as }) =>
      name === as ? pascalCase(name) : `${pascalCase(name)} as ${pascalCase(as)}`,
    );
    body.push(`import type { ${names.join(', ')} } from '${from}';`);
  }
  for (const type of item.types) body.push(...writeType(type));
  for (const func of item.functions)
    body.push(...docLines(func), `export function ${camelCase(func.name)}${signature(func)};`);
  // The interface as one object too: `import keyvalue from '…'`.
  const values = [
    ...item.types.filter((type) => type.kind === 'resource').map((type) => pascalCase(type.name)),
    ...item.functions.map((func) => camelCase(func.name)),
  ];
  if (values.length > 0) {
    body.push(`const self: { ${values.map((name) => `readonly ${name}: typeof ${name}`).join('; ')} };`);
    body.push('export default self;');
  }
  return [
    ...docLines(item),
    `declare module '${source.name}/${item.name}@${source.version}' {`,
    ...body.map((line) => (line === '' ? line : `  ${line}`)),
    '}',
  ].join('\n');
}

function writeType(type: WitTypeDef): string[] {
  const name = pascalCase(type.name);
  switch (type.kind) {
    case 'record':
      return [
        ...docLines(type),
        `export interface ${name} {`,
        ...type.fields.flatMap((field) => [
          ...docLines(field).map(indent),
          `  ${camelCase(field.name)}: ${typeName(field.type)};`,
        ]),
        '}',
      ];
    case 'variant':
      return [
        ...docLines(type),
        `export type ${name} =`,
        ...type.cases.flatMap((item, index) => [
          ...docLines(item).map(indent),
          `  | { tag: '${item.name}'${item.type === undefined ? '' : `; val: ${typeName(item.type)}`} }` +
            (index === type.cases.length - 1 ? ';' : ''),
        ]),
      ];
    case 'enum':
      return [
        ...docLines(type),
        `export type ${name} =`,
        ...type.cases.flatMap((item, index) => [
          ...docLines(item).map(indent),
          `  | '${item.name}'${index === type.cases.length - 1 ? ';' : ''}`,
        ]),
      ];
    case 'flags':
      return [
        ...docLines(type),
        `export interface ${name} {`,
        ...type.cases.flatMap((item) => [
          ...docLines(item).map(indent),
          `  ${camelCase(item.name)}: boolean;`,
        ]),
        '}',
      ];
    case 'alias':
      return [...docLines(type), `export type ${name} = ${typeName(type.type)};`];
    case 'resource':
      return writeResource(type, name);
  }
}

function writeResource(type: WitTypeDef & { kind: 'resource' }, name: string): string[] {
  const hasConstructor = type.functions.some((func) => func.kind === 'constructor');
  return [
    ...docLines(type),
    `export class ${name} {`,
    ...(hasConstructor ? [] : ['  private constructor();']),
    ...type.functions.flatMap((func) => [
      ...docLines(func).map(indent),
      func.kind === 'constructor'
        ? `  constructor${params(func)};`
        : `  ${func.kind === 'static' ? 'static ' : ''}${camelCase(func.name)}${signature(func)};`,
    ]),
    '  /** Lets go of it at once; otherwise it lives as long as the call. */',
    '  [Symbol.dispose](): void;',
    '}',
  ];
}

function signature(func: WitFunction): string {
  const plain = func.result === undefined ? 'void' : resultName(func.result);
  return `${params(func)}: ${func.async ? `Promise<${plain}>` : plain}`;
}

function params(func: WitFunction): string {
  return `(${func.params.map((param) => `${camelCase(param.name)}: ${typeName(param.type)}`).join(', ')})`;
}

function resultName(type: WitType): string {
  if (type.name !== 'result') return typeName(type);
  const [ok] = type.args;
  return ok === undefined || ok.name === '_' ? 'void' : typeName(ok);
}

function typeName(type: WitType): string {
  const [first, second] = type.args;
  switch (type.name) {
    case 'bool':
      return 'boolean';
    case 'string':
    case 'char':
      return 'string';
    case 'list':
      if (first?.name === 'u8') return 'Uint8Array';
      return `${group(typeName(first ?? never))}[]`;
    case 'option':
      return `${typeName(first ?? never)} | null`;
    case 'tuple':
      return `[${type.args.map(typeName).join(', ')}]`;
    case 'result':
      return `{ tag: 'ok'${payload(first)} } | { tag: 'err'${payload(second)} }`;
    case 'own':
    case 'borrow':
      return typeName(first ?? never);
    default:
      return /^([us](8|16|32|64)|f(32|64))$/.test(type.name) ? 'number' : pascalCase(type.name);
  }
}

const never: WitType = { name: 'never', args: [] };

function payload(type: WitType | undefined): string {
  return type === undefined || type.name === '_' ? '' : `; val: ${typeName(type)}`;
}

function group(name: string): string {
  return name.includes('|') ? `(${name})` : name;
}

function docLines(member: WitMember): string[] {
  if (member.docs === '') return [];
  const lines = member.docs.split('\n');
  if (lines.length === 1) return [`/** ${lines[0]} */`];
  return ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'];
}

function indent(line: string): string {
  return `  ${line}`;
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function pascalCase(name: string): string {
  const camel = camelCase(name);
  return camel.charAt(0).toUpperCase() + camel.slice(1);
}
