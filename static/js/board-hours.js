// Hours on the board: a stretch of a column that is painted by hand, by Shift with the arrows, or just opened by a
// button, brings a panel which the server fills. What was saved is told in the toast, and the ground is painted anew.
(() => {
  const board = window.board;
  if (!board || board.root.dataset.paints === undefined) return;
  const { el, icon, words, fill, minutes, clock } = board;
  const panel = document.getElementById("board-hours");
  const STEP = 15;
  const LONG = 60; // minutes that a mere press proposes
  const TAKEN = ["away", "closed"];
  let back = null;
  let painted = null; // {column, from, until}, in minutes of the day

  // --- What is painted ---
  const ghost = el("div", "hours-ghost");
  ghost.hidden = true;
  const show = () => {
    const events = document.querySelector("#board-grid .ec-body .ec-events");
    ghost.hidden = !painted;
    if (!painted || !events) return;
    if (ghost.parentNode !== events) events.append(ghost);
    const top = Math.max(painted.from, board.feed.opens * 60);
    const bottom = Math.min(painted.until, board.feed.closes * 60);
    ghost.style.gridColumn = String(board.columnAt(painted.column.key) + 1);
    ghost.style.insetBlockStart = `${((top - board.feed.opens * 60) / STEP) * board.quarter()}px`;
    ghost.style.blockSize = `${((bottom - top) / STEP) * board.quarter()}px`;
    ghost.textContent = `${clock(painted.from)} – ${clock(painted.until)}`;
  };
  const paint = (column, from, until) => {
    painted = column ? { column, from, until: Math.min(until, 24 * 60 - 1) } : null;
    show();
  };
  document.addEventListener("board:drawn", show);
  document.addEventListener("board:rows", show);

  // --- The panel ---
  const close = (givesFocus) => {
    paint(null);
    if (panel.hidden) return;
    panel.hidden = true;
    panel.replaceChildren();
    const to = back?.isConnected ? back : document.querySelector(`[data-hours-of="${back?.dataset.hoursOf}"]`) ?? document.querySelector(".hours-bar a");
    if (givesFocus) to?.focus({ preventScroll: true });
  };
  let at = [];
  const place = () => {
    const [x, y] = at;
    panel.style.left = panel.style.top = "";
    if (x === undefined || window.matchMedia("(max-width: 1180px)").matches) return;
    const { offsetWidth: width, offsetHeight: height } = panel;
    const left = x + 24 + width <= window.innerWidth ? x + 24 : x - 24 - width;
    panel.style.left = `${Math.max(8, left)}px`;
    panel.style.top = `${Math.max(56, Math.min(y - 60, window.innerHeight - height - 12))}px`;
  };
  window.addEventListener("resize", place);
  const open = (url, from, x, y) => {
    back = from;
    board.closeCard?.(false);
    board.hideRefusal?.();
    at = [x, y];
    return window.htmx.ajax("GET", url, { target: panel, swap: "innerHTML" });
  };
  const openDay = (column, { from, until, by, x, y } = {}) => {
    const asked = from === undefined ? "" : `?${new URLSearchParams({ from: clock(from), until: clock(Math.min(until, 24 * 60 - 1)) })}`;
    const box = by?.getBoundingClientRect();
    open(fill(words.hoursUrl, { day: column.day ?? board.feed.day, clinician: column.clinician }) + asked, by ?? null, x ?? box?.right, y ?? box?.bottom);
  };
  panel.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;
  });
  panel.addEventListener("htmx:afterSettle", () => {
    panel.hidden = false;
    place();
    const to = panel.querySelector("[aria-invalid=true], .field-bad input") ?? panel.querySelector(".hours-hit, [role=alert]") ?? panel.querySelector("input:checked, input:not([type=hidden])") ?? panel;
    if (to.matches("[role=alert]")) to.tabIndex = -1;
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
  });
  panel.addEventListener("htmx:sendError", () => board.refuse({ said: words.lostAct }, null));
  document.body.addEventListener("board:hours", async ({ detail: answer }) => {
    const key = back?.dataset?.hoursOf;
    close(true);
    board.toast(answer);
    await board.refresh();
    if (key && document.activeElement === document.body) document.querySelector(`[data-hours-of="${key}"]`)?.focus({ preventScroll: true });
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-hours-url]");
    if (opener) return open(opener.dataset.hoursUrl, opener, opener.getBoundingClientRect().left - 24, 120);
    if (event.target.closest("[data-hours-closes]")) close(true);
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close(true);
  });
  document.addEventListener("board:open", () => close(false));

  // --- A button in the head of each column ---
  board.headAct = (column) => {
    const made = el("button", "btn btn-ghost btn-sm btn-icon hours-edit", icon("pencil"));
    const name = fill(words.hoursOf, { name: column.name });
    made.type = "button";
    made.title = name;
    made.setAttribute("aria-label", name);
    made.dataset.hoursOf = column.key;
    made.addEventListener("click", () => openDay(column, { by: made }));
    return made;
  };

  // A new feed draws the heads anew: the button that had the focus has it again.
  let held = null;
  const hold = () => {
    if (held && document.activeElement === document.body) document.querySelector(`[data-hours-of="${held}"]`)?.focus({ preventScroll: true });
  };
  document.addEventListener("board:feed", () => {
    held = document.activeElement?.dataset?.hoursOf ?? null;
    queueMicrotask(hold);
  });
  document.addEventListener("board:drawn", hold);

  // --- By hand ---
  const press = (column, minute, where) => {
    const found = column.ground.find(([kind, from, until]) => TAKEN.includes(kind) && minutes(from) <= minute && minute < minutes(until));
    const [from, until] = found ? [minutes(found[1]), minutes(found[2])] : [minute, minute + LONG];
    paint(column, from, until);
    openDay(column, { from, until, ...where });
  };
  const columnOf = (key) => board.feed.columns.find((one) => one.key === key);
  const floor = (minute) => Math.floor(minute / STEP) * STEP;
  document.addEventListener("board:options", ({ detail: options }) => Object.assign(options, {
    editable: false,
    selectable: true,
    selectBackgroundColor: "transparent",
    unselectAuto: false,
    snapDuration: "00:15:00",
    dateClick: ({ date, resource, jsEvent }) => {
      const column = columnOf(resource?.id);
      if (column) press(column, floor(minutes(board.wall(date))), { x: jsEvent.clientX, y: jsEvent.clientY });
    },
    select: ({ start, end, resource, jsEvent }) => {
      board.calendar.unselect();
      const column = columnOf(resource?.id);
      if (!column) return;
      const from = minutes(board.wall(start));
      const until = minutes(board.wall(end)) || 24 * 60;
      paint(column, from, until);
      openDay(column, { from, until, x: jsEvent?.clientX, y: jsEvent?.clientY });
    },
  }));

  // --- By key: Enter on a free quarter opens the panel; Shift with the arrows makes the stretch longer ---
  window.addEventListener("board:free", (event) => {
    event.stopImmediatePropagation();
    const { column, minute, from: by } = event.detail;
    press(column, minute, { by });
  }, true);
  window.addEventListener("keydown", (event) => {
    const slot = event.target.closest?.(".board-slot");
    if (!slot || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = { ArrowDown: STEP, ArrowUp: -STEP }[event.key];
    if (event.shiftKey && way) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const { key, minute } = board.at();
      const column = columnOf(key);
      const until = Math.max(minute + STEP, Math.min((painted?.until ?? minute + STEP) + way, board.feed.closes * 60));
      paint(column, minute, until);
      return board.says(fill(words.hoursSpan, { from: clock(minute), until: clock(until), column: column.name }));
    }
    if (!painted || !panel.hidden || event.key === "Shift") return;
    if (event.key === "Enter") {
      event.preventDefault();
      event.stopImmediatePropagation();
      openDay(painted.column, { from: painted.from, until: painted.until, by: slot });
    } else {
      if (event.key === "Escape") { event.preventDefault(); event.stopImmediatePropagation(); }
      paint(null);
    }
  }, true);
})();
