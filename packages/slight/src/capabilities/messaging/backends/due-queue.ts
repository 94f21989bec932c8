/** Things in the order of their times; what was pushed first comes first of those with one time. */
export interface DueQueue<T> {
  push(item: T, due: number): void;
  /** Takes out the first whose time has come. */
  shift(now: number): T | undefined;
  /** The time of the first. */
  next(): number | undefined;
}

interface Slot<T> {
  readonly item: T;
  readonly due: number;
  readonly order: number;
}

/** @param counts whether a thing still stands there for this time: what was pushed again for another is passed over */
export function makeDueQueue<T>(counts: (item: T, due: number) => boolean): DueQueue<T> {
  /** A binary heap: each slot is before those at twice its place, plus one and plus two. */
  const heap: Slot<T>[] = [];
  let pushed = 0;

  function before(a: Slot<T>, b: Slot<T>): boolean {
    return a.due === b.due ? a.order < b.order : a.due < b.due;
  }

  function swap(a: number, b: number): void {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  }

  function remove(): void {
    swap(0, heap.length - 1);
    heap.pop();
    for (let at = 0; ;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && before(heap[child]!, heap[first]!)) first = child;
      }
      if (first === at) return;
      swap(at, first);
      at = first;
    }
  }

  function peek(): Slot<T> | undefined {
    while (heap.length > 0 && !counts(heap[0]!.item, heap[0]!.due)) remove();
    return heap[0];
  }

  return {
    push(item, due) {
      heap.push({ item, due, order: pushed++ });
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (!before(heap[at]!, heap[parent]!)) return;
        swap(at, parent);
        at = parent;
      }
    },
    shift(now) {
      const first = peek();
      if (first === undefined || first.due > now) return undefined;
      remove();
      return first.item;
    },
    next: () => peek()?.due,
  };
}
