/* Answers HTTP from blobs: /PLACE/CONTAINER/NAME with GET, PUT (which makes the container) and DELETE. */
#include "http.h"

#define BLOBS "spiderlightning:cloud/blobs@0.6.0"

typedef struct { u8 code; bytes message; u8 retryable, outcome; } error;
typedef struct { u8 failed; union { u32 handle; error error; }; } handle_result;
typedef struct { u8 failed; union { struct { u8 found; u32 stream; }; error error; }; } read_result;
typedef struct { u8 failed; union { struct { u8 found; bytes piece; }; error error; }; } piece_result;
typedef struct { u8 failed; union { bytes version; error error; }; } text_result;
typedef struct { u8 failed; error error; } unit_result;

IMPORT(BLOBS, "[static]blobs.open") void blobs_open(u8 *name, u32 length, handle_result *result);
IMPORT(BLOBS, "[resource-drop]blobs") void blobs_drop(u32 blobs);
IMPORT(BLOBS, "[method]blobs.create-container")
void create_container(u32 blobs, u8 *name, u32 length, unit_result *result);
IMPORT(BLOBS, "[method]blobs.container") u32 open_container(u32 blobs, u8 *name, u32 length);
IMPORT(BLOBS, "[resource-drop]container") void container_drop(u32 container);
IMPORT(BLOBS, "[method]container.read")
void container_read(u32 container, u8 *name, u32 length, u32 has_range, u64 offset, u32 has_length, u64 range_length,
                    read_result *result);
IMPORT(BLOBS, "[method]container.write")
void container_write(u32 container, u8 *name, u32 length, u32 has_options, u32 has_type, u8 *type, u32 type_length,
                     u32 only_if_absent, u32 has_version, u8 *version, u32 version_length, u32 has_fence, u8 *lock,
                     u32 lock_length, u8 *token, u32 token_length, handle_result *result);
IMPORT(BLOBS, "[method]container.delete")
void container_delete(u32 container, bytes *names, u32 count, u32 has_fence, u8 *lock, u32 lock_length, u8 *token,
                      u32 token_length, unit_result *result);
IMPORT(BLOBS, "[method]read-stream.read") void stream_read(u32 stream, u32 max, piece_result *result);
IMPORT(BLOBS, "[resource-drop]read-stream") void read_stream_drop(u32 stream);
IMPORT(BLOBS, "[method]write-stream.write")
void stream_write(u32 stream, u8 *piece, u32 length, unit_result *result);
IMPORT(BLOBS, "[method]write-stream.finish") void stream_finish(u32 stream, text_result *result);
IMPORT(BLOBS, "[resource-drop]write-stream") void write_stream_drop(u32 stream);

enum { NOT_FOUND, ALREADY_EXISTS, INVALID_ARGUMENT, PERMISSION_DENIED };
enum { PIECE = 64 * 1024, MOST = 4 * 1024 * 1024 };

static response say(u16 status, bytes body) {
  response said = {status, {0, 0}, body};
  return said;
}

static response explain(error failure) {
  return say(failure.code == PERMISSION_DENIED ? 403 : failure.code == INVALID_ARGUMENT ? 400 : 500, failure.message);
}

static response get(u32 container, bytes name) {
  read_result opened;
  container_read(container, name.at, name.length, 0, 0, 0, 0, &opened);
  if (opened.failed) return explain(opened.error);
  if (!opened.found) return say(404, TEXT("no such object"));
  bytes whole = {allocate(MOST, 1), 0};
  response said = say(500, TEXT("the object is too large for this app"));
  while (whole.length + PIECE <= MOST) {
    piece_result got;
    stream_read(opened.stream, PIECE, &got);
    if (got.failed) said = explain(got.error);
    else if (!got.found) said = say(200, whole);
    if (got.failed || !got.found) break;
    for (u32 i = 0; i < got.piece.length; i++) whole.at[whole.length + i] = got.piece.at[i];
    whole.length += got.piece.length;
  }
  read_stream_drop(opened.stream);
  return said;
}

static response put(u32 container, bytes name, bytes body) {
  handle_result begun;
  container_write(container, name.at, name.length, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, &begun);
  if (begun.failed) return explain(begun.error);
  unit_result written = {0};
  for (u32 at = 0; at < body.length && !written.failed; at += PIECE)
    stream_write(begun.handle, body.at + at, body.length - at < PIECE ? body.length - at : PIECE, &written);
  text_result finished = {0};
  if (!written.failed) stream_finish(begun.handle, &finished);
  write_stream_drop(begun.handle);
  if (written.failed) return explain(written.error);
  return finished.failed ? explain(finished.error) : say(201, TEXT(""));
}

static response serve(u32 blobs, request asked, bytes container, bytes name) {
  u32 opened = open_container(blobs, container.at, container.length);
  response said = say(405, TEXT("GET, PUT or DELETE"));
  unit_result done = {0};
  if (same(asked.method, TEXT("GET"))) said = get(opened, name);
  if (same(asked.method, TEXT("PUT"))) {
    create_container(blobs, container.at, container.length, &done);
    said = done.failed && done.error.code != ALREADY_EXISTS ? explain(done.error) : put(opened, name, asked.body);
  }
  if (same(asked.method, TEXT("DELETE"))) {
    container_delete(opened, &name, 1, 0, 0, 0, 0, 0, &done);
    said = done.failed ? explain(done.error) : say(204, TEXT(""));
  }
  container_drop(opened);
  return said;
}

/* What comes before the next slash; the rest begins behind it. */
static bytes next_part(bytes *rest) {
  bytes part = {rest->at, 0};
  while (part.length < rest->length && rest->at[part.length] != '/') part.length++;
  u32 skipped = part.length < rest->length ? part.length + 1 : part.length;
  rest->at += skipped;
  rest->length -= skipped;
  return part;
}

response answer(request asked) {
  bytes rest = path_of(asked.url);
  next_part(&rest);
  bytes place = next_part(&rest), container = next_part(&rest);
  if (rest.length == 0) return say(400, TEXT("ask for /PLACE/CONTAINER/NAME"));
  handle_result opened;
  blobs_open(place.at, place.length, &opened);
  if (opened.failed) return explain(opened.error);
  response said = serve(opened.handle, asked, container, rest);
  blobs_drop(opened.handle);
  return said;
}
