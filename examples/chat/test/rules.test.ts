import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldName, readDraft, readName, readPosition, readRoom } from '../src/rules.ts';

const id = 'message-1';
const refuses = (status: number) => (error: unknown) => (error as { status: number }).status === status;

test('names are letters and digits of any script, in one spelling', () => {
  for (const name of ['Ada', 'Zoë', "O'Neill", 'J. P. Morgan', '李雷', 'x', '7 of 9'])
    assert.equal(readName({ name }), name);
  assert.equal(readName({ name: '  Ada \t  Lovelace ' }), 'Ada Lovelace');
  assert.equal(readName({ name: 'Ａｄａ' }), 'Ada');
  assert.equal(foldName('ADA'), foldName('ada'));
  for (const name of ['', ' ', '<b>', 'a/b', 'a\u202eb', '-', 'x'.repeat(25), 5, null, '😀'])
    assert.throws(() => readName({ name }), refuses(400), String(name));
  for (const body of [null, 'Ada', [], {}]) assert.throws(() => readName(body), refuses(400));
});

test('text stays as it was written, but for what nobody sees', () => {
  const read = (text: unknown) => readDraft({ id, text }).text;
  assert.equal(read(' <b>5 < 6 & "7"</b> \n'), '<b>5 < 6 & "7"</b>');
  assert.equal(read('one\r\ntwo\tthree'), 'one\ntwo three');
  assert.equal(read('a\u0000b\u202ec\u2066d'), 'abcd');
  assert.equal(read('\ud800'), '\ufffd');
  assert.equal(read('😀'.repeat(2_000)), '😀'.repeat(2_000));
  for (const text of ['', ' \n ', '\u202e', 'x'.repeat(2_001), 5, undefined])
    assert.throws(() => read(text), refuses(400));
});

test('ids, positions and rooms', () => {
  assert.equal(readDraft({ id, text: 'x' }).seen, 0);
  assert.equal(readDraft({ id, text: 'x', seen: 7 }).seen, 7);
  for (const seen of [-1, 1.5, '1e3', null, Number.MAX_VALUE, {}])
    assert.throws(() => readDraft({ id, text: 'x', seen }), refuses(400));
  for (const bad of ['', 'short', 'x'.repeat(65), 'with/slash'])
    assert.throws(() => readDraft({ id: bad, text: 'x' }), refuses(400));
  assert.equal(readPosition('after', '12'), 12);
  for (const bad of ['', '-1', '1.0', 'x', '9'.repeat(16)])
    assert.throws(() => readPosition('after', bad), refuses(400));
  assert.equal(readRoom('room-7'), 'room-7');
  for (const bad of ['', '-', 'Room', 'a/b', 'x'.repeat(25)])
    assert.throws(() => readRoom(bad), refuses(400));
});
