#include "http.h"

/* The answer as the canonical ABI has it: its body is a variant, of which these guests give `bytes` alone. */
typedef struct {
  u16 status;
  struct { header *at; u32 length; } headers;
  u8 body_kind;
  /* As wide as the widest case, `hold`. */
  union { bytes whole; u8 widest[36]; } body;
} wire_response;

/* `handle` is an async func; the canonical ABI lets a guest lift one synchronously all the same. Thirteen flat
   parameters (strings, lists, and a body that is `bytes` where nobody imports http-body) fit below the sixteen, so they
   come as they are. */
EXPORT("spiderlightning:cloud/http-handler@0.6.0#handle")
wire_response *handle(u8 *method, u32 method_length, u8 *url, u32 url_length, header *headers, u32 header_count,
                      u32 body_kind, u8 *body, u32 body_length, u8 *remote, u32 remote_length, u8 *id, u32 id_length) {
  request asked = {{method, method_length}, {url, url_length}, {headers, header_count},
                   {body, body_length},     {remote, remote_length}, {id, id_length}};
  (void)body_kind;
  response said = answer(asked);
  wire_response *place = allocate(sizeof(wire_response), 4);
  place->status = said.status;
  place->headers.at = said.headers.at;
  place->headers.length = said.headers.length;
  place->body_kind = 0;
  place->body.whole = said.body;
  return place;
}

EXPORT("cabi_post_spiderlightning:cloud/http-handler@0.6.0#handle")
void handled(wire_response *place) {
  (void)place;
  forget_all();
}

bytes path_of(bytes url) {
  u32 start = 0, slashes = 0;
  while (start < url.length && (url.at[start] != '/' || ++slashes < 3)) start++;
  u32 end = start;
  while (end < url.length && url.at[end] != '?') end++;
  return (bytes){url.at + start, end - start};
}
