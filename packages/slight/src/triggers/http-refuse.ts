import type { Duplex } from 'node:stream';

const malformed: { readonly [code: string]: readonly [status: string, message: string] } = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are larger than 16 KiB.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Content Too Large', 'The chunk extensions are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The head of the request did not come in time.'],
};

/** Answers what is no HTTP request. */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  const [status, message] = malformed[error.code ?? ''] ?? [
    '400 Bad Request',
    'This is not an HTTP request.',
  ];
  refuse(socket, status, message);
}

/** Answers on a connection that has no response object, and ends it. */
export function refuse(socket: Duplex, status: string, message: string): void {
  // Node hears of the errors of a connection that it has handed over no more.
  socket.on('error', () => undefined);
  if (!socket.writable) return void socket.destroy();
  const body = `${message}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${body.length}\r\n` +
      `date: ${new Date().toUTCString()}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
