import { GuestResource } from '../runtime/guest-resource.ts';
import { trapAbi } from '../runtime/trap.ts';
import { type Codec, mismatch } from './codec.ts';
import { HANDLE_LAYOUT } from './layout.ts';
import type { AbiContext } from './memory.ts';

/** The codec of `own<resource>`: the handle leaves one table and enters another. */
export function compileOwn(slot: number): Codec {
  return compileHandle(
    (cx, index) => {
      const { instance } = cx;
      const type = instance.resources[slot]!;
      const handle = instance.handles.get(index, type);
      if (handle.lends !== 0)
        trapAbi(`cannot remove owned resource while borrowed: ${type.name} is lent to a call under way`);
      if (!handle.own) trapAbi(`cannot pass on ${type.name}: the handle is borrowed, not owned`);
      instance.handles.remove(index);
      return type.owner === undefined ? handle.rep : new GuestResource(type, handle.rep as number, true);
    },
    (cx, value) => {
      const { instance } = cx;
      const type = instance.resources[slot]!;
      let rep = value;
      if (type.owner !== undefined) rep = (value as GuestResource).take();
      return instance.handles.add({ type, rep, own: true, scope: undefined, lends: 0 });
    },
    (cx, value) => checkResource(cx, slot, value, true),
  );
}

/** The codec of `borrow<resource>`: a loan for the time of a call. */
export function compileBorrow(slot: number): Codec {
  return compileHandle(
    (cx, index) => {
      const { instance } = cx;
      const type = instance.resources[slot]!;
      const handle = instance.handles.get(index, type);
      if (type.owner === undefined) {
        cx.loans.add(handle);
        return handle.rep;
      }
      const shown = new GuestResource(type, handle.rep as number, false);
      cx.loans.add(handle, shown);
      return shown;
    },
    (cx, value) => {
      const { instance } = cx;
      const type = instance.resources[slot]!;
      // The component that implements it wants nothing but the representation.
      if (type.owner === instance) return value.rep;
      const rep = type.owner === undefined ? value : value.rep;
      instance.task.borrows++;
      return instance.handles.add({ type, rep, own: false, scope: instance.task, lends: 0 });
    },
    (cx, value) => checkResource(cx, slot, value, false),
  );
}

function checkResource(cx: AbiContext, slot: number, value: unknown, own: boolean): string | undefined {
  const type = cx.instance.resources[slot]!;
  if (type.owner === undefined) {
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
    return isObject && !(value instanceof GuestResource)
      ? undefined
      : mismatch(`the host's ${type.name}`, value);
  }
  if (!(value instanceof GuestResource)) return mismatch(`a ${type.name} of the guest`, value);
  if (value.type !== type)
    return `: expected a ${type.name} of this guest, found a ${value.type.name} of another type`;
  if (!value.live) return `: this ${type.name} ${value.end}`;
  return own && !value.owned
    ? `: this ${type.name} is borrowed; the function takes one that is owned`
    : undefined;
}

/** The codec of what the engine does not have: values of it cannot pass. */
export function compileUnsupported(kind: string): Codec {
  const refuse = (): never => trapAbi(`unsupported: values of type ${kind}`);
  return compileHandle(refuse, refuse, () => `: values of type ${kind} are not supported`);
}

function compileHandle(
  lift1: (cx: AbiContext, index: number) => unknown,
  lower1: (cx: AbiContext, value: any) => number,
  check: (cx: AbiContext, value: unknown) => string | undefined,
): Codec {
  return {
    ...HANDLE_LAYOUT,
    lift1,
    lower1,
    check,
    load: (cx, at) => lift1(cx, cx.memory.view.getUint32(at, true)),
    store(cx, at, value) {
      cx.memory.view.setUint32(at, lower1(cx, value), true);
    },
    lift: (cx, core, from) => lift1(cx, core[from]),
    lower: (cx, value, core) => void core.push(lower1(cx, value)),
  };
}
