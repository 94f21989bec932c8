/** What went wrong with a stream, in words that a guest may see. */
export class IoError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** A stream gives or takes no more. `error` is there on the first answer after a failure, and only then. */
export class StreamEnd {
  readonly error: IoError | undefined;
  constructor(error?: IoError) {
    this.error = error;
  }
}
