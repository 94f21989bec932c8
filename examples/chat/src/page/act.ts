/** Part of the page's script: what it does. */
export const actScript = /* js */ `
const others = document.querySelector('meta[name=hosts]').content.split(' ').filter(Boolean);
const hosts = [...new Set([location.origin, ...others])];
const saved = {
  get: (key) => { try { return JSON.parse(localStorage.getItem('chat.' + key)); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem('chat.' + key, JSON.stringify(value)); } catch {} },
};

let me = saved.get('me');
/** Of each room the position that was read last. */
const read = saved.get('read') ?? {};
const rooms = new Map();
const waiting = [];
let room;
let timeline;
let stay;
/** Reads what is stored beyond what is shown. */
let seek = () => undefined;

const wire = createWire({ hosts, getToken: () => me?.token, onState: drawState });
const log = createLog({ isMine: ({ name }) => name === me?.name, onOlder: showEarlier });

/** Somebody has come to an end of what the page can do alone: it begins anew. */
function giveUp(error) {
  if (error.name === 'AbortError') return;
  if (error.status === 401) return showEntry('Your time was up. Come in again.');
  if (error.status === 404 && room !== 'lobby') return enterRoom('lobby');
  console.error(error);
}

function showEntry(why = '') {
  stay?.abort();
  me = null;
  saved.set('me', null);
  byId('chat').hidden = true;
  byId('enter').hidden = false;
  byId('enter-wrong').textContent = why;
  byId('name').focus();
}

async function start() {
  byId('enter').hidden = true;
  byId('chat').hidden = false;
  byId('my-name').textContent = me.name;
  byId('my-face').title = me.name;
  dress(byId('my-face'), me.name);
  const wanted = decodeURIComponent(location.hash.slice(1)) || 'lobby';
  drawState('seeks');
  await refreshRooms();
  enterRoom(rooms.has(wanted) ? wanted : 'lobby');
}

async function refreshRooms() {
  const answer = await wire.call('/rooms');
  for (const { name, position, digest } of answer.rooms) {
    read[name] ??= position;
    const known = rooms.get(name);
    rooms.set(name, { position: Math.max(position, known?.position ?? 0), digest: digest ?? known?.digest });
  }
  showUnread();
}

/** What is looked at counts as read. */
function showUnread() {
  if (room && timeline?.last !== undefined && document.visibilityState === 'visible' && log.isAtEnd) {
    read[room] = Math.max(timeline.last, read[room] ?? 0);
    saved.set('read', read);
  }
  let sum = 0;
  for (const [name, entry] of rooms) {
    entry.unread = Math.max(0, entry.position - (read[name] ?? 0));
    sum += entry.unread;
  }
  drawRooms(rooms, room, enterRoom);
  document.title = (sum > 0 ? '(' + sum + ') ' : '') + (room ? room + ' · Chat' : 'Chat');
}

function notePosition(name, position) {
  const entry = rooms.get(name) ?? { position: 0 };
  entry.position = Math.max(entry.position, position);
  read[name] ??= 0;
  rooms.set(name, entry);
  showUnread();
}

function enterRoom(name) {
  if (stay && !stay.signal.aborted && name === room) return void byId('text').focus();
  stay?.abort();
  stay = new AbortController();
  room = name;
  timeline = createTimeline();
  history.replaceState(null, '', '#' + encodeURIComponent(name));
  byId('title').textContent = name;
  byId('text').placeholder = 'Message to ' + name;
  const unread = rooms.get(name)?.unread ?? 0;
  log.begin(unread > 0 ? read[name] : undefined);
  for (const entry of waiting) if (entry.room === name) entry.row = log.addWaiting(entry);
  drawDigest(rooms.get(name)?.digest);
  drawPeople(new Map());
  showUnread();
  showCurrentRoom();
  // On a phone that would open the keyboard.
  if (matchMedia('(pointer: fine)').matches) byId('text').focus();
  live(name, timeline, stay.signal).catch(giveUp);
}

/** Follows a room until another one is entered. */
async function live(name, timeline, signal) {
  const path = '/rooms/' + name;
  const here = new Map();
  let isReading = false;
  let wantsMore = false;

  function show(messages, isLive) {
    if (signal.aborted || messages.length === 0) return;
    for (const { id, name } of messages) if (name === me.name) settle(id);
    log.add(messages, isLive);
    notePosition(room, timeline.last);
  }

  /** Reads what is stored beyond what is shown, all of it. */
  async function catchUp() {
    wantsMore = true;
    if (isReading) return;
    isReading = true;
    try {
      while (wantsMore) {
        wantsMore = false;
        const isFirst = timeline.last === undefined;
        const answer = await wire.call(path + '/messages' + (isFirst ? '' : '?after=' + timeline.last), { signal });
        show(timeline.merge(answer), !isFirst);
        if (isFirst && !signal.aborted) log.hasOlder = answer.from > 0;
        wantsMore ||= answer.more;
      }
    } finally {
      isReading = false;
    }
  }
  seek = () => { if (!signal.aborted) void catchUp().catch(giveUp); };

  async function beat(connection, end, until) {
    for (;;) {
      await sleep(15000 + Math.random() * 10000, until);
      if (until.aborted) return;
      try {
        const { position } = await wire.call(path + '/here', { method: 'POST', body: { connection }, signal: until });
        if (position > (timeline.last ?? 0)) seek();
      } catch (error) {
        // The connection has ended without a word: another one.
        if (error.status === 410) return end();
        if (!until.aborted) throw error;
      }
    }
  }

  let beating = new AbortController();
  signal.addEventListener('abort', () => beating.abort());
  await wire.follow(path + '/events', signal, ({ type, data }, end) => {
    if (signal.aborted) return;
    if (type === 'hello') {
      beating.abort();
      beating = new AbortController();
      beat(data.connection, end, beating.signal).catch(giveUp);
      seek();
      void wire.call(path + '/people', { signal }).then((answer) => {
        here.clear();
        for (const [connection, name] of answer.here) here.set(connection, name);
        here.set(data.connection, me.name);
        drawPeople(here);
      }).catch(giveUp);
      void refreshRooms().catch(giveUp);
    } else if (type === 'message') {
      show(timeline.add(data), true);
      seekGap();
    } else if (type === 'joined') {
      here.set(data.connection, data.name);
      drawPeople(here);
    } else if (type === 'left') {
      here.delete(data.connection);
      drawPeople(here);
    } else if (type === 'activity') {
      notePosition(data.room, data.position);
    } else if (type === 'digest') {
      const entry = rooms.get(name);
      if (entry) entry.digest = data;
      drawDigest(data);
      here.clear();
      for (const [connection, name] of data.here) here.set(connection, name);
      drawPeople(here);
      if (data.position > (timeline.last ?? 0)) seek();
    }
  });
}

async function showEarlier() {
  const [signal, before] = [stay.signal, log.first];
  if (before === undefined) return;
  const answer = await wire.call('/rooms/' + room + '/messages?before=' + before, { signal });
  if (signal.aborted) return;
  log.addEarlier(answer.messages);
  log.hasOlder = answer.more;
}

/** What comes before a message may only be on its way. */
function seekGap() {
  if (timeline.waits) setTimeout(() => { if (timeline.waits) seek(); }, 200);
}

/** A message of this page stands in the room: it is not on its way any more. */
function settle(id) {
  const index = waiting.findIndex((entry) => entry.id === id);
  if (index >= 0) waiting.splice(index, 1)[0].row?.remove();
}

let isSending = false;
/** One after the other, each as often as it takes: its id makes it one message. */
async function send() {
  if (isSending) return;
  isSending = true;
  for (let entry = waiting[0]; entry; entry = waiting[0]) {
    try {
      const body = { id: entry.id, text: entry.text, seen: entry.seen };
      const message = await wire.call('/rooms/' + entry.room + '/messages', { method: 'POST', body });
      settle(entry.id);
      if (message.room === room) {
        log.add(timeline.add(message), false);
        seekGap();
        if (timeline.last !== undefined) notePosition(room, timeline.last);
      }
    } catch (error) {
      if (waiting[0] === entry) waiting.shift();
      entry.row?.fail(error.message);
      if (error.status === 401) giveUp(error);
    }
  }
  isSending = false;
}

function say(text) {
  const entry = { id: crypto.randomUUID?.() ?? 'm-' + Date.now() + '-' + Math.random().toString(36).slice(2), room, text, name: me.name, time: new Date().toISOString(), seen: timeline.last ?? 0 };
  entry.row = log.addWaiting(entry);
  waiting.push(entry);
  void send();
}

byId('enter-form').addEventListener('submit', (event) => {
  event.preventDefault();
  wire.call('/sessions', { method: 'POST', body: { name: byId('name').value } }).then((person) => {
    me = person;
    saved.set('me', me);
    return start();
  }).catch((error) => { byId('enter-wrong').textContent = error.message; });
});
byId('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('text').value.trim();
  if (text === '') return;
  say(text);
  byId('text').value = '';
  byId('text').focus();
});
byId('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId('say').requestSubmit();
});
byId('new-room').addEventListener('submit', (event) => {
  event.preventDefault();
  const input = byId('room-name');
  input.setCustomValidity('');
  wire.call('/rooms', { method: 'POST', body: { name: input.value } }).then(({ name }) => {
    input.value = '';
    notePosition(name, 0);
    enterRoom(name);
  }).catch((error) => { input.setCustomValidity(error.message); input.reportValidity(); });
});
byId('room-name').addEventListener('input', () => byId('room-name').setCustomValidity(''));
byId('leave').addEventListener('click', () => {
  void wire.call('/sessions', { method: 'DELETE' }).catch(() => undefined);
  showEntry();
});
byId('scroll').addEventListener('scroll', () => { if (log.isAtEnd && rooms.get(room)?.unread) showUnread(); });
document.addEventListener('visibilitychange', showUnread);
addEventListener('resize', showCurrentRoom);

if (me) start().catch(giveUp);
else showEntry();
`;
