// Move a card: by hand (board-drag.js), by Alt and the arrows, or by the Move button, which starts the same move mode
// with buttons for those who can only click. All of it asks the server once, and shows what it says.
(() => {
  const board = window.board;
  if (!board) return;
  const { el, icon, words, fill, minutes, clock } = board;
  const STEP = Number(board.root.dataset.grid);
  const HOUR = 60;

  // Where to, as the server reads it: a column is a clinician, a room or a day.
  const values = (card, { key, minute, minutes: length }) => {
    const column = board.feed.columns.find((one) => one.key === key);
    return {
      day: column.day ?? board.feed.day,
      time: clock(minute),
      clinician: column.clinician ?? card.c,
      ...(column.room && column.room !== card.r ? { room: column.room } : {}),
      ...(length && length !== card.minutes ? { minutes: length } : {}),
    };
  };
  // A card that is moved again before its move is saved waits its turn, and then knows what the first one changed. Was
  // the first refused, the card is back and the second, made from a place that it does not have, is let go.
  const turns = new Map(); // id: whether the last move of it went through, once that is known
  const inTurn = async (id, act) => {
    const before = turns.get(id);
    const mine = (async () => (await before) !== false && act())();
    turns.set(id, mine);
    await mine;
    if (turns.get(id) === mine) turns.delete(id);
  };
  const send = async (id, wanted, revert) => {
    let answer, sent;
    await inTurn(id, async () => {
      const card = board.cards.get(id);
      if (!card) return false;
      sent = wanted(card);
      board.mine.add(id);
      answer = await board.send(fill(words.placeUrl, card), { operation: board.key(), version: card.v, ...sent });
      if (!answer.ok) return false;
      board.changed(id, answer);
      if (sent.room) card.r = Number(sent.room);
      if (sent.minutes) card.minutes = Number(sent.minutes);
      card.c = Number(sent.clinician);
      return true;
    });
    if (!answer) return;
    if (answer.ok) {
      board.toast(answer);
      await board.refresh();
      return board.article(id)?.focus({ preventScroll: true });
    }
    revert?.();
    board.draw(); // it snaps back, whatever the component kept
    if (answer.said) board.refuse(answer, id, (more) => send(id, () => ({ ...sent, ...more, ...(more.time ? { room: "" } : {}) })));
    await board.refresh();
  };
  board.place = (id, to, revert) => {
    send(id, (card) => values(card, to), revert);
  };

  // --- Move mode: a ghost that the keys or the buttons push ---
  const ghost = el("div", "board-ghost");
  ghost.hidden = true;
  const bar = el("div", "popover2 board-mover");
  bar.hidden = true;
  bar.setAttribute("role", "group");
  let move = null; // {id, column, minute, minutes}

  const show = () => {
    const events = document.querySelector("#board-grid .ec-body .ec-events");
    if (ghost.parentNode !== events) events.append(ghost);
    const column = board.feed.columns[move.column];
    ghost.hidden = false;
    ghost.style.gridColumn = String(move.column + 1);
    ghost.style.insetBlockStart = `${((move.minute - board.feed.opens * HOUR) / 15) * board.quarter()}px`;
    ghost.style.blockSize = `${(move.minutes / 15) * board.quarter()}px`;
    const card = board.cards.get(move.id);
    const until = clock(move.minute + move.minutes);
    ghost.replaceChildren(el("span", "ev-l", el("span", "ev-t", `${clock(move.minute)} – ${until}`)), el("span", "ev-l", el("span", "ev-name", card.name)));
    ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
    bar.querySelector("[data-mover-to]").textContent = `${clock(move.minute)} – ${until}, ${column.short}`;
    board.says(fill(words.ghost, { time: clock(move.minute), column: column.name }));
  };
  const push = (sideways, down, longer = 0) => {
    const last = board.feed.columns.length - 1;
    move.column = Math.max(0, Math.min(move.column + sideways, last));
    move.minutes = Math.max(STEP, move.minutes + longer);
    const latest = board.feed.closes * HOUR - move.minutes;
    move.minute = Math.max(board.feed.opens * HOUR, Math.min(move.minute + down, latest));
    show();
  };
  const stop = (says) => {
    if (!move) return;
    const { id } = move;
    move = null;
    ghost.hidden = bar.hidden = true;
    board.release();
    if (says) board.says(words.ghostLeft);
    board.article(id)?.focus({ preventScroll: true });
  };
  const save = () => {
    const { id, column, minute, minutes: length } = move;
    const card = board.cards.get(id);
    const to = { key: board.feed.columns[column].key, minute, minutes: length };
    stop(false);
    if (card && (to.key !== card.col || minute !== minutes(card.from) || length !== card.minutes)) board.place(id, to);
  };

  const pushes = [
    ["arrow-left", "left", () => push(-1, 0)],
    ["arrow-up", "earlier", () => push(0, -STEP)],
    ["arrow-down", "later", () => push(0, STEP)],
    ["arrow-right", "right", () => push(1, 0)],
    ["dash-lg", "shorter", () => push(0, 0, -STEP)],
    ["plus-lg", "longer", () => push(0, 0, STEP)],
  ];
  const buildBar = (card) => {
    const made = pushes.map(([sign, name, does]) => {
      const button = el("button", "btn btn-ghost btn-icon", icon(sign));
      button.type = "button";
      button.title = words.mover[name];
      button.setAttribute("aria-label", words.mover[name]);
      button.addEventListener("click", does);
      return button;
    });
    const to = el("span", "medium board-mover-to");
    to.dataset.moverTo = "";
    const keep = el("button", "btn btn-primary btn-sm", words.mover.save, el("kbd", "", "↵"));
    const leave = el("button", "btn btn-secondary btn-sm", words.mover.leave, el("kbd", "", "Esc"));
    const other = el("a", "btn btn-ghost btn-sm", words.mover.other);
    keep.type = leave.type = "button";
    keep.addEventListener("click", save);
    leave.addEventListener("click", () => stop(true));
    other.href = fill(words.acts.move.url, card);
    bar.setAttribute("aria-label", fill(words.mover.title, card));
    bar.replaceChildren(el("span", "board-mover-who", el("span", "strong", card.name), to), el("span", "board-mover-keys", ...made), el("span", "board-mover-acts", keep, leave, other));
    if (!bar.isConnected) document.querySelector(".board").append(bar);
    bar.hidden = false;
  };
  board.startMove = (id, { byArrow = false } = {}) => {
    const card = board.cards.get(id);
    if (!card?.acts.includes("move")) return false;
    const isShown = document.getElementById("board-grid").offsetParent !== null;
    if (!isShown) { location.assign(fill(words.acts.move.url, card)); return false; } // a phone has the form
    if (move) stop(false);
    board.hold();
    board.closeCard?.(false);
    board.hideRefusal?.();
    move = { id, column: board.columnAt(card.col), minute: minutes(card.from), minutes: card.minutes };
    buildBar(card);
    show();
    if (byArrow) board.article(id)?.focus({ preventScroll: true });
    else bar.querySelector(".btn-primary").focus({ preventScroll: true });
    board.says(words.moving);
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, dialog") || document.querySelector("dialog[open]")) return;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (arrow && event.altKey) {
      const id = document.activeElement.closest?.("article[data-id]")?.dataset.id;
      if (!move && !(id && board.startMove(id, { byArrow: true }))) return;
      event.preventDefault();
      event.stopPropagation();
      return event.shiftKey ? push(0, 0, arrow[1]) : push(...arrow);
    }
    if (!move) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      stop(true);
    } else if (event.key === "Enter" && !event.target.closest(".board-mover")) {
      event.preventDefault();
      event.stopPropagation();
      save();
    } else if (arrow) {
      event.preventDefault();
      event.stopPropagation();
      push(...arrow);
    }
  }, true);
})();
