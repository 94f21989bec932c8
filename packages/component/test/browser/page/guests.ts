/** Stands for the builders of guests in `test/guests` in a page: the server of the test builds them. */
export const assemble = (wat: string) => build('assemble', [wat]);
export const buildQuickjsGuest = (wit: string, source: string) => build('buildQuickjsGuest', [wit, source]);
export const buildCGuest = (name: string) => build('buildCGuest', [name]);
export const buildCModule = (files: readonly string[]) => build('buildCModule', [files]);
/** Put in as the tests are bundled. */
export const clangMissing = CLANG_MISSING;

declare const CLANG_MISSING: string | false;

async function build(what: string, args: readonly unknown[]): Promise<Uint8Array> {
  const answer = await fetch(`/build/${what}`, { method: 'POST', body: JSON.stringify(args) });
  if (!answer.ok) throw new Error(await answer.text());
  return new Uint8Array(await answer.arrayBuffer());
}
