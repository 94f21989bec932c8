/* Answers HTTP in C. `http.h` of test/guests/c lies between this and the interface that is written in WIT. */
#include "http.h"

response answer(request asked) {
  bytes path = path_of(asked.url);
  int home = same(path, TEXT("/"));
  response said = {home ? 200 : 404, {0, 0}, home ? TEXT("hello from C\n") : TEXT("there is nothing\n")};
  return said;
}
