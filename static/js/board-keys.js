// The columns by keyboard: one tab stop. Arrows walk the cards and the free quarters, Home and End the day, Page Up and
// Down an hour; Enter opens a card or books a free time; Esc leaves.
(() => {
  const board = window.board;
  if (!board) return;
  const { el, words, fill, minutes, clock } = board;
  const holder = document.getElementById("board-grid");
  const STEP = 15;
  const HOUR = 60;

  // Where the keys are: a column and a minute of the day. On a card it is the card that has the focus.
  let at = null;
  const slot = el("div", "board-slot");
  slot.tabIndex = 0;
  slot.setAttribute("role", "button");
  slot.hidden = true;

  const column = () => board.feed.columns[at.column];
  const cardAt = (columnNumber, minute) => {
    const key = board.feed.columns[columnNumber]?.key;
    const here = board.feed.cards.filter((card) => card.col === key && minutes(card.from) <= minute && minute < minutes(card.until));
    return here.find((card) => !["no_show", "cancelled"].includes(card.s)) ?? here[0];
  };
  const offAt = (minute) => column().ground.find(([, from, until]) => minutes(from) <= minute && minute < minutes(until));

  const placeSlot = () => {
    const events = holder.querySelector(".ec-body .ec-events");
    if (events && slot.parentNode !== events) events.append(slot);
    slot.hidden = false;
    slot.style.gridColumn = String(at.column + 1);
    slot.style.insetBlockStart = `${((at.minute - board.feed.opens * HOUR) / STEP) * board.quarter()}px`;
    slot.style.blockSize = `${board.quarter()}px`;
    const time = clock(at.minute);
    const off = offAt(at.minute);
    const sentence = board.root.dataset.mayBook === undefined ? words.slotSeen : off ? words.slotOff : words.slot;
    slot.setAttribute("aria-label", fill(sentence, { time, column: column().name, why: off?.[3] || words.off }));
    slot.textContent = time;
  };
  const stop = (node) => {
    holder.querySelectorAll("article[data-id]").forEach((made) => { made.tabIndex = made === node ? 0 : -1; });
    slot.tabIndex = node === slot ? 0 : -1;
    if (node !== slot) slot.hidden = true;
  };
  const go = (columnNumber, minute, way = 0) => {
    const first = board.feed.opens * HOUR;
    const last = board.feed.closes * HOUR - STEP;
    at = { column: Math.max(0, Math.min(columnNumber, board.feed.columns.length - 1)), minute: Math.max(first, Math.min(minute, last)) };
    const card = cardAt(at.column, at.minute);
    const made = card && board.article(card.id);
    if (made) {
      at.minute = way < 0 ? minutes(card.from) : at.minute;
      at.id = card.id;
      stop(made);
      made.focus({ preventScroll: false });
      return made.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    placeSlot();
    stop(slot);
    slot.focus();
    slot.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  board.focusAt = (columnNumber, minute) => go(columnNumber, minute);
  board.at = () => at && { ...at, key: column()?.key };

  const start = () => {
    const minute = board.isToday() ? Math.floor(board.now() / STEP) * STEP : board.feed.opens * HOUR;
    return { column: 0, minute };
  };
  // The one stop: the card or quarter that had it, else where the day is now.
  const keep = () => {
    if (!board.feed.columns.length) return; // a clinic without clinicians yet
    const held = at?.id && board.article(at.id);
    const stopped = held ?? holder.querySelector("article[data-id]");
    if (!slot.hidden && slot.isConnected) return placeSlot();
    if (stopped) {
      if (!held) {
        const card = board.cards.get(stopped.dataset.id);
        at = { column: board.columnAt(card.col), minute: minutes(card.from), id: card.id };
      }
      return stop(stopped);
    }
    at = start();
    placeSlot();
    stop(slot);
  };
  document.addEventListener("board:drawn", keep);
  holder.addEventListener("focusin", (event) => {
    const id = event.target.closest("article[data-id]")?.dataset.id;
    const card = id && board.cards.get(id);
    if (!card) return;
    at = { column: board.columnAt(card.col), minute: minutes(card.from), id };
    stop(event.target.closest("article"));
  });

  const walk = (event) => {
    const card = at.id && !document.activeElement.isSameNode(slot) ? board.cards.get(at.id) : null;
    const from = card ? minutes(card.from) : at.minute;
    const until = card ? minutes(card.until) : at.minute + STEP;
    const even = (minute) => Math.floor(minute / STEP) * STEP;
    const to = {
      ArrowDown: () => go(at.column, until, 1),
      ArrowUp: () => go(at.column, from % STEP ? even(from) : from - STEP, -1),
      ArrowRight: () => go(at.column + 1, even(from)),
      ArrowLeft: () => go(at.column - 1, even(from)),
      Home: () => go(at.column, board.feed.opens * HOUR),
      End: () => go(at.column, board.feed.closes * HOUR - STEP, -1),
      PageDown: () => go(at.column, even(from) + HOUR, 1),
      PageUp: () => go(at.column, even(from) - HOUR, -1),
    }[event.key];
    if (!to) return false;
    event.preventDefault();
    at.id = null;
    to();
    return true;
  };
  holder.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !at) return;
    if (board.keysTaken?.(event)) return;
    if (walk(event)) return board.closeCard?.(false);
    if (event.target === slot && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      document.dispatchEvent(new CustomEvent("board:free", { detail: { column: column(), minute: at.minute, from: slot } }));
    } else if (event.key === "Escape" && !board.openCard?.()) {
      event.preventDefault();
      document.getElementById("main").focus();
    }
  });
})();
