// Book on the board: a free time that was pressed, or the Book button, opens a panel; the server fills it. What was
// booked is told in the toast, and the card appears.
(() => {
  const board = window.board;
  if (!board || board.root.dataset.mayBook === undefined) return;
  const { el, minutes, clock } = board;
  const panel = document.getElementById("board-book");
  const pick = el("div", "board-pick");
  pick.hidden = true;
  let back = null;

  const mark = (column, minute) => {
    const events = document.querySelector("#board-grid .ec-body .ec-events");
    pick.hidden = !column;
    if (!column || !events) return;
    if (pick.parentNode !== events) events.append(pick);
    pick.style.gridColumn = String(board.columnAt(column.key) + 1);
    pick.style.insetBlockStart = `${((minute - board.feed.opens * 60) / 15) * board.quarter()}px`;
    pick.style.blockSize = `${2 * board.quarter()}px`;
    pick.textContent = clock(minute);
  };
  const close = (givesFocus) => {
    if (panel.hidden) return;
    panel.hidden = true;
    pick.hidden = true;
    panel.replaceChildren();
    if (givesFocus) (back?.isConnected ? back : document.querySelector("[data-board-book]"))?.focus({ preventScroll: true });
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
  const open = async (asked, from, x, y) => {
    back = from;
    board.closeCard?.(false);
    board.hideRefusal?.();
    panel.hidden = false;
    at = [x, y];
    place();
    await window.htmx.ajax("GET", `${panel.dataset.url}?${new URLSearchParams(asked)}`, { target: panel, swap: "innerHTML" });
  };
  document.addEventListener("board:free", ({ detail: { column, minute, x, y, from } }) => {
    if (!panel.hidden) return close(false);
    const box = from?.getBoundingClientRect();
    mark(column, minute);
    open(
      {
        day: column.day ?? board.feed.day,
        time: clock(minute),
        ...(column.clinician ? { clinician: column.clinician } : {}),
        ...(column.room ? { room: column.room } : {}),
      },
      from ?? null,
      x ?? box?.right,
      y ?? box?.top,
    );
  });
  document.querySelector("[data-board-book]")?.addEventListener("click", (event) => {
    event.preventDefault();
    const at = board.isToday() ? {} : { day: board.feed.day, time: clock(Math.max(board.feed.opens * 60, minutes("09:00"))) };
    open(at, event.currentTarget);
  });
  panel.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;
  });
  const isChanged = (field) => {
    if (field.type === "radio") return field.checked !== field.defaultChecked;
    if (!field.matches("select")) return field.value !== field.defaultValue;
    return [...field.options].some((one) => one.defaultSelected) && !field.selectedOptions[0]?.defaultSelected;
  };
  const catchUp = () => {
    const name = panel.querySelector("#book-q");
    if (name && isChanged(name)) window.htmx.trigger(name.form, "submit");
    panel.querySelectorAll("[hx-trigger=change]").forEach((part) => {
      const isAsking = part.classList.contains("htmx-request");
      if (!isAsking && [...part.querySelectorAll("input, select")].some(isChanged)) window.htmx.trigger(part, "change");
    });
  };
  panel.addEventListener("htmx:afterSettle", (event) => {
    place();
    // A quick hand has typed before the field was listened to: what it typed is looked for, or looked at, now.
    if (event.target === panel) catchUp();
    if (panel.contains(document.activeElement) && document.activeElement !== panel) return;
    (panel.querySelector("[aria-invalid=true], .field-bad :is(input, select), [autofocus], input:not([type=hidden])") ?? panel).focus({ preventScroll: true });
  });
  panel.addEventListener("htmx:sendError", () => board.refuse({ said: board.words.lostAct }, null));
  document.body.addEventListener("board:booked", async ({ detail: answer }) => {
    close(false);
    board.mine.add(answer.id);
    board.toast(answer);
    await board.refresh();
    (board.article(answer.id) ?? document.querySelector("[data-board-book]"))?.focus({ preventScroll: true });
  });
  panel.addEventListener("click", (event) => { if (event.target.closest("[data-book-closes]")) close(true); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    event.stopPropagation();
    close(true);
  }, true);
  document.addEventListener("board:open", () => close(false));
  document.addEventListener("board:refuse-closes", () => close(false));
})();
