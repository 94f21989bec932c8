import { openConfigs, status } from '@spiderlightning/guest';
import type { Answer, Middleware } from '@spiderlightning/guest';

const settings = openConfigs('settings');

/** The origins of all hosts; none where there is one. */
export async function listHosts(): Promise<string[]> {
  const text = (await settings.get('CHAT_HOSTS')) ?? '';
  return text.split(/\s+/).filter((host) => /^https?:\/\/[\w.[\]:-]+$/.test(host));
}

/** A page that came from one host may ask the others; pages from elsewhere may not. */
export const crossHosts: Middleware = async (req, next) => {
  const origin = req.headers.get('origin');
  const isHost = origin !== undefined && (await listHosts()).includes(origin);
  const answer = isHost && req.method === 'OPTIONS' ? status(204) : await next();
  const common = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', vary: 'origin' };
  if (!isHost) return withHeaders(answer, common);
  return withHeaders(answer, {
    ...common,
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST, DELETE',
    'access-control-allow-headers': 'authorization, content-type',
    'access-control-expose-headers': 'retry-after',
    'access-control-max-age': '600',
  });
};

function withHeaders(answer: Answer, headers: { readonly [name: string]: string }): Answer {
  return { ...answer, headers: [...answer.headers, ...Object.entries(headers)] };
}
