/** Part of the page's script: what is seen. All text goes through textContent. */
export const viewScript = /* js */ `
const byId = (id) => document.getElementById(id);

function make(tag, options = {}, ...children) {
  const node = Object.assign(document.createElement(tag), options);
  node.append(...children);
  return node;
}

function dress(face, name) {
  let hue = 0;
  for (const character of name) hue = (hue * 31 + character.codePointAt(0)) % 360;
  face.style.setProperty('--hue', hue);
  const words = name.split(/[ ._'-]+/).filter(Boolean);
  face.textContent = words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join('');
  face.ariaHidden = 'true';
  return face;
}

const face = (name) => dress(make('span', { className: 'face' }), name);
const clock = (time) => time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

function describeDay(time) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return time.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long' });
}

/** The messages of a room, as rows; those that are not sent yet come last. */
function createLog({ isMine, onOlder }) {
  const log = byId('log');
  const scroll = byId('scroll');
  const jump = byId('jump');
  const older = make('button', { id: 'older', textContent: 'Earlier messages', onclick: onOlder, hidden: true });
  const empty = make('p', { className: 'empty', textContent: 'Nothing was said here yet.' });
  let shown = [];
  let below = 0;
  let freshFrom = Infinity;

  const isAtEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
  const toEnd = () => { scroll.scrollTop = scroll.scrollHeight; };

  function draw(message, before) {
    const time = new Date(message.time);
    const parts = [];
    const isSameDay = before && describeDay(new Date(before.time)) === describeDay(time);
    if (!isSameDay) parts.push(make('p', { className: 'note', textContent: describeDay(time) }));
    const isFresh = message.position > freshFrom && !(before?.position > freshFrom);
    if (isFresh) parts.push(make('p', { className: 'note fresh', textContent: 'New' }));
    const follows = isSameDay && !isFresh && before.name === message.name && time - new Date(before.time) < 300000;
    parts.push(makeRow(message, follows, clock(time)));
    return parts;
  }

  function makeRow(message, follows, when) {
    const row = make('article', { className: ['row', follows && 'next', isMine(message) && 'mine'].filter(Boolean).join(' ') });
    if (message.position) row.dataset.position = message.position;
    row.append(
      face(message.name),
      make('header', {}, make('b', { textContent: message.name }), ' ', make('time', { dateTime: message.time, textContent: when })),
      make('p', { textContent: message.text, dir: 'auto' }),
    );
    return row;
  }

  /** A page that stays open for days keeps the newest. */
  function trim() {
    if (shown.length <= 600) return;
    shown = shown.slice(-400);
    const end = log.querySelector('[data-position="' + shown[0].position + '"]');
    while (older.nextSibling !== end) older.nextSibling.remove();
    older.hidden = false;
  }

  function tellBelow() {
    jump.hidden = below === 0;
    jump.textContent = '↓ ' + (below === 1 ? '1 new message' : below + ' new messages');
  }

  scroll.addEventListener('scroll', () => { if (isAtEnd()) { below = 0; tellBelow(); } });
  new ResizeObserver(() => { if (below === 0 && stays) toEnd(); }).observe(scroll);
  jump.onclick = () => { toEnd(); byId('text').focus(); };
  let stays = true;
  scroll.addEventListener('scroll', () => { stays = isAtEnd(); });

  return {
    get isAtEnd() { return isAtEnd(); },
    /** Empties it, for another room. fresh: the position after which messages are new. */
    begin(fresh) {
      shown = []; below = 0; stays = true; freshFrom = fresh ?? Infinity;
      tellBelow();
      log.replaceChildren(older, empty);
      older.hidden = true;
      empty.hidden = false;
    },
    /** Adds messages at the end; live ones are read out. */
    add(messages, isLive) {
      if (messages.length === 0) return;
      const follow = isAtEnd();
      empty.hidden = true;
      log.setAttribute('aria-live', isLive ? 'polite' : 'off');
      const firstWaiting = log.querySelector('.waits, .failed');
      for (const message of messages) {
        for (const part of draw(message, shown.at(-1))) log.insertBefore(part, firstWaiting);
        shown.push(message);
      }
      if (follow) trim();
      if (follow || messages.some(isMine)) toEnd();
      else { below += messages.length; tellBelow(); }
    },
    /** Adds what was earlier, and keeps in place what is looked at. */
    addEarlier(messages) {
      const height = scroll.scrollHeight - scroll.scrollTop;
      const next = shown[0];
      log.setAttribute('aria-live', 'off');
      for (let node = older.nextSibling; node && !node.dataset?.position;) {
        const gone = node;
        node = node.nextSibling;
        if (gone.classList.contains('note')) gone.remove();
      }
      let before;
      const parts = messages.flatMap((message) => { const drawn = draw(message, before); before = message; return drawn; });
      if (next) {
        log.querySelector('[data-position]')?.remove();
        parts.push(...draw(next, before));
      }
      older.after(...parts);
      shown = [...messages, ...shown];
      scroll.scrollTop = scroll.scrollHeight - height;
    },
    get first() { return shown[0]?.position; },
    set hasOlder(yes) { older.hidden = !yes; },
    /** Shows a message that is on its way. Gives what to do with it then. */
    addWaiting(message) {
      empty.hidden = true;
      const row = makeRow(message, true, 'sending');
      row.classList.add('waits');
      log.append(row);
      toEnd();
      return {
        remove: () => row.remove(),
        fail(why) {
          row.classList.replace('waits', 'failed');
          row.append(make('small', { textContent: 'Not sent: ' + why }));
        },
      };
    },
  };
}

function drawPeople(here) {
  const names = [...new Set(here.values())].sort((a, b) => a.localeCompare(b));
  byId('count').textContent = names.length + ' here';
  byId('here').replaceChildren(...names.map((name) => make('li', { title: name }, face(name), make('span', { textContent: name }))));
}

const roomButtons = new Map();

/** rooms: by name, each with what is unread. Buttons stay: one that is replaced while it is pressed is never clicked. */
function drawRooms(rooms, current, onChoose) {
  for (const [name, { unread }] of rooms) {
    let entry = roomButtons.get(name);
    if (entry === undefined) {
      const badge = make('span', { className: 'unread' });
      const button = make('button', { onclick: () => onChoose(name) }, make('span', { textContent: name }), badge);
      button.dataset.room = name;
      entry = { button, badge };
      roomButtons.set(name, entry);
      byId('rooms').append(make('li', {}, button));
    }
    const { button, badge } = entry;
    badge.hidden = unread === 0;
    badge.textContent = unread > 99 ? '99+' : unread;
    button.ariaLabel = unread === 0 ? name : name + ', ' + unread + ' unread';
    const isCurrent = name === current;
    if (isCurrent === button.hasAttribute('aria-current')) continue;
    if (isCurrent) button.setAttribute('aria-current', 'page');
    else button.removeAttribute('aria-current');
  }
}

function showCurrentRoom() {
  byId('rooms').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

function drawState(state) {
  byId('state').dataset.state = state;
  byId('state').textContent = { here: 'Connected', seeks: 'Connecting …', away: 'No host answers; still trying' }[state];
}

function drawDigest(digest) {
  const plural = (count, one, many) => (count || 'no') + ' ' + (count === 1 ? one : many);
  byId('digest').textContent = digest
    ? 'At ' + clock(new Date(digest.time)) + ': ' + plural(digest.people, 'person', 'people') + ', ' + plural(digest.messages, 'new message', 'new messages')
    : '';
}
`;
