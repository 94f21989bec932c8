import { HttpError } from '@spiderlightning/guest';

export interface Note {
  readonly title: string;
}

/** Takes what a client sent for a note, or answers 400. */
export function readNote(input: unknown): Note {
  const { title } = (input ?? {}) as { title?: unknown };
  if (typeof title !== 'string' || title.trim() === '') throw new HttpError(400, 'title: must be text');
  return { title: title.trim() };
}
