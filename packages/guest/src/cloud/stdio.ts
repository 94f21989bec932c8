// The host's standard output. Elsewhere than in a guest, what stands in its place is test/cloud/stdio.ts.
export { write } from 'spiderlightning:cloud/stdio@0.6.0';
