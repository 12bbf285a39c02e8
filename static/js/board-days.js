// Another day by arrow key, outside of the columns; and how tall a quarter hour is: a person's own choice,
// which the form sends to the server while the board shows it at once.
(() => {
  const board = window.board;
  if (!board) return;
  const HEIGHTS = { comfortable: 32, compact: 24 };

  document.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: "before", ArrowRight: "after" }[event.key];
    if (!way || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog, #board-grid, #board-card") || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    document.querySelector(`[data-day="${way}"]`)?.click();
  });

  board.rows = board.root.dataset.rows;
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
    show();
    document.dispatchEvent(new Event("board:rows"));
  });
  if (group) show();

  // A click opens the calendar of the browser; by keyboard the field takes a day as it is typed.
  document.querySelector(".board-jump input")?.addEventListener("click", (event) => event.target.showPicker?.());
})();
