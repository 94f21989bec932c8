/* Messages over HTTP: PUT /NAME/TOPIC publishes the body, POST /NAME/GROUP subscribes to all topics and receives one
   message, which it acks: the answer is `TOPIC ATTEMPT BODY`, or 204 where none waits. */
#include "http.h"

#define MESSAGING "spiderlightning:cloud/messaging@0.6.0"

typedef struct { u8 code; bytes message; u8 retryable, outcome; } error;
typedef struct { u8 failed; union { u32 handle; error error; }; } handle_result;
typedef struct { u8 failed; union { bytes text; error error; }; } text_result;
typedef struct { u8 failed; error error; } unit_result;

typedef struct {
  bytes id, topic;
  struct { u8 there; bytes text; } key;
  struct { header *at; u32 length; } headers;
  bytes body;
  u32 attempt;
  bytes receipt;
  u8 wants_reply;
} delivery;
typedef struct { u8 failed; union { struct { delivery *at; u32 length; } list; error error; }; } deliveries_result;

IMPORT(MESSAGING, "[static]messages.open") void messages_open(u8 *name, u32 length, handle_result *result);
/* Sixteen flat parameters, which is all that fit. */
IMPORT(MESSAGING, "[method]messages.publish")
void messages_publish(u32 messages, u8 *topic, u32 topic_length, u8 *body, u32 body_length, u32 has_options,
                      header *headers, u32 header_count, u32 has_key, u8 *key, u32 key_length, u32 has_delay,
                      u64 delay_ms, u32 has_id, u8 *id, u32 id_length, text_result *result);
IMPORT(MESSAGING, "[method]messages.subscribe")
void messages_subscribe(u32 messages, u8 *group, u32 length, bytes *topics, u32 count, handle_result *result);
IMPORT(MESSAGING, "[method]subscription.receive")
void subscription_receive(u32 subscription, u32 max, u64 wait_ms, deliveries_result *result);
IMPORT(MESSAGING, "[method]subscription.ack")
void subscription_ack(u32 subscription, bytes *receipts, u32 count, unit_result *result);
IMPORT(MESSAGING, "[resource-drop]subscription") void subscription_drop(u32 subscription);
IMPORT(MESSAGING, "[resource-drop]messages") void messages_drop(u32 messages);

static response say(u16 status, bytes body) {
  response said = {status, {0, 0}, body};
  return said;
}

static response publish(u32 messages, bytes topic, bytes body) {
  header *sent = allocate(sizeof(header), 4);
  *sent = (header){TEXT("from"), TEXT("c")};
  text_result published;
  messages_publish(messages, topic.at, topic.length, body.at, body.length, 1, sent, 1, 1, (u8 *)"key", 3, 0, 0, 0, 0, 0,
                   &published);
  return published.failed ? say(400, published.error.message) : say(201, published.text);
}

static response receive(u32 messages, bytes group) {
  bytes everything = TEXT(">");
  handle_result subscribed;
  messages_subscribe(messages, group.at, group.length, &everything, 1, &subscribed);
  if (subscribed.failed) return say(400, subscribed.error.message);
  response said = say(204, TEXT(""));
  deliveries_result received;
  subscription_receive(subscribed.handle, 1, 0, &received);
  if (received.failed) said = say(500, received.error.message);
  else if (received.list.length > 0) {
    delivery *first = received.list.at;
    unit_result acked;
    subscription_ack(subscribed.handle, &first->receipt, 1, &acked);
    bytes space = TEXT(" ");
    bytes text = join(join(first->topic, space), join(decimal(first->attempt), join(space, first->body)));
    said = acked.failed ? say(412, acked.error.message) : say(200, text);
  }
  subscription_drop(subscribed.handle);
  return said;
}

response answer(request asked) {
  bytes path = path_of(asked.url);
  u32 slash = 1;
  while (slash < path.length && path.at[slash] != '/') slash++;
  if (slash >= path.length) return say(400, TEXT("ask for /NAME/TOPIC or /NAME/GROUP"));
  bytes name = {path.at + 1, slash - 1}, rest = {path.at + slash + 1, path.length - slash - 1};
  handle_result opened;
  messages_open(name.at, name.length, &opened);
  if (opened.failed) return say(403, opened.error.message);
  response said =
      same(asked.method, TEXT("PUT")) ? publish(opened.handle, rest, asked.body) : receive(opened.handle, rest);
  messages_drop(opened.handle);
  return said;
}
