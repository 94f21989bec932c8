import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { World } from '@spiderlightning/component';
import { compileText, libc } from './fixture.ts';

/** What is told of a component, once through JSON: it must survive that. */
async function inspect(body: string): Promise<World> {
  const world = (await compileText(body)).inspect();
  const copy = JSON.parse(JSON.stringify(world)) as World;
  assert.deepEqual(copy, world);
  return copy;
}

test('functions, interfaces, types and resources are told with all their parts', async () => {
  const world = await inspect(`
    (import "shop:stock/types@1.0.0" (instance $types
      (type $size' (enum "s" "m" "l"))
      (export "size" (type $size (eq $size')))
      (type $item' (record (field "name" string) (field "sizes" (list $size)) (field "weight" (option f32))))
      (export "item" (type $item (eq $item')))
      (export "shelf" (type $shelf (sub resource)))
      (type $problem' (variant (case "empty") (case "broken" string)))
      (export "problem" (type $problem (eq $problem')))
      (export "[constructor]shelf" (func (param "id" u64) (result (own $shelf))))
      (export "[method]shelf.find" (func (param "self" (borrow $shelf)) (param "at" (tuple u8 char))
        (result (result $item (error $problem)))))))
    (alias export $types "item" (type $item))
    (alias export $types "shelf" (type $shelf))
    (import "shop:stock/watch@1.0.0" (instance
      (alias outer 1 $item (type $item'))
      (export "item" (type $item (eq $item')))
      (alias outer 1 $shelf (type $shelf'))
      (export "shelf" (type $shelf (eq $shelf')))
      (type $marks (flags "new" "sale-price"))
      (export "seen" (func (param "item" $item) (param "on" (borrow $shelf)) (param "marks" $marks)))))
    (import "log" (func (param "line" string)))`);
  const types = 'shop:stock/types@1.0.0';
  const ref = (name: string) => ({ from: 'imports', interface: types, name });
  const named = (name: string) => ({ kind: 'ref', ref: ref(name) });
  assert.deepEqual(world.imports, [
    {
      kind: 'interface',
      name: types,
      items: [
        { kind: 'type', name: 'size', type: { kind: 'enum', names: ['s', 'm', 'l'] } },
        {
          kind: 'type',
          name: 'item',
          type: {
            kind: 'record',
            fields: [
              { name: 'name', type: { kind: 'string' } },
              { name: 'sizes', type: { kind: 'list', element: named('size') } },
              { name: 'weight', type: { kind: 'option', type: { kind: 'f32' } } },
            ],
          },
        },
        { kind: 'resource', name: 'shelf' },
        {
          kind: 'type',
          name: 'problem',
          type: { kind: 'variant', cases: [{ name: 'empty' }, { name: 'broken', type: { kind: 'string' } }] },
        },
        {
          kind: 'func',
          name: '[constructor]shelf',
          async: false,
          params: [{ name: 'id', type: { kind: 'u64' } }],
          result: { kind: 'own', resource: ref('shelf') },
        },
        {
          kind: 'func',
          name: '[method]shelf.find',
          async: false,
          params: [
            { name: 'self', type: { kind: 'borrow', resource: ref('shelf') } },
            { name: 'at', type: { kind: 'tuple', types: [{ kind: 'u8' }, { kind: 'char' }] } },
          ],
          result: { kind: 'result', ok: named('item'), err: named('problem') },
        },
      ],
    },
    {
      kind: 'interface',
      name: 'shop:stock/watch@1.0.0',
      items: [
        { kind: 'type', name: 'item', type: named('item') },
        { kind: 'resource', name: 'shelf', ref: ref('shelf') },
        {
          kind: 'func',
          name: 'seen',
          async: false,
          params: [
            { name: 'item', type: named('item') },
            { name: 'on', type: { kind: 'borrow', resource: ref('shelf') } },
            { name: 'marks', type: { kind: 'flags', names: ['new', 'sale-price'] } },
          ],
        },
      ],
    },
    { kind: 'func', name: 'log', async: false, params: [{ name: 'line', type: { kind: 'string' } }] },
  ]);
  assert.deepEqual(world.exports, []);
});

test('what a component exports refers to its own types and resources', async () => {
  const world = await inspect(`
    ${libc}
    (core module $M
      (func (export "open") (param i32) (result i32) (local.get 0))
      (func (export "sum") (param i32 i32) (result i32) (i32.const 0)))
    (core instance $m (instantiate $M))
    (type $door (resource (rep i32)))
    (type $ids' (list u32))
    (type $opening (func (param "id" u32) (result (own $door))))
    (func $open (type $opening) (canon lift (core func $m "open")))
    (func $sum (param "ids" $ids') (result u32) (canon lift (core func $m "sum") (memory $memory) (realloc $realloc)))
    (instance $doors (export "door" (type $door)) (export "ids" (type $ids')) (export "open" (func $open))
      (export "sum" (func $sum)))
    (export "house:doors/doors" (instance $doors))
    (export "line" (core module $M))`);
  const place = { from: 'exports', interface: 'house:doors/doors' };
  assert.deepEqual(world.exports, [
    {
      kind: 'interface',
      name: 'house:doors/doors',
      items: [
        { kind: 'resource', name: 'door' },
        { kind: 'type', name: 'ids', type: { kind: 'list', element: { kind: 'u32' } } },
        {
          kind: 'func',
          name: 'open',
          async: false,
          params: [{ name: 'id', type: { kind: 'u32' } }],
          result: { kind: 'own', resource: { ...place, name: 'door' } },
        },
        {
          kind: 'func',
          name: 'sum',
          async: false,
          params: [{ name: 'ids', type: { kind: 'ref', ref: { ...place, name: 'ids' } } }],
          result: { kind: 'u32' },
        },
      ],
    },
    {
      kind: 'module',
      name: 'line',
      imports: [],
      exports: [
        { name: 'open', type: { kind: 'func', params: ['i32'], results: ['i32'] } },
        { name: 'sum', type: { kind: 'func', params: ['i32', 'i32'], results: ['i32'] } },
      ],
    },
  ]);
});

test('core modules are told with all that they import and export', async () => {
  const world = await inspect(`(import "m" (core module
    (import "env" "memory" (memory 1 2))
    (import "env" "table" (table 3 funcref))
    (export "g" (global (mut i64)))
    (export "t" (tag (param f32)))))`);
  assert.deepEqual(world.imports, [
    {
      kind: 'module',
      name: 'm',
      imports: [
        {
          module: 'env',
          name: 'memory',
          type: { kind: 'memory', shared: false, minimum: 1, maximum: 2, address: 'i32' },
        },
        {
          module: 'env',
          name: 'table',
          type: { kind: 'table', element: '(ref null func)', minimum: 3, address: 'i32' },
        },
      ],
      exports: [
        { name: 'g', type: { kind: 'global', content: 'i64', mutable: true } },
        { name: 't', type: { kind: 'tag', params: ['f32'] } },
      ],
    },
  ]);
});

test('a type that a short file writes out endlessly is told in short', async () => {
  const rows = Array.from({ length: 14 }, (_, n) => `(type $t${n + 1} (tuple $t${n} $t${n}))`).join('\n');
  const functions = Array.from({ length: 2000 }, (_, n) => `(export "f${n}" (func (param "p" $t14)))`);
  const component = await compileText(
    `(import "big" (instance (type $t0 (list u8)) ${rows} ${functions.join('\n')}))`,
  );
  const [item] = component.inspect().imports;
  assert.ok(item?.kind === 'interface');
  const types = new Set(item.items.map((one) => one.kind === 'func' && one.params[0]!.type));
  assert.equal(types.size, 1);
});
