/* spiderlightning:cloud/http-handler@0.6.0, lifted synchronously: the answer comes as the function's result. */
#ifndef HTTP_H
#define HTTP_H
#include "guest.h"

typedef struct { bytes name, value; } header;

typedef struct {
  bytes method, url;
  struct { header *at; u32 length; } headers;
  bytes body, remote, id;
} request;

typedef struct {
  u16 status;
  struct { header *at; u32 length; } headers;
  bytes body;
} response;

/* Written by each guest. */
response answer(request asked);

/* The path of a URL, without its query. */
bytes path_of(bytes url);

#endif
