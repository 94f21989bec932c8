import { compile, ComponentError, isTrap } from '@spiderlightning/component';
import type { Component, HostImports, Instance } from '@spiderlightning/component';
import { assemble } from '../../../../test/guests/wat.ts';
import { headOf, innerForms, splitForms, stringsOf } from './forms.ts';
import { isWanted, readValue } from './values.ts';

/** What became of one directive. */
export interface Outcome {
  readonly line: number;
  readonly directive: string;
  /** Why it failed; undefined where it passed. */
  readonly failure: string | undefined;
}

/** Milliseconds for one call or instantiation. */
const patience = 10_000;

/** Some scripts grow memories to all that 32 bits can address. */
const memory = 4 * 2 ** 30;

/**
 * How V8 words the traps of core WebAssembly for which the core specification has words of its own. Everything else is
 * compared as it is.
 */
const coreTraps: Readonly<Record<string, string>> = {
  'wasm `unreachable` instruction executed': 'unreachable',
};

/** Runs a script, one directive after the other, with `host` as what its components may import. */
export async function runScript(source: string, host: HostImports = {}): Promise<Outcome[]> {
  const script = new Script(host);
  const outcomes: Outcome[] = [];
  for (const { text, line } of splitForms(source)) {
    let failure: string | undefined;
    try {
      await script.run(text);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    outcomes.push({ line, directive: headOf(text), failure });
  }
  return outcomes;
}

/** What the directives of one script have made so far. */
class Script {
  /** What the host serves, and under their names the instances made so far: of those, the modules that they export. */
  readonly #imports: Record<string, HostImports[string]>;
  readonly #definitions = new Map<string, Component>();
  readonly #instances = new Map<string, Instance>();
  #definition: Component | undefined;
  #instance: Instance | undefined;

  constructor(host: HostImports) {
    this.#imports = { ...host };
  }

  async run(form: string): Promise<void> {
    const [first, second] = innerForms(form);
    const wanted = stringsOf(form).at(-1) ?? '';
    switch (headOf(form)) {
      case 'component':
        return this.#component(form);
      case 'invoke':
        await this.#invoke(form);
        return;
      case 'assert_return': {
        const result = await this.#invoke(first!);
        if (second === undefined ? result !== undefined : !isWanted(result, second)) {
          throw new Error(`wanted ${second ?? 'no result'}, found ${show(result)}`);
        }
        return;
      }
      case 'assert_trap':
        return expectFailure(wanted, isTrap, () =>
          headOf(first!) === 'component' ? this.#component(first!) : this.#invoke(first!),
        );
      case 'assert_unlinkable':
        return expectFailure(wanted, isRefusal, () => this.#component(first!));
      case 'assert_invalid':
      case 'assert_malformed':
        return expectFailure(wanted, isRefusal, async () => compile(await assemble(first!)));
      default:
        throw new Error(`the directive ${headOf(form)} is not known`);
    }
  }

  /** A component is made an instance, a definition is not, an instance is made of a definition. */
  async #component(form: string): Promise<void> {
    const [, kind, name, from] =
      /^\(\s*component(?:\s+(definition|instance))?(?:\s+(\$[^\s()]+))?(?:\s+(\$[^\s()]+))?/.exec(form)!;
    let component: Component | undefined;
    // Whatever comes of it, later directives must not meet what was there before.
    if (kind !== 'definition') this.#instance = undefined;
    if (kind === 'instance') {
      component = from === undefined ? this.#definition : this.#definitions.get(from);
    } else {
      this.#definition = undefined;
      const text = kind === undefined ? form : form.replace(/^\(\s*component\s+definition/, '(component');
      component = await compile(await assemble(text));
      this.#definition = component;
      if (name !== undefined) this.#definitions.set(name, component);
    }
    if (kind === 'definition') return;
    if (component === undefined) throw new Error('the component to be made an instance is not there');
    this.#instance = await component.instantiate(this.#imports, { cpu: patience, memory });
    if (name === undefined) return;
    this.#instances.set(name, this.#instance);
    this.#imports[name.slice(1)] = Object.fromEntries(this.#instance.modules);
  }

  async #invoke(form: string): Promise<unknown> {
    const name = /^\(\s*invoke\s+(\$[^\s()"]+)/.exec(form)?.[1];
    const instance = name === undefined ? this.#instance : this.#instances.get(name);
    if (instance === undefined) throw new Error('the instance to be called is not there');
    const args = innerForms(form).map(readValue);
    return instance.call(stringsOf(form)[0]!, args, { cpu: patience, deadline: patience });
  }
}

function isRefusal(error: unknown): boolean {
  // The assembler refuses some texts before the engine sees them.
  return error instanceof ComponentError || !(error instanceof TypeError || isTrap(error));
}

async function expectFailure(
  wanted: string,
  isKind: (error: unknown) => boolean,
  attempt: () => Promise<unknown>,
): Promise<void> {
  let failure: unknown;
  try {
    await attempt();
  } catch (error) {
    failure = error;
  }
  if (failure === undefined) throw new Error(`nothing was refused; wanted ${JSON.stringify(wanted)}`);
  const message = failure instanceof Error ? failure.message : show(failure);
  if (!isKind(failure)) throw new Error(`failed otherwise: ${message}`);
  const plain = wanted.replace(/^wasm trap: /, '');
  if (!message.includes(coreTraps[plain] ?? plain)) {
    throw new Error(`wanted ${JSON.stringify(wanted)}, found ${JSON.stringify(message)}`);
  }
}

function show(value: unknown): string {
  const text =
    JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
