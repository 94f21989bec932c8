/* Hands a request on: /PORT/PATH asks http://127.0.0.1:PORT/PATH with the same method and body, whose answer it gives,
   up to 64 KiB. */
#include "http.h"

#define OUTGOING "spiderlightning:cloud/outgoing-http@0.6.0"

typedef struct { u8 code; bytes message; u8 retryable, outcome; } error;
typedef struct { u16 status; struct { header *at; u32 length; } headers; bytes url; u8 redirected; } head;
typedef struct { u8 failed; union { u32 exchange; error error; }; } send_result;
typedef struct { u8 failed; union { head head; error error; }; } response_result;
typedef struct { u8 failed; union { struct { u8 found; bytes value; }; error error; }; } read_result;

#define LARGEST 65536

enum { NONE, BYTES, STREAM };
enum { FOLLOW, MANUAL, ERROR };

IMPORT(OUTGOING, "[static]exchange.send")
void exchange_send(u8 *method, u32 method_length, u8 *url, u32 url_length, header *headers, u32 header_count, u32 body_kind,
                   u8 *body, u32 body_length, u32 redirect, u32 has_timeout, u32 timeout_ms, send_result *result);
IMPORT(OUTGOING, "[method]exchange.response") void exchange_response(u32 exchange, response_result *result);
IMPORT(OUTGOING, "[method]exchange.read") void exchange_read(u32 exchange, u32 max, read_result *result);
IMPORT(OUTGOING, "[resource-drop]exchange") void exchange_drop(u32 exchange);

static response fail(error failure) {
  bytes code = join(decimal(failure.code), TEXT(" "));
  return (response){500, {0, 0}, join(code, failure.message)};
}

response answer(request asked) {
  bytes path = path_of(asked.url), url = TEXT("http://127.0.0.1:");
  url = join(url, (bytes){path.at + 1, path.length - 1});
  u32 kind = asked.body.length == 0 ? NONE : BYTES;
  send_result sent;
  exchange_send(asked.method.at, asked.method.length, url.at, url.length, 0, 0, kind, asked.body.at, asked.body.length, MANUAL,
                1, 5000, &sent);
  if (sent.failed) return fail(sent.error);
  response_result came;
  exchange_response(sent.exchange, &came);
  if (came.failed) return fail(came.error);
  /* More than that is left to the server. */
  bytes body = {allocate(LARGEST, 1), 0};
  while (body.length < LARGEST) {
    read_result piece;
    exchange_read(sent.exchange, LARGEST - body.length, &piece);
    if (piece.failed) return fail(piece.error);
    if (!piece.found) break;
    for (u32 at = 0; at < piece.value.length; at++) body.at[body.length++] = piece.value.at[at];
  }
  exchange_drop(sent.exchange);
  return (response){came.head.status, {0, 0}, body};
}
