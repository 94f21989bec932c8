const hidden = '***';

/** A value that is shown nowhere by mistake: only `reveal` gives it. Most are texts. */
export class Secret<Value = string> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  /** The value, for the one place that needs it. */
  reveal(): Value {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Secret ${hidden}`;
  }
}
