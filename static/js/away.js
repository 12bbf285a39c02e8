// The plan for an absence: Ctrl Enter applies it, Print prints it, the list keeps its scroll when a row changes.
(() => {
  const byId = (id) => document.getElementById(id);
  const ready = () => document.querySelectorAll("[data-print]").forEach((button) => { button.hidden = false; });
  ready();

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
    const apply = byId("apply");
    if (!apply || apply.disabled) return;
    event.preventDefault();
    apply.click();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  // One press applies once, whatever the hand does.
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "away") return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => { delete byId("away")?.dataset.sent; });

  let scrolled = 0;
  let held = "";
  document.addEventListener("htmx:beforeSwap", () => {
    scrolled = document.querySelector(".aw-scroll")?.scrollTop ?? 0;
    held = document.activeElement?.id ?? "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    ready();
    const list = document.querySelector(".aw-scroll");
    if (list) list.scrollTop = scrolled;
    if (!held || (document.activeElement && document.activeElement !== document.body)) return;
    const next = byId(held) || byId("apply") || byId("main");
    next.focus({ preventScroll: true });
  });
})();
