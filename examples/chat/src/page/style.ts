export const style = /* css */ `
:root {
  color-scheme: light dark;
  --back: light-dark(#f3f4f8, #101217);
  --card: light-dark(#ffffff, #181b22);
  --soft: light-dark(#eceef4, #232731);
  --text: light-dark(#1a1d26, #e9ebf1);
  --dim: light-dark(#5d6577, #9ba4b6);
  --line: light-dark(#dfe2ea, #2b303b);
  --main: light-dark(#4353d9, #8f9dff);
  --on-main: light-dark(#ffffff, #10131f);
  --mine: light-dark(#4353d9, #3d49b0);
  --good: light-dark(#16803c, #58d384);
  --wait: light-dark(#a35c00, #f2b455);
  --bad: light-dark(#b3261e, #ff9d94);
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html, body { height: 100%; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
button, input, textarea { font: inherit; color: inherit; }
button { cursor: pointer; border: 0; background: none; border-radius: .6rem; padding: .45rem .8rem; }
button.main { background: var(--main); color: var(--on-main); font-weight: 600; }
button.main:disabled { opacity: .5; cursor: default; }
input, textarea { background: var(--back); border: 1px solid var(--line); border-radius: .7rem; padding: .55rem .8rem; width: 100%; min-width: 0; }
:focus-visible { outline: 2px solid var(--main); outline-offset: 2px; }
.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.face { flex: none; display: grid; place-items: center; width: 2.1rem; height: 2.1rem; border-radius: 50%; font-size: .8rem; font-weight: 600;
  background: light-dark(hsl(var(--hue) 62% 86%), hsl(var(--hue) 34% 28%)); color: light-dark(hsl(var(--hue) 60% 24%), hsl(var(--hue) 70% 86%)); }

#enter { min-height: 100%; display: grid; place-items: center; padding: 1rem; }
#enter form { width: min(24rem, 100%); display: grid; gap: 1rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 1.2rem; box-shadow: 0 1.5rem 3rem -2rem #0006; }
#enter h1 { margin: 0; font-size: 1.7rem; letter-spacing: -.02em; }
#enter p { margin: 0; color: var(--dim); }
#enter label { display: grid; gap: .3rem; font-weight: 600; }
#enter .wrong { color: var(--bad); min-height: 1.5em; }

#chat { height: 100dvh; display: grid; grid-template: auto 1fr auto / 15rem 1fr 13rem; grid-template-areas: "side head people" "side log people" "side say people"; }
aside { display: flex; flex-direction: column; gap: 1.1rem; padding: 1rem .75rem; background: var(--card); overflow-y: auto; min-height: 0; }
#side { grid-area: side; border-right: 1px solid var(--line); }
#people { grid-area: people; border-left: 1px solid var(--line); }
aside h2 { margin: 0 .6rem .35rem; font-size: .75rem; font-weight: 600; letter-spacing: .06em; text-transform: uppercase; color: var(--dim); }
ul { list-style: none; margin: 0; padding: 0; }
#rooms button { display: flex; gap: .5rem; align-items: center; width: 100%; text-align: left; padding: .4rem .6rem; }
#rooms button:hover { background: var(--soft); }
#rooms button[aria-current] { background: var(--soft); font-weight: 600; }
#rooms button::before { content: "#"; color: var(--dim); font-weight: 400; }
#rooms .unread { margin-left: auto; min-width: 1.5rem; padding: 0 .4rem; border-radius: 1rem; font-size: .75rem; line-height: 1.5rem; text-align: center; font-weight: 700; background: var(--main); color: var(--on-main); }
#new-room { display: flex; gap: .4rem; padding: 0 .2rem; }
#new-room input { padding: .3rem .6rem; font-size: .9rem; }
#new-room button { background: var(--soft); padding: .2rem .7rem; }
#me { margin-top: auto; display: flex; gap: .6rem; align-items: center; padding: .4rem; min-width: 0; }
#me b { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#me button { margin-left: auto; color: var(--dim); padding: .3rem .5rem; font-size: .9rem; }
#here li { display: flex; gap: .6rem; align-items: center; padding: .25rem .5rem; overflow: hidden; white-space: nowrap; }
#here .face { width: 1.8rem; height: 1.8rem; font-size: .7rem; }
#here span:last-child { overflow: hidden; text-overflow: ellipsis; }

#head { grid-area: head; display: flex; flex-wrap: wrap; gap: 0 .9rem; align-items: baseline; padding: .8rem 1.25rem; border-bottom: 1px solid var(--line); background: var(--card); }
#head h1 { margin: 0; font-size: 1.1rem; }
#head h1::before { content: "# "; color: var(--dim); font-weight: 400; }
#digest { flex: 1 1 0; min-width: 6rem; margin: 0; color: var(--dim); font-size: .85rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#state { margin: 0 0 0 auto; font-size: .85rem; color: var(--dim); display: flex; gap: .4rem; align-items: center; }
#state::before { content: ""; width: .55rem; height: .55rem; border-radius: 50%; background: var(--wait); }
#state[data-state=here]::before { background: var(--good); }
#state[data-state=away]::before { background: var(--bad); }

#scroll { grid-area: log; overflow-y: auto; min-height: 0; padding: 1rem 1.25rem; overscroll-behavior: contain; position: relative; }
#log { display: flex; flex-direction: column; max-width: 52rem; min-height: 100%; margin: 0 auto; justify-content: flex-end; }
#older { align-self: center; color: var(--main); font-size: .9rem; }
.note { align-self: stretch; display: flex; gap: .8rem; align-items: center; margin: 1rem 0 .4rem; color: var(--dim); font-size: .8rem; }
.note::before, .note::after { content: ""; flex: 1; height: 1px; background: var(--line); }
.note.fresh { color: var(--bad); }
.empty { margin: auto; color: var(--dim); text-align: center; }
.row { display: grid; grid-template-columns: 2.1rem minmax(0, auto); gap: 0 .7rem; justify-content: start; margin-top: .8rem; }
.row .face { grid-row: 1 / span 2; align-self: start; }
.row header { display: flex; gap: .6rem; align-items: baseline; font-size: .85rem; }
.row time { color: var(--dim); font-size: .75rem; font-variant-numeric: tabular-nums; }
.row p { grid-column: 2; justify-self: start; margin: .15rem 0 0; padding: .4rem .8rem; background: var(--card); border: 1px solid var(--line); border-radius: .3rem 1rem 1rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; max-width: 36rem; }
.row.next { margin-top: .1rem; }
.row.next header, .row.next .face { display: none; }
.row.next p { border-radius: 1rem; }
.row.mine { grid-template-columns: minmax(0, auto); justify-content: end; }
.row.mine .face { display: none; }
.row.mine header { justify-content: flex-end; }
.row.mine header b { display: none; }
.row.mine p { grid-column: 1; justify-self: end; background: var(--mine); border-color: transparent; color: #fff; border-radius: 1rem .3rem 1rem 1rem; }
.row.mine.next p { border-radius: 1rem; }
.row.waits, .row.failed { margin-top: .4rem; }
.row.waits p { opacity: .6; }
.row.failed p { background: none; color: var(--bad); border-color: var(--bad); opacity: 1; }
.row small { grid-column: -2; color: var(--bad); text-align: right; }
#jump { position: sticky; bottom: 0; display: block; margin: .5rem auto 0; background: var(--main); color: var(--on-main); border-radius: 2rem; box-shadow: 0 .3rem 1rem #0004; font-size: .9rem; }

#say { grid-area: say; padding: .75rem 1.25rem 1rem; background: var(--back); }
#say div { display: flex; gap: .6rem; align-items: flex-end; max-width: 52rem; margin: 0 auto; }
#say textarea { background: var(--card); resize: none; max-height: 9rem; line-height: 1.4; field-sizing: content; border-radius: 1.1rem; padding: .6rem 1rem; }
#say button { border-radius: 1.1rem; padding: .6rem 1.2rem; }

@media (max-width: 60rem) {
  #chat { grid-template-columns: 13rem 1fr; grid-template-rows: auto auto 1fr auto; grid-template-areas: "side head" "side people" "side log" "side say"; }
  #people { padding: .4rem 1.25rem; border: 0; border-bottom: 1px solid var(--line); overflow: hidden; }
  #people div { display: flex; align-items: center; gap: .6rem; min-width: 0; }
  #people h2 { margin: 0; flex: none; }
  #here { display: flex; gap: .3rem; overflow-x: auto; scrollbar-width: none; }
  #here li { padding: .1rem .3rem; gap: .35rem; font-size: .85rem; flex: none; }
  #here .face { width: 1.4rem; height: 1.4rem; font-size: .6rem; }
}
@media (max-width: 40rem) {
  #chat { grid-template: auto auto auto 1fr auto / 100%; grid-template-areas: "side" "head" "people" "log" "say"; }
  #side { border: 0; border-bottom: 1px solid var(--line); padding: .5rem 0 .5rem .75rem; flex-direction: row; align-items: center; gap: .5rem; overflow-x: auto; scroll-padding-right: 5.5rem; scrollbar-width: none; }
  #side h2, #me b, #me .face { display: none; }
  #new-room { flex: none; padding: 0; }
  #new-room input { width: 6.2rem; }
  #side nav { flex: none; }
  #rooms { display: flex; gap: .25rem; }
  #rooms button { width: auto; padding: .25rem .7rem; border-radius: 2rem; font-size: .95rem; }
  #me { flex: none; align-self: stretch; position: sticky; right: 0; margin: 0 0 0 auto; padding: 0 .75rem; background: var(--card); }
  #head { padding: .5rem .9rem; }
  #digest { order: 3; flex-basis: 100%; }
  #people { padding: .3rem .9rem; }
  #scroll { padding: .5rem .9rem; }
  #say { padding: .5rem .75rem calc(.6rem + env(safe-area-inset-bottom)); }
}
@media (prefers-reduced-motion: no-preference) {
  .row:last-child { animation: rise .18s ease-out; }
  @keyframes rise { from { opacity: 0; translate: 0 .4rem; } }
}
`;
