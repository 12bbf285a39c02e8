// The day list: another day by arrow key, and a page that stays where it was after an act.
(() => {
  const busy = (event) => event.target.closest("input, textarea, select, [contenteditable], dialog") || document.querySelector("dialog[open]");

  document.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: "before", ArrowRight: "after" }[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || busy(event)) return;
    event.preventDefault();
    document.querySelector(`[data-day="${way}"]`)?.click();
  });

  // An act answers with the whole page; only its main part is put in, and the list stays where it was.
  let kept = null;
  document.addEventListener("htmx:configRequest", (event) => {
    const form = event.target.closest("form[data-stays]");
    if (!form) return;
    event.detail.path = form.action;
    const rows = [...document.querySelectorAll(".day-row")];
    const at = rows.findIndex((row) => row.id === (form.dataset.of ?? form.closest("tr")?.id));
    kept = {
      top: document.querySelector(".page-body").scrollTop,
      page: document.getElementById("main").scrollTop,
      next: rows.slice(at + 1).find((row) => row.querySelector(".acts :is(button, a)"))?.id,
    };
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.target.closest("#main") || !kept) return;
    const where = new URL(event.detail.xhr.responseURL || location.href);
    if (where.pathname === location.pathname) return;
    event.detail.shouldSwap = false; // signed out, or the answer is another page
    location.assign(where);
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!kept) return;
    document.querySelector(".page-body").scrollTop = kept.top;
    document.getElementById("main").scrollTop = kept.page;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!kept) return;
    const next = kept.next && document.getElementById(kept.next)?.querySelector(".acts :is(button, a)");
    (next ?? document.getElementById("main")).focus({ preventScroll: true });
    kept = null;
  });
  // What htmx will not show is asked for again in the plain way; the form's key makes both one act.
  for (const failed of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(failed, (event) => event.target.closest("form[data-stays]")?.submit());
  }
})();
