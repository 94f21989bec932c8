import { test } from 'node:test';
import { compete, count, options } from './compete.ts';
import { assertSound } from './processes.ts';

void test(
  `${count} messages through two processes that compete: none is lost, none doubled, keys in order`,
  options,
  async (t) => assertSound(await compete(t, 'sqlite')),
);
