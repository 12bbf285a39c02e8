// The rest of a course: after an act the focus goes on; F mends, Ctrl Enter saves, Esc closes Pick.
(() => {
  const byId = (id) => document.getElementById(id);
  const isField = (element) => element.closest("select, textarea, [contenteditable], input:not([type=checkbox], [type=radio])");

  // htmx gives the focus back to the control of the same id. Where that is gone, the server names the next one.
  let scrolled = 0;
  document.addEventListener("htmx:beforeSwap", () => { scrolled = byId("rest-body").scrollTop; });
  document.addEventListener("htmx:afterSettle", () => {
    const body = byId("rest-body");
    const say = byId("rest-say");
    const summary = body.querySelector("[data-error-summary]");
    if (summary) summary.focus();
    else body.scrollTop = scrolled;
    // A live region that came with the page is silent: what changed is written into it.
    const words = say.textContent;
    say.textContent = "";
    requestAnimationFrame(() => { say.textContent = words; });
    if (document.activeElement && document.activeElement !== document.body) return;
    const next = byId(say.dataset.focus) || byId("fix") || byId("save");
    if (next && !next.disabled) next.focus({ preventScroll: true });
    else byId("main").focus({ preventScroll: true });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      const save = byId("save");
      if (save && !save.disabled) save.click();
      else byId("rest-say").textContent = byId("why-not")?.textContent ?? "";
    } else if (event.key === "Escape" && event.target.closest(".pick")) {
      byId(event.target.closest("[data-closes-by]").dataset.closesBy).click();
    } else if (event.key.toLowerCase() === "f" && !(event.ctrlKey || event.metaKey || event.altKey || isField(event.target))) {
      byId("fix")?.click();
    }
  });

  // A second press while the first is on its way would only ask the same again.
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "rest") return;
    byId("rest-lines")?.classList.add("htmx-request");
    setTimeout(() => { const save = byId("save"); if (save) save.disabled = true; });
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
