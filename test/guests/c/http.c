#include "http.h"

/* `handle` is an async func; the canonical ABI lets a guest lift one synchronously all the same. Twelve flat
   parameters (a record of six strings and lists) fit below the sixteen, so they come as they are. */
EXPORT("spiderlightning:cloud/http-handler@0.6.0#handle")
response *handle(u8 *method, u32 method_length, u8 *url, u32 url_length, header *headers, u32 header_count, u8 *body,
                 u32 body_length, u8 *remote, u32 remote_length, u8 *id, u32 id_length) {
  request asked = {{method, method_length}, {url, url_length}, {headers, header_count},
                   {body, body_length},     {remote, remote_length}, {id, id_length}};
  response *place = allocate(sizeof(response), 4);
  *place = answer(asked);
  return place;
}

EXPORT("cabi_post_spiderlightning:cloud/http-handler@0.6.0#handle")
void handled(response *place) {
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
