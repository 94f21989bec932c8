export type Labels = { readonly [name: string]: string };

export interface Sample {
  readonly labels: Labels;
  /** For a histogram the sum of what was observed. */
  readonly value: number;
  /** For a histogram how many observations fell into each bucket; the last one is for those beyond every bound. */
  readonly buckets?: readonly number[];
}

/** All samples of one name, as plain data that travels between processes. */
export interface Family {
  /** As Prometheus wants it: base units, `_total` for counters. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** What becomes of the samples of several processes. */
  readonly merge: 'sum' | 'max';
  /** Upper bounds of the buckets, without the last one. */
  readonly bounds?: readonly number[];
  readonly samples: readonly Sample[];
}

/** Counts what happens. Label values must come from small, closed sets: each combination is kept for ever. */
export interface Counter {
  add(labels: Labels, amount?: number): void;
  collect(): Family;
}

export interface Histogram {
  observe(labels: Labels, value: number): void;
  collect(): Family;
}

/** Seconds; from what storage in this process takes to what users give up on. */
const secondsBounds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

export function createCounter(name: string, help: string): Counter {
  const samples = new Map<string, { labels: Labels; value: number }>();
  return {
    add(labels, amount = 1) {
      const key = keyOf(labels);
      const sample = samples.get(key);
      if (sample === undefined) samples.set(key, { labels, value: amount });
      else sample.value += amount;
    },
    collect: () => ({
      name,
      help,
      type: 'counter',
      merge: 'sum',
      samples: [...samples.values()].map((sample) => ({ ...sample })),
    }),
  };
}

/** Of durations, in seconds. */
export function createHistogram(name: string, help: string): Histogram {
  const bounds = secondsBounds;
  const samples = new Map<string, { labels: Labels; value: number; buckets: number[] }>();
  return {
    observe(labels, value) {
      const key = keyOf(labels);
      let sample = samples.get(key);
      if (sample === undefined) {
        sample = { labels, value: 0, buckets: Array<number>(bounds.length + 1).fill(0) };
        samples.set(key, sample);
      }
      let index = 0;
      while (index < bounds.length && value > bounds[index]!) index++;
      sample.buckets[index]!++;
      sample.value += value;
    },
    collect: () => ({
      name,
      help,
      type: 'histogram',
      merge: 'sum',
      bounds,
      samples: [...samples.values()].map((sample) => ({ ...sample, buckets: [...sample.buckets] })),
    }),
  };
}

/** A count that is kept elsewhere. */
export function counterOf(name: string, help: string, value: number): Family {
  return { name, help, type: 'counter', merge: 'sum', samples: [{ labels: {}, value }] };
}

/** A reading of now. */
export function gauge(
  name: string,
  help: string,
  samples: readonly (readonly [labels: Labels, value: number])[],
  merge: Family['merge'] = 'sum',
): Family {
  return { name, help, type: 'gauge', merge, samples: samples.map(([labels, value]) => ({ labels, value })) };
}

/** Labels of one family are written in one order. */
function keyOf(labels: Labels): string {
  let key = '';
  for (const name in labels) key += `${labels[name]}\0`;
  return key;
}

/** The families of several processes as one. */
export function mergeFamilies(processes: readonly (readonly Family[])[]): Family[] {
  const merged = new Map<string, { family: Family; samples: Map<string, Sample> }>();
  for (const family of processes.flat()) {
    let entry = merged.get(family.name);
    if (entry === undefined) merged.set(family.name, (entry = { family, samples: new Map() }));
    for (const sample of family.samples) {
      const key = keyOf(sample.labels);
      const other = entry.samples.get(key);
      entry.samples.set(key, other === undefined ? sample : mergeSamples(other, sample, family.merge));
    }
  }
  return [...merged.values()].map(({ family, samples }) => ({ ...family, samples: [...samples.values()] }));
}

function mergeSamples(one: Sample, other: Sample, merge: Family['merge']): Sample {
  if (merge === 'max') return { labels: one.labels, value: Math.max(one.value, other.value) };
  const value = one.value + other.value;
  if (one.buckets === undefined || other.buckets === undefined) return { labels: one.labels, value };
  return { labels: one.labels, value, buckets: one.buckets.map((count, i) => count + other.buckets![i]!) };
}

/** What stays of a process that is gone: what it counted, so that no sum of all ever goes down. */
export function keepCounted(families: readonly Family[]): Family[] {
  return families.filter(({ type }) => type !== 'gauge');
}
