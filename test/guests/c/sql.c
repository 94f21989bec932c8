/* Keeps names in a database over HTTP: /DATABASE/NAME. PUT adds one, in a transaction and with the greatest number that there
   is beside it; DELETE does so in a transaction that is left to the host; GET finds it, and shows its number; POST counts. */
#include "http.h"

#define SQL "spiderlightning:cloud/sql@0.6.0"

typedef struct { u8 code; bytes message; u8 retryable, outcome; } error;
typedef struct { u8 failed; union { u32 handle; error error; }; } handle_result;
typedef struct { u8 failed; error error; } unit_result;
typedef struct { u8 failed; union { struct { u64 rows; u8 inserted; bytes id; } changes; error error; }; } changes_result;

enum { NIL, BOOLEAN, INTEGER, FLOAT, DECIMAL, TEXT_VALUE, BLOB, DATE, TIME, TIMESTAMP };
typedef struct { u8 tag; union { u8 boolean; double number; bytes text; }; } value;
typedef struct { value *at; u32 length; } row;
typedef struct { u8 failed; union { struct { row *at; u32 length; } page; error error; }; } page_result;

IMPORT(SQL, "[static]database.open") void database_open(u8 *name, u32 length, handle_result *result);
IMPORT(SQL, "[method]database.query")
void database_query(u32 database, u8 *text, u32 length, value *parameters, u32 count, handle_result *result);
IMPORT(SQL, "[method]database.execute")
void database_execute(u32 database, u8 *text, u32 length, value *parameters, u32 count, changes_result *result);
IMPORT(SQL, "[method]database.prepare") void database_prepare(u32 database, u8 *text, u32 length, handle_result *result);
IMPORT(SQL, "[method]prepared.query")
void prepared_query(u32 prepared, value *parameters, u32 count, handle_result *result);
IMPORT(SQL, "[method]database.begin") void database_begin(u32 database, u32 read_only, handle_result *result);
IMPORT(SQL, "[method]transaction.execute")
void transaction_execute(u32 transaction, u8 *text, u32 length, value *parameters, u32 count, changes_result *result);
IMPORT(SQL, "[method]transaction.commit") void transaction_commit(u32 transaction, unit_result *result);
IMPORT(SQL, "[method]rows.next") void rows_next(u32 rows, page_result *result);
IMPORT(SQL, "[resource-drop]rows") void rows_drop(u32 rows);
IMPORT(SQL, "[resource-drop]transaction") void transaction_drop(u32 transaction);

static response say(u16 status, bytes body) {
  response said = {status, {0, 0}, body};
  return said;
}

static const bytes create = {(u8 *)"CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY, number INTEGER)", 72};
static const bytes insert = {(u8 *)"INSERT INTO names (name, number) VALUES (?, ?)", 46};
static const bytes find = {(u8 *)"SELECT number FROM names WHERE name = ?", 39};
static const bytes count = {(u8 *)"SELECT count(*) FROM names", 26};

/* The first value of the first row, as text. */
static response first(handle_result asked) {
  if (asked.failed) return say(500, asked.error.message);
  page_result got;
  rows_next(asked.handle, &got);
  if (got.failed) return say(500, got.error.message);
  rows_drop(asked.handle);
  if (got.page.length == 0) return say(404, TEXT("no such name"));
  value found = got.page.at[0].at[0];
  return found.tag == INTEGER ? say(200, found.text) : say(500, TEXT("it is no integer"));
}

static response add(u32 database, bytes name, int leave) {
  handle_result begun;
  database_begin(database, 0, &begun);
  if (begun.failed) return say(500, begun.error.message);
  value *values = allocate(2 * sizeof(value), 8);
  values[0].tag = TEXT_VALUE;
  values[0].text = name;
  values[1].tag = INTEGER;
  values[1].text = TEXT("9223372036854775807");
  changes_result added;
  transaction_execute(begun.handle, insert.at, insert.length, values, 2, &added);
  if (added.failed) {
    transaction_drop(begun.handle);
    return say(409, added.error.message);
  }
  if (added.changes.rows != 1) return say(500, TEXT("it added no row"));
  if (leave) return say(200, TEXT("left"));
  unit_result done;
  transaction_commit(begun.handle, &done);
  return done.failed ? say(500, done.error.message) : say(201, TEXT("added"));
}

response answer(request asked) {
  bytes path = path_of(asked.url);
  u32 slash = 1;
  while (slash < path.length && path.at[slash] != '/') slash++;
  if (slash >= path.length) return say(400, TEXT("ask for /DATABASE/NAME"));
  bytes from = {path.at + 1, slash - 1}, name = {path.at + slash + 1, path.length - slash - 1};
  handle_result opened, rows;
  database_open(from.at, from.length, &opened);
  if (opened.failed) return say(403, opened.error.message);
  u32 database = opened.handle;
  changes_result created;
  database_execute(database, create.at, create.length, 0, 0, &created);
  if (created.failed) return say(500, created.error.message);
  if (same(asked.method, TEXT("PUT"))) return add(database, name, 0);
  if (same(asked.method, TEXT("DELETE"))) return add(database, name, 1);
  if (same(asked.method, TEXT("POST"))) {
    database_query(database, count.at, count.length, 0, 0, &rows);
    return first(rows);
  }
  handle_result prepared;
  database_prepare(database, find.at, find.length, &prepared);
  if (prepared.failed) return say(500, prepared.error.message);
  value *parameter = allocate(sizeof(value), 8);
  parameter->tag = TEXT_VALUE;
  parameter->text = name;
  prepared_query(prepared.handle, parameter, 1, &rows);
  return first(rows);
}
