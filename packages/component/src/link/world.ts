import type { FuncType, ValueType } from '../abi/model.ts';
import type { CoreExternType, CoreLimits, ModuleInterface } from '../binary/syntax.ts';
import type { Entity, TypeEntity } from '../types/entities.ts';
import type {
  CoreDescription,
  CoreLimitsDescription,
  FunctionDescription,
  ModuleDescription,
  TypeDescription,
  TypeReference,
  World,
  WorldItem,
} from '../world.ts';
import type { Planner } from './planner.ts';

type Items = ReadonlyMap<string, Entity>;

/** Describes what a planned component imports and exports. */
export function describeWorld(planner: Planner, imports: Items, exports: Items): World {
  const describer = new Describer(planner);
  describer.collect(imports, { from: 'imports' });
  describer.collect(exports, { from: 'exports' });
  return {
    imports: describer.items(imports, { from: 'imports' }),
    exports: describer.items(exports, { from: 'exports' }),
  };
}

/** Where items stand. */
type Place = Pick<TypeReference, 'from' | 'interface'>;

class Describer {
  readonly #planner: Planner;
  /** Where a type first has a name. A definition is one object, wherever it is taken over to. */
  readonly #types = new Map<TypeEntity | ValueType, TypeReference>();
  readonly #resources = new Map<number, TypeReference>();
  /** A short file can write a type out endlessly: each is described once. */
  readonly #described = new Map<ValueType, TypeDescription>();

  constructor(planner: Planner) {
    this.#planner = planner;
  }

  /** Notes the names of types. Comes before `items`: a function may stand before the types that it uses. */
  collect(items: Items, place: Place): void {
    for (const [name, entity] of items) {
      if (entity.sort === 'instance') this.collect(entity.instance.exports, inside(place, name));
      if (entity.sort !== 'type') continue;
      const { type } = entity;
      if (type.kind === 'resource') note(this.#resources, type.slot, { ...place, name });
      else note(this.#types, keyOf(type), { ...place, name });
    }
  }

  items(items: Items, place: Place): WorldItem[] {
    return [...items].map(([name, entity]) => this.#item(name, entity, place));
  }

  #item(name: string, entity: Entity, place: Place): WorldItem {
    switch (entity.sort) {
      case 'func':
        return { kind: 'func', name, ...this.#signature(entity.func.type) };
      case 'instance': {
        const items = this.items(entity.instance.exports, inside(place, name));
        return { kind: 'interface', name, items };
      }
      case 'core module':
        return { kind: 'module', name, ...describeModule(this.#planner.typesOf(entity.module)) };
      case 'component':
        return { kind: 'component', name };
      case 'type': {
        const { type } = entity;
        if (type.kind === 'resource') {
          const ref = this.#resources.get(type.slot)!;
          return isAt(ref, place, name) ? { kind: 'resource', name } : { kind: 'resource', name, ref };
        }
        const ref = this.#types.get(keyOf(type))!;
        return {
          kind: 'type',
          name,
          type: isAt(ref, place, name) ? this.#named(type) : { kind: 'ref', ref },
        };
      }
    }
  }

  #named(type: Exclude<TypeEntity, { kind: 'resource' }>): TypeDescription {
    if (type.kind === 'value') return this.#describe(type.type);
    return type.kind === 'func' ? { kind: 'func', ...this.#signature(type.type) } : { kind: 'interface' };
  }

  #signature({ async, params, result }: FuncType): Omit<FunctionDescription, 'kind'> {
    return {
      async,
      params: params.map(({ name, type }) => ({ name, type: this.#use(type) })),
      ...(result && { result: this.#use(result) }),
    };
  }

  /** A type where it is used: by its name, where it has one. */
  #use(type: ValueType): TypeDescription {
    const ref = this.#types.get(type);
    return ref === undefined ? this.#describe(type) : { kind: 'ref', ref };
  }

  #describe(type: ValueType): TypeDescription {
    let description = this.#described.get(type);
    if (description === undefined) this.#described.set(type, (description = this.#write(type)));
    return description;
  }

  #write(type: ValueType): TypeDescription {
    switch (type.kind) {
      case 'list':
        return { ...type, element: this.#use(type.element) };
      case 'record':
        return {
          kind: 'record',
          fields: type.fields.map(({ name, type: field }) => ({ name, type: this.#use(field) })),
        };
      case 'tuple':
        return { kind: 'tuple', types: type.types.map((item) => this.#use(item)) };
      case 'variant':
        return {
          kind: 'variant',
          cases: type.cases.map(({ name, type: payload }) =>
            payload === undefined ? { name } : { name, type: this.#use(payload) },
          ),
        };
      case 'option':
        return { kind: 'option', type: this.#use(type.type) };
      case 'result':
        return {
          kind: 'result',
          ...(type.ok && { ok: this.#use(type.ok) }),
          ...(type.err && { err: this.#use(type.err) }),
        };
      case 'own':
      case 'borrow':
        return { kind: type.kind, resource: this.#resource(type.resource) };
      case 'stream':
      case 'future':
        return { kind: type.kind, ...(type.element && { element: this.#use(type.element) }) };
      default:
        return type;
    }
  }

  /** One that the world gives no name keeps the one by which messages call it. */
  #resource(slot: number): TypeReference {
    const { name, from } = this.#planner.resources[slot]!;
    return this.#resources.get(slot) ?? { from: from === 'host' ? 'imports' : 'exports', name };
  }
}

/** A value type is found wherever it is used; other types only where they have a name. */
function keyOf(type: TypeEntity): TypeEntity | ValueType {
  return type.kind === 'value' ? type.type : type;
}

function note<Key>(names: Map<Key, TypeReference>, key: Key, reference: TypeReference): void {
  if (!names.has(key)) names.set(key, reference);
}

function inside(place: Place, name: string): Place {
  return {
    from: place.from,
    interface: place.interface === undefined ? name : `${place.interface}#${name}`,
  };
}

function isAt(reference: TypeReference, place: Place, name: string): boolean {
  return reference.from === place.from && reference.interface === place.interface && reference.name === name;
}

/** Describes what a core module imports and exports. */
export function describeModule({ imports, exports }: ModuleInterface): ModuleDescription {
  return {
    imports: imports.map(({ module, name, type }) => ({ module, name, type: describeCore(type) })),
    exports: [...exports].map(([name, type]) => ({ name, type: describeCore(type) })),
  };
}

function describeCore(type: CoreExternType): CoreDescription {
  if (type.unknown === true) return type;
  switch (type.kind) {
    case 'func':
      return { kind: 'func', params: type.type.params, results: type.type.results };
    case 'tag':
      return { kind: 'tag', params: type.type.params };
    case 'table':
      return { kind: 'table', element: type.element, ...describeLimits(type.limits) };
    case 'memory':
      return { kind: 'memory', shared: type.limits.shared, ...describeLimits(type.limits) };
    case 'global':
      return { kind: 'global', content: type.content, mutable: type.mutable };
  }
}

function describeLimits({ minimum, maximum, wide }: CoreLimits): CoreLimitsDescription {
  return {
    minimum: Number(minimum),
    ...(maximum !== undefined && { maximum: Number(maximum) }),
    address: wide ? 'i64' : 'i32',
  };
}
