const hidden = '***';

/** A value that is shown nowhere by mistake, in no log and no answer: only `reveal` gives it. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value, for the one place that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  /** For Node, where tests run. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Secret ${hidden}`;
  }
}
