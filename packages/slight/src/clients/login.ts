/** Who asks, as the URL of a bind says it; empty where it does not. A percent sign that encodes nothing stands for itself. */
export function readLogin(url: URL): { readonly user: string; readonly password: string } {
  return { user: decodeCredential(url.username), password: decodeCredential(url.password) };
}

function decodeCredential(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
