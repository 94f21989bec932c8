/** The app cannot start, for a reason that its operator can do something about. The message is all that is shown. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
