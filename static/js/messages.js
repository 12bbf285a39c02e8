// The message chosen in the list stands beside it, where there is room; elsewhere its link opens its own page.
// Arrows walk from row to row. The choice is kept in the address after #, so that coming back finds it again.
(() => {
  const pane = document.getElementById("pane");
  const rows = [...document.querySelectorAll("tr[data-seen]")];
  if (!pane || !rows.length) return;
  const room = matchMedia("(min-width: 1181px)");
  const link = (row) => row.querySelector("a.row-name");
  let shown = null;

  const show = (row) => {
    if (row === shown) return;
    shown?.classList.remove("is-selected");
    if (shown) link(shown).removeAttribute("aria-current");
    shown = row;
    row.classList.add("is-selected");
    link(row).setAttribute("aria-current", "true");
    htmx.ajax("GET", row.dataset.seen, { target: pane, swap: "innerHTML" });
  };
  const choose = (row) => {
    show(row);
    history.replaceState(history.state, "", `#${row.id}`);
  };

  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-seen]");
    if (!row || !room.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(row);
    link(row).focus({ preventScroll: true });
  });
  document.addEventListener("keydown", (event) => {
    if (!room.matches || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && pane.contains(event.target) && shown) return link(shown).focus();
    const row = event.target.closest("tr[data-seen]");
    if (!row || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    const next = rows[rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    link(next).focus();
    choose(next);
  });
  // An answer that comes after the next choice is not shown.
  pane.addEventListener("htmx:beforeSwap", (event) => {
    if (shown && !event.detail.xhr.responseURL.endsWith(shown.dataset.seen)) event.detail.shouldSwap = false;
  });

  const begin = () => {
    if (!room.matches || shown) return;
    show(rows.find((row) => `#${row.id}` === location.hash) ?? rows.find((row) => !row.matches(".is-bad, .is-warn")) ?? rows[0]);
  };
  begin();
  room.addEventListener("change", begin);
})();
