import type { HostRule } from '../slightfile/model.ts';

/** What an app may ask, in words, a row for each rule. */
export function printRules(rules: readonly HostRule[]): { readonly name: string; readonly where: string }[] {
  return rules.map((rule) => ({
    name: printRule(rule),
    where: rule.kind === 'origin' && rule.private ? 'any address' : 'public addresses',
  }));
}

function printRule(rule: HostRule): string {
  if (rule.kind === 'any') return '*';
  if (rule.kind === 'origin') return rule.origin;
  return `${rule.scheme}//*${rule.suffix}${rule.port === '' ? '' : `:${rule.port}`}`;
}
