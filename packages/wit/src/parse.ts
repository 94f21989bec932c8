import type {
  WitFunction,
  WitInterface,
  WitMember,
  WitPackage,
  WitType,
  WitTypeDef,
  WitUse,
  WitWorld,
} from './model.ts';

interface Token {
  readonly text: string;
  readonly docs: string;
  readonly line: number;
}

const lexeme = /\s+|\/\/\/(.*)|\/\/.*|->|[{}()<>:;,=.*@/]|%?[A-Za-z0-9_][A-Za-z0-9_-]*/y;

/**
 * Reads one WIT file. It knows what the specification of this project uses: records, variants, enums, flags,
 * resources, aliases, functions, `use`, and worlds of imports and exports.
 * @throws {SyntaxError} with the file and the line
 */
export function parseWit(source: string, file = 'wit'): WitPackage {
  return new Parser(tokenize(source, file), file).readFile();
}

function tokenize(source: string, file: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let docs: string[] = [];
  lexeme.lastIndex = 0;
  while (lexeme.lastIndex < source.length) {
    const at = lexeme.lastIndex;
    const found = lexeme.exec(source);
    if (found === null)
      throw new SyntaxError(`${file}:${line}: ${JSON.stringify(source[at])} does not belong in a WIT file`);
    const text = found[0];
    line += text.split('\n').length - 1;
    if (found[1] !== undefined) docs.push(found[1].replace(/^ /, ''));
    else if (!/^\s|^\/\//.test(text)) {
      tokens.push({ text: text.replace(/^%/, ''), docs: docs.join('\n'), line });
      docs = [];
    }
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #file: string;
  #at = 0;

  constructor(tokens: readonly Token[], file: string) {
    this.#tokens = tokens;
    this.#file = file;
  }

  readFile(): WitPackage {
    this.#expect('package');
    const { name, version } = this.#readPath();
    this.#expect(';');
    const interfaces: WitInterface[] = [];
    const worlds: WitWorld[] = [];
    while (this.#at < this.#tokens.length) {
      const docs = this.#docs();
      if (this.#accept('interface')) interfaces.push(this.#readInterface(docs));
      else if (this.#accept('world')) worlds.push(this.#readWorld(docs));
      else throw this.#unexpected('`interface` or `world`');
    }
    return { name, version, interfaces, worlds };
  }

  #readInterface(docs: string): WitInterface {
    const name = this.#next();
    const uses: WitUse[] = [];
    const types: WitTypeDef[] = [];
    const functions: WitFunction[] = [];
    this.#readBlock((memberDocs) => {
      if (this.#accept('use')) uses.push(this.#readUse());
      else {
        const type = this.#readTypeDef(memberDocs);
        if (type !== undefined) types.push(type);
        else functions.push(this.#readFunction(memberDocs, 'func'));
      }
    });
    return { name, docs, uses, types, functions };
  }

  #readWorld(docs: string): WitWorld {
    const name = this.#next();
    const imports: string[] = [];
    const exports: string[] = [];
    this.#readBlock(() => {
      const list = this.#accept('import') ? imports : exports;
      if (list === exports) this.#expect('export');
      list.push(this.#readName());
      this.#expect(';');
    });
    return { name, docs, imports, exports };
  }

  #readUse(): WitUse {
    const from = this.#readName();
    this.#expect('.');
    const names: { name: string; as: string }[] = [];
    this.#readList('{', '}', () => {
      const name = this.#next();
      names.push({ name, as: this.#accept('as') ? this.#next() : name });
    });
    this.#expect(';');
    return { from, names };
  }

  #readTypeDef(docs: string): WitTypeDef | undefined {
    // A function may carry one of these words as its name; then a colon follows.
    if (this.#tokens[this.#at + 1]?.text === ':') return undefined;
    if (this.#accept('record')) {
      const name = this.#next();
      const fields: (WitMember & { type: WitType })[] = [];
      this.#readList('{', '}', (fieldDocs) => {
        const field = this.#next();
        this.#expect(':');
        fields.push({ name: field, docs: fieldDocs, type: this.#readType() });
      });
      return { kind: 'record', name, docs, fields };
    }
    if (this.#accept('variant')) {
      const name = this.#next();
      const cases: (WitMember & { type?: WitType })[] = [];
      this.#readList('{', '}', (caseDocs) => {
        const item = this.#next();
        if (!this.#accept('(')) {
          cases.push({ name: item, docs: caseDocs });
          return;
        }
        cases.push({ name: item, docs: caseDocs, type: this.#readType() });
        this.#expect(')');
      });
      return { kind: 'variant', name, docs, cases };
    }
    for (const kind of ['enum', 'flags'] as const) {
      if (!this.#accept(kind)) continue;
      const name = this.#next();
      const cases: WitMember[] = [];
      this.#readList('{', '}', (caseDocs) => cases.push({ name: this.#next(), docs: caseDocs }));
      return { kind, name, docs, cases };
    }
    if (this.#accept('resource')) {
      const name = this.#next();
      const functions: WitFunction[] = [];
      if (!this.#accept(';'))
        this.#readBlock((memberDocs) => functions.push(this.#readFunction(memberDocs, 'method')));
      return { kind: 'resource', name, docs, functions };
    }
    if (this.#accept('type')) {
      const name = this.#next();
      this.#expect('=');
      const type = this.#readType();
      this.#expect(';');
      return { kind: 'alias', name, docs, type };
    }
    return undefined;
  }

  #readFunction(docs: string, kind: 'func' | 'method'): WitFunction {
    if (kind === 'method' && this.#accept('constructor')) {
      const params = this.#readParams();
      this.#expect(';');
      return { kind: 'constructor', name: 'constructor', docs, async: false, params };
    }
    const name = this.#next();
    this.#expect(':');
    const isStatic = this.#accept('static');
    const async = this.#accept('async');
    this.#expect('func');
    const params = this.#readParams();
    const result = this.#accept('->') ? this.#readType() : undefined;
    this.#expect(';');
    return {
      kind: isStatic ? 'static' : kind,
      name,
      docs,
      async,
      params,
      ...(result === undefined ? {} : { result }),
    };
  }

  #readParams(): { name: string; type: WitType }[] {
    const params: { name: string; type: WitType }[] = [];
    this.#readList('(', ')', () => {
      const name = this.#next();
      this.#expect(':');
      params.push({ name, type: this.#readType() });
    });
    return params;
  }

  #readType(): WitType {
    const name = this.#next();
    const args: WitType[] = [];
    if (this.#peek() === '<') this.#readList('<', '>', () => args.push(this.#readType()));
    return { name, args };
  }

  /** `keyvalue` or `wasi:io/streams@0.2.12`, as written. */
  #readName(): string {
    const { name, version } = this.#readPath();
    return version === '' ? name : `${name}@${version}`;
  }

  #readPath(): { name: string; version: string } {
    let name = this.#next();
    while (this.#peek() === ':' || this.#peek() === '/') name += this.#next() + this.#next();
    let version = '';
    if (this.#accept('@')) {
      version = this.#next();
      // `use a@1.0.0.{b}`: the last dot is not the version's.
      while (this.#peek() === '.' && this.#tokens[this.#at + 1]?.text !== '{')
        version += this.#next() + this.#next();
    }
    return { name, version };
  }

  #readBlock(readMember: (docs: string) => void): void {
    this.#expect('{');
    while (!this.#accept('}')) readMember(this.#docs());
  }

  #readList(open: string, close: string, readItem: (docs: string) => void): void {
    this.#expect(open);
    while (!this.#accept(close)) {
      readItem(this.#docs());
      if (this.#peek() !== close) this.#expect(',');
    }
  }

  #docs(): string {
    return this.#tokens[this.#at]?.docs ?? '';
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at]?.text;
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.#unexpected('more');
    this.#at++;
    return token.text;
  }

  #accept(text: string): boolean {
    if (this.#peek() !== text) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw this.#unexpected(`\`${text}\``);
  }

  #unexpected(wanted: string): SyntaxError {
    const token = this.#tokens[this.#at];
    const found = token === undefined ? 'the end of the file' : `\`${token.text}\``;
    const line = token?.line ?? this.#tokens.at(-1)?.line ?? 1;
    return new SyntaxError(`${this.#file}:${line}: expected ${wanted}, found ${found}`);
  }
}
