import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const TOOLS = join(import.meta.dirname, '../tools');

/**
 * Imports a package that belongs to a tool outside the workspaces, and installs the tool first where it is missing.
 * @throws {Error} where it cannot be installed; npm's own words are on stderr by then
 */
export async function importTool(
  tool: string,
  module: string,
  tell: (progress: string) => void,
): Promise<any> {
  const folder = join(TOOLS, tool);
  const file = join(folder, 'node_modules', module);
  if (!existsSync(file)) {
    tell(`Installing ${tool} (once, in tools/${tool}) …`);
    // Its output goes to stderr: stdout is for figures.
    const npm = spawn('npm', ['ci', '--prefix', folder], {
      stdio: ['ignore', process.stderr, process.stderr],
    });
    const [code] = await once(npm, 'close');
    if (code !== 0 || !existsSync(file)) {
      throw new Error(`tools/${tool} could not be installed; try: npm ci --prefix tools/${tool}`);
    }
  }
  return await import(pathToFileURL(file).href);
}
