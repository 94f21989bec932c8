import type { ConfigField } from '../capabilities/core/backend.ts';
import type { Config } from '../capabilities/core/capability.ts';
import { CapabilityError } from '../capabilities/core/error.ts';

/** @param what is kept, as the setting's words have it */
export function replicasSetting(what: string): ConfigField {
  return {
    type: 'number',
    doc: `Servers of a cluster that keep ${what}: 1 to 5. With 3, one of them may die`,
    default: 1,
    example: '3',
  };
}

/** @throws {CapabilityError} `invalid-argument` */
export function readReplicas({ replicas = 1 }: Config): number {
  const count = Number(replicas);
  if (Number.isInteger(count) && count >= 1 && count <= 5) return count;
  throw new CapabilityError(
    'invalid-argument',
    `\`replicas\` is a whole number from 1 to 5, as the cluster has servers; it is ${count}`,
  );
}
