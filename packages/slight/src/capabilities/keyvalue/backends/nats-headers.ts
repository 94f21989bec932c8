/** When a value ends: milliseconds since 1970. */
export const expiresHeader = 'Slight-Expires';

/** `DEL` or `PURGE`: the message says that the key is gone. Of NATS' own layout of buckets. */
export const operationHeader = 'KV-Operation';
