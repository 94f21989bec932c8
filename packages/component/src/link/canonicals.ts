import type { CanonOptions, LiftPlan, LowerPlan, ValueType } from '../abi/model.ts';
import { liftFunction, planTaskReturn } from '../abi/lift.ts';
import { lowerFunction } from '../abi/lower.ts';
import type { Canonical, CanonicalOptionsSyntax, CoreSignature } from '../binary/syntax.ts';
import type { CoreReference, FuncEntity } from '../types/entities.ts';
import { at, invalid, resolveResource, resolveValue } from '../types/resolve.ts';
import type { BindingsPlan, CanonicalPlan } from './plan.ts';
import { settle, spend } from './planner.ts';
import type { Planner, Site } from './planner.ts';
import { CALLBACK, checkLowered, checkSignature, DESTRUCTOR, REALLOC, signatureOf } from './signatures.ts';

/** Plans a canonical definition and enters what it defines into the index space of functions. */
export function defineCanonical(planner: Planner, site: Site, canonical: Canonical, offset: number): void {
  const { scope } = site;
  const context = site.context!;
  switch (canonical.kind) {
    case 'lift': {
      scope.funcs.push(defineLift(planner, site, canonical, offset));
      return;
    }
    case 'lower': {
      const func = at(scope.funcs, canonical.func, 'function', offset);
      const bindings = resolveBindings(site, canonical.options, offset);
      if (bindings.postReturn !== undefined)
        invalid('canonical option `post-return` cannot be specified for lowerings', offset);
      spend(planner, func.weight, offset);
      const plan = lowerFunction(func.type, optionsOf(canonical.options));
      checkOptions(planner, plan, bindings, 'lower', offset);
      const index = nextCanonical(planner, site, plan.signature);
      planner.pending.push({ kind: 'lower', index, context, plan, bindings, callee: func });
      return;
    }
    case 'resource.new':
    case 'resource.rep':
    case 'resource.drop': {
      const resource = resolveResource(canonical.resource, scope, offset);
      if (canonical.kind === 'resource.drop') {
        const index = nextCanonical(planner, site, DESTRUCTOR);
        planner.pending.push({ kind: canonical.kind, index, context, resource });
        return;
      }
      if (planner.resources[resource]!.owner !== context) {
        invalid(
          `${canonical.kind} of a resource that is not a local resource: another component defines it`,
          offset,
        );
      }
      const index = nextCanonical(planner, site, { params: ['i32'], results: ['i32'] });
      defineAtOnce(planner, context, index, { kind: canonical.kind, resource });
      return;
    }
    case 'task.return': {
      const result =
        canonical.result === undefined ? undefined : resolveValue(canonical.result, scope, offset);
      spend(planner, result?.weight ?? 1, offset);
      const plan = planTaskReturn(result?.type, optionsOf(canonical.options));
      const bindings = resolveBindings(site, canonical.options, offset);
      settle(planner, [bindings.realloc]);
      const index = nextCanonical(planner, site, plan.signature);
      defineAtOnce(planner, context, index, { kind: 'task.return', plan, bindings });
      return;
    }
    case 'context.get':
    case 'context.set': {
      const signature = canonical.kind === 'context.set' ? DESTRUCTOR : { params: [], results: ['i32'] };
      defineAtOnce(planner, context, nextCanonical(planner, site, signature), canonical);
      return;
    }
    case 'builtin':
      defineAtOnce(planner, context, nextCanonical(planner, site, undefined), {
        kind: 'unsupported',
        name: canonical.name,
      });
      return;
  }
}

function defineLift(
  planner: Planner,
  site: Site,
  canonical: Extract<Canonical, { kind: 'lift' }>,
  offset: number,
): FuncEntity {
  const type = at(site.scope.types, canonical.type, 'type', offset);
  if (type.kind !== 'func') invalid(`type index ${canonical.type} is not a function type`, offset);
  const core = coreFunction(site, canonical.func, offset);
  const bindings = resolveBindings(site, canonical.options, offset);
  spend(planner, type.weight, offset);
  const plan = liftFunction(type.type, optionsOf(canonical.options));
  checkOptions(planner, plan, bindings, 'lift', offset);
  checkLowered(planner, core, plan.signature, offset);
  checkSignature(planner, bindings.callback, CALLBACK, misfit('callback'), offset);
  const results = signatureOf(planner, core)?.results;
  if (results !== undefined)
    checkSignature(
      planner,
      bindings.postReturn,
      { params: results, results: [] },
      misfit('post-return'),
      offset,
    );
  settle(planner, [core, bindings.realloc, bindings.postReturn, bindings.callback]);
  const index = planner.lifts++;
  planner.steps.push({ kind: 'lift', index, context: site.context!, plan, core, bindings });
  return { type: type.type, weight: type.weight, from: 'lift', index };
}

function nextCanonical(planner: Planner, site: Site, signature: CoreSignature | undefined): number {
  const index = planner.canonicals.push(signature) - 1;
  site.scope.core.func.push({ from: 'canonical', index });
  return index;
}

function defineAtOnce(planner: Planner, context: number, index: number, canonical: CanonicalPlan): void {
  planner.steps.push({ kind: 'canonical', index, context, canonical });
}

function optionsOf(options: CanonicalOptionsSyntax): CanonOptions {
  const { encoding, async, callback } = options;
  return { encoding, async, callback: callback !== undefined };
}

function coreFunction(site: Site, index: number, offset: number): CoreReference {
  return at(site.scope.core.func, index, 'core function', offset);
}

function resolveBindings(site: Site, options: CanonicalOptionsSyntax, offset: number): BindingsPlan {
  const func = (index: number | undefined) =>
    index === undefined ? undefined : coreFunction(site, index, offset);
  return {
    memory:
      options.memory === undefined
        ? undefined
        : at(site.scope.core.memory, options.memory, 'core memory', offset),
    realloc: func(options.realloc),
    postReturn: func(options.postReturn),
    callback: func(options.callback),
  };
}

function misfit(option: string): string {
  return `canonical option \`${option}\` uses a core function with an incorrect signature`;
}

/** Text, lists and what is too much for core values travel through memory, and whoever receives them must allocate. */
function checkOptions(
  planner: Planner,
  { type, spilled }: LiftPlan | LowerPlan,
  { memory, realloc }: BindingsPlan,
  direction: 'lift' | 'lower',
  offset: number,
): void {
  const lists = {
    params: type.params.some((param) => usesMemory(param.type)),
    result: type.result !== undefined && usesMemory(type.result),
  };
  const why = `to ${direction} a function with text, lists or many values`;
  if ((lists.params || lists.result || spilled.params || spilled.result) && memory === undefined)
    invalid(`canonical option \`memory\` is required ${why}`, offset);
  const allocates = direction === 'lift' ? lists.params || spilled.params : lists.result;
  if (allocates && realloc === undefined)
    invalid(`canonical option \`realloc\` is required ${why} that it receives`, offset);
  checkSignature(planner, realloc, REALLOC, misfit('realloc'), offset);
}

function usesMemory(type: ValueType): boolean {
  switch (type.kind) {
    case 'string':
      return true;
    case 'list':
      return type.length === undefined || usesMemory(type.element);
    case 'record':
      return type.fields.some((field) => usesMemory(field.type));
    case 'variant':
      return type.cases.some((item) => item.type !== undefined && usesMemory(item.type));
    case 'tuple':
      return type.types.some(usesMemory);
    case 'option':
      return usesMemory(type.type);
    case 'result':
      return (
        (type.ok !== undefined && usesMemory(type.ok)) || (type.err !== undefined && usesMemory(type.err))
      );
    default:
      return false;
  }
}
