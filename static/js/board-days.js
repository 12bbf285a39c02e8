// Another day by arrow key, outside of the columns; and how tall a quarter hour is on this screen.
(() => {
  const board = window.board;
  if (!board) return;
  const KEPT = "pistor-board-rows";
  const HEIGHTS = { comfortable: 32, compact: 24 };

  document.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: "before", ArrowRight: "after" }[event.key];
    if (!way || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog, #board-grid, #board-card") || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    document.querySelector(`[data-day="${way}"]`)?.click();
  });

  const kept = () => { try { return localStorage.getItem(KEPT); } catch { return null; } };
  board.rows = HEIGHTS[kept()] ? kept() : "compact";
  board.quarter = () => HEIGHTS[board.rows];
  const group = document.querySelector("[data-board-density]");
  const show = () => {
    document.documentElement.dataset.density = board.rows;
    group.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", String(button.value === board.rows)));
  };
  group?.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    board.rows = button.value;
    try { localStorage.setItem(KEPT, board.rows); } catch { /* a browser that keeps nothing shows it until the next page */ }
    show();
    document.dispatchEvent(new Event("board:rows"));
  });
  if (group) show();

  // A click opens the calendar of the browser; by keyboard the field takes a day as it is typed.
  document.querySelector(".board-jump input")?.addEventListener("click", (event) => event.target.showPicker?.());
})();
