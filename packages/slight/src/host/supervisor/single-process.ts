import { describeBind, findBackend } from '../../capabilities/core/open.ts';
import { redactUrl } from '../../capabilities/core/redact.ts';
import { capabilities } from '../../capabilities/core/registry.ts';
import { listBinds } from '../../slightfile/model.ts';
import type { Slightfile } from '../../slightfile/model.ts';
import { describeComplaint } from '../../slightfile/complaint.ts';
import { StartError } from '../log/start-error.ts';

/**
 * What lives in the memory of one worker and goes with it, in words.
 * @throws {StartError} where there are several workers: each would see other data
 * @throws {CapabilityError}
 */
export async function findVolatile(file: Slightfile): Promise<string[]> {
  const binds = listBinds(file);
  const alone: typeof binds = [];
  for (const bind of binds) {
    const { singleProcess = false } = await findBackend(bind.table, bind);
    if (typeof singleProcess === 'function' ? singleProcess(bind.config) : singleProcess) alone.push(bind);
  }
  const found = alone.map((bind) => describeBind(bind.table, bind));
  const { workers } = file.limits;
  if (workers === 1 || found.length === 0) return found;
  const { position, bind, table } = alone[0]!;
  const { embedded } = capabilities[table];
  const others =
    embedded === undefined
      ? 'bind it so that the app only reads'
      : `keep the data where all of them see it: "${embedded}" in place of "${redactUrl(bind)}"`;
  throw new StartError(
    describeComplaint(
      file,
      position,
      `${found.join(', ')} ${found.length === 1 ? 'lives' : 'live'} in the memory of one process, ` +
        `and the app is to run in ${workers}: each would see other data\n` +
        `  fix: run it with one worker, or ${others}`,
    ),
  );
}
