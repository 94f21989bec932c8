// The types of what the host gives, for this package and for apps that import it.
// oxlint-disable-next-line typescript/triple-slash-reference
/// <reference types="@spiderlightning/guest/wit" preserve="true" />
/**
 * What authors of SpiderLightning apps import.
 *
 * ```ts
 * import { json, openStore, router } from '@spiderlightning/guest';
 *
 * const visits = openStore('visits');
 * const app = router();
 * app.get('/hello/:name', async (req) => {
 *   const times = await visits.increment(req.params.name);
 *   return json({ hello: req.params.name, times });
 * });
 * export default app;
 * ```
 * @module
 */
export { bytes, html, json, redirect, status, text, withHeader } from './answer.ts';
export type { Answer, AnswerInit, HeadersInit } from './answer.ts';
export type { BlobInfo, BlobReader, BlobWriter } from './blob-streams.ts';
export { openBlobs } from './blobs.ts';
export type {
  BlobContainer,
  BlobId,
  BlobListOptions,
  BlobPage,
  BlobRange,
  Blobs,
  BlobSource,
  BlobWriteOptions,
  ListedBlob,
} from './blobs.ts';
export { openConfigs } from './configs.ts';
export type { Configs, ConfigWatch } from './configs.ts';
export { readCookie, readCookies, withCookie, withoutCookie } from './cookie.ts';
export type { CookieOptions } from './cookie.ts';
export { CapabilityError, HttpError } from './error.ts';
export type { ErrorCode, Outcome } from './error.ts';
export { fromFetch } from './fetch.ts';
export { readForm, RequestForm } from './form.ts';
export type { FormFile, FormLimits } from './form.ts';
export type {
  App,
  ChangeEvent,
  ChangeHandler,
  CommandHandler,
  Message,
  MessageHandler,
  ScheduleEvent,
  ScheduleHandler,
} from './handlers.ts';
export { broadcast, sse, websocket } from './held.ts';
export type { Connection, HoldInit, ReceivedMessage, Sendable, SendOptions } from './held.ts';
export { openLocks } from './locks.ts';
export type { AcquireOptions, Lease, Locks, TryOptions } from './locks.ts';
export { log } from './log.ts';
export type { Fields, Level } from './log.ts';
export { openMessages } from './messages.ts';
export type {
  BroadcastOptions,
  Delivery,
  Listener,
  MessageBody,
  Messages,
  PublishOptions,
  ReceivedBroadcast,
  ReceiveOptions,
  Subscription,
} from './messages.ts';
export type { Middleware, Next } from './middleware.ts';
export { openOnce } from './once.ts';
export type { Once, OnceOptions } from './once.ts';
export type { Params } from './pattern.ts';
export type { Reply, ResponseLike } from './reply.ts';
export { GuestRequest, RequestHeaders, RequestQuery } from './request.ts';
export { router } from './router.ts';
export type { AddRoute, Handler, Router, RouterOptions } from './router.ts';
export { Secret } from './secret.ts';
export { openDatabase } from './sql.ts';
export type {
  Changes,
  Database,
  Query,
  Queryable,
  SqlColumn,
  SqlOutput,
  SqlRow,
  Transaction,
  TransactionOptions,
} from './sql.ts';
export { Fragment, sql, SqlTyped } from './sql-text.ts';
export type { SqlInput, SqlTag } from './sql-text.ts';
export { bodyOf, stream } from './stream.ts';
export type { Piece, StreamSource, Write } from './stream.ts';
export { openStore } from './store.ts';
export type {
  Fence,
  FenceOptions,
  KeyPage,
  ListOptions,
  SetOptions,
  Store,
  StoreChange,
  StoreChanges,
  StoreWatch,
  Swap,
  Versioned,
  WriteOptions,
} from './store.ts';
export { requestValue } from './value.ts';
export type { RequestValue } from './value.ts';
