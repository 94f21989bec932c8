/** Runs the files of tests that the page is asked for, and tells the server of each. */
import { runFile } from './node-test.ts';

declare const location: { readonly search: string };

const files = new URLSearchParams(location.search).getAll('file');

const report = (body: object) => fetch('/report', { method: 'POST', body: JSON.stringify(body) });

for (const file of files) {
  const begins = (name: string) => report({ begins: `${file}: ${name}` });
  const results = await runFile(() => import(`/${file}.js`), begins);
  await report({ file, results });
}
await report({ end: true });
