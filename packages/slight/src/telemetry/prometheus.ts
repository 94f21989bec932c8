import type { Family, Labels, Sample } from './metrics.ts';

/**
 * The text format of Prometheus.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function printFamilies(families: readonly Family[]): string {
  return families.map(printFamily).join('');
}

function printFamily(family: Family): string {
  const { name, help, type, samples } = family;
  const lines = samples.flatMap((sample) =>
    type === 'histogram'
      ? printHistogram(family, sample)
      : [`${name}${printLabels(sample.labels)} ${sample.value}`],
  );
  return [`# HELP ${name} ${escape(help)}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}

function printHistogram({ name, bounds = [] }: Family, { labels, value, buckets = [] }: Sample): string[] {
  let count = 0;
  const lines = buckets.map((inBucket, index) => {
    count += inBucket;
    const le = index < bounds.length ? String(bounds[index]) : '+Inf';
    return `${name}_bucket${printLabels({ ...labels, le })} ${count}`;
  });
  const own = printLabels(labels);
  return [...lines, `${name}_sum${own} ${value}`, `${name}_count${own} ${count}`];
}

function printLabels(labels: Labels): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${escape(value).replaceAll('"', '\\"')}"`,
  );
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
