// What the board shows, asked for again every few seconds while somebody looks at it. An answer that says nothing new
// is a 304. While a hand drags (board.held) nothing is put in; it waits until the hand lets go.
(() => {
  const board = window.board;
  if (!board) return;
  const EVERY = 4000;
  const SOONER = 800;
  const FADES = 2000;
  const lost = document.querySelector("[data-board-lost]");

  let etag = board.root.dataset.etag;
  let waiting = null;
  let timer;
  let failed = 0;
  let heard = new Date();

  board.feed = JSON.parse(document.getElementById("board-feed").textContent);
  board.cards = new Map(board.feed.cards.map((card) => [card.id, card]));
  board.mine = new Set(); // what this desk changed itself a moment ago: that is no news

  const tell = (changed) => document.dispatchEvent(new CustomEvent("board:feed", { detail: { changed } }));

  const apply = (feed) => {
    const before = board.cards;
    board.feed = feed;
    board.cards = new Map(feed.cards.map((card) => [card.id, card]));
    const told = (card) => JSON.stringify([card.v, card.s, card.on, card.from, card.until, card.col, card.room]);
    const changed = feed.cards.filter((card) => !before.has(card.id) || told(before.get(card.id)) !== told(card)).map((card) => card.id);
    tell(new Set(changed.filter((id) => !board.mine.has(id))));
    board.mine.clear();
    if (changed.length) setTimeout(() => document.dispatchEvent(new Event("board:faded")), FADES);
  };
  const take = (feed) => {
    if (board.held) waiting = feed;
    else apply(feed);
  };
  board.hold = () => { board.held += 1; };
  board.release = () => {
    board.held = Math.max(0, board.held - 1);
    if (board.held || !waiting) return;
    const feed = waiting;
    waiting = null;
    apply(feed);
  };

  const say = (isLost) => {
    if (!isLost) {
      heard = new Date();
      lost.hidden = true;
      return;
    }
    const time = new Intl.DateTimeFormat("en-CA", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(heard);
    lost.replaceChildren(board.icon("wifi-off"), document.createTextNode(board.fill(board.words.lost, { time })));
    lost.hidden = false;
  };

  let asking = null;
  const ask = async () => {
    try {
      const headers = { Accept: "application/json", ...(etag ? { "If-None-Match": etag } : {}) };
      const answer = await fetch(board.root.dataset.feed, { headers, cache: "no-store", redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 403) return location.reload(); // signed out meanwhile
      if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
      failed = 0;
      say(false);
      if (answer.status === 304) return;
      const feed = await answer.json();
      etag = answer.headers.get("ETag");
      if (feed.today !== board.feed.today && board.root.dataset.followsToday !== undefined) return location.reload(); // midnight
      take(feed);
    } catch (error) {
      if (!(error instanceof TypeError) && !/^5|^4/.test(error.message)) throw error;
      failed += 1;
      if (failed > 1) say(true);
    }
  };
  const next = (after = EVERY) => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(poll, after);
  };
  const poll = async () => {
    asking ??= ask().finally(() => { asking = null; });
    await asking;
    next();
  };

  // After an act of this desk: now, and not with the answer to a question that was asked before it.
  board.refresh = async () => {
    if (asking) await asking;
    await poll();
  };
  document.addEventListener("visibilitychange", () => next(document.hidden ? EVERY : SOONER));
  window.addEventListener("online", () => next(0));
  next();
  // The scripts that draw listen by now.
  document.addEventListener("DOMContentLoaded", () => tell(new Set()));
})();
