// The days of a month by keyboard: one tab stop, arrows walk, Enter opens the day.
(() => {
  const grid = document.querySelector("[data-month]");
  const cells = grid ? [...grid.querySelectorAll(".mo-c")] : [];
  if (!cells.length) return;
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  const stop = (cell) => cells.forEach((one) => { one.tabIndex = one === cell ? 0 : -1; });
  stop(grid.querySelector(".is-today") ?? cells.find((cell) => !cell.classList.contains("mo-out")));
  grid.addEventListener("focusin", (event) => { if (cells.includes(event.target)) stop(event.target); });
  grid.addEventListener("keydown", (event) => {
    const at = cells.indexOf(event.target);
    const to = { Home: cells[0], End: cells.at(-1) }[event.key] ?? cells[at + STEPS[event.key]];
    if (!STEPS[event.key] && !["Home", "End"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    to?.focus();
  });
})();
