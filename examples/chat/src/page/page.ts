import { actScript } from './act.ts';
import { style } from './style.ts';
import { timelineScript } from './timeline.ts';
import { viewScript } from './view.ts';
import { wireScript } from './wire.ts';

/** The page runs what the app wrote for this very answer and nothing else, asks the hosts and nobody else, and makes no HTML of text. */
export function pagePolicy(nonce: string, hosts: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    `connect-src ${["'self'", ...hosts].join(' ')}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

/** The page at `/`, whole. `hosts`: origins, as `listHosts` checked them. */
export function page(nonce: string, hosts: readonly string[]): string {
  return /* html */ `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="hosts" content="${hosts.join(' ')}">
<title>Chat</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${style}</style>
</head>
<body>
<main id="enter" hidden>
  <form id="enter-form">
    <h1>Chat</h1>
    <p>Say who you are, and come in.</p>
    <label>Your name <input id="name" required maxlength="24" autocomplete="nickname" autofocus></label>
    <button class="main">Come in</button>
    <p class="wrong" id="enter-wrong" role="alert"></p>
  </form>
</main>
<div id="chat" hidden>
  <aside id="side">
    <nav aria-label="Rooms"><h2>Rooms</h2><ul id="rooms"></ul></nav>
    <form id="new-room">
      <label class="quiet" for="room-name">Name of a new room</label>
      <input id="room-name" placeholder="new-room" maxlength="24" pattern="[a-z0-9](?:[a-z0-9\\-]*[a-z0-9])?" title="a-z, 0-9 and - between them" required>
      <button aria-label="Open the room">+</button>
    </form>
    <div id="me"><span class="face" id="my-face" aria-hidden="true"></span><b id="my-name"></b><button id="leave">Leave</button></div>
  </aside>
  <header id="head"><h1 id="title"></h1><p id="digest"></p><p id="state" role="status" data-state="seeks">Connecting …</p></header>
  <aside id="people" aria-label="Who is here"><div><h2 id="count">Here</h2><ul id="here"></ul></div></aside>
  <div id="scroll" tabindex="0" role="region" aria-label="Messages">
    <div id="log" role="log" aria-live="polite" aria-relevant="additions"></div>
    <button id="jump" hidden></button>
  </div>
  <form id="say"><div>
    <label class="quiet" for="text">Message</label>
    <textarea id="text" rows="1" maxlength="2000" enterkeyhint="send" autocomplete="off"></textarea>
    <button class="main">Send</button>
  </div></form>
</div>
<script type="module" nonce="${nonce}">${timelineScript}${wireScript}${viewScript}${actScript}</script>
</body>
</html>
`;
}
