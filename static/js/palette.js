// Find or go to: Ctrl K or the link in the navigation, from any page. The focus stays in the field; arrows, Home and End
// walk the options, Enter opens, Ctrl Enter books for the patient, Esc closes and the browser gives the focus back.
(() => {
  const palette = document.getElementById("palette");
  if (!palette) return;
  const field = document.getElementById("palette-field");
  const results = document.getElementById("palette-results");
  const say = palette.querySelector("[data-palette-say]");
  const books = palette.querySelector("[data-palette-books]");
  const options = () => [...results.querySelectorAll("[role=option]")];
  const active = () => results.querySelector("[aria-selected=true]");
  const typed = () => field.value.trim();
  let shown = null; // the words that the results on screen answer
  let opens = null; // Enter came before the answer did

  const choose = (option) => {
    active()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-expanded", String(!!option));
    books.hidden = !option?.dataset.book;
    option?.scrollIntoView({ block: "nearest" });
  };
  const walk = (step) => {
    const all = options();
    if (all.length) choose(all[(all.indexOf(active()) + step + all.length) % all.length]);
  };
  const go = (event) => {
    const option = active();
    opens = null;
    if (!option) return;
    if (!event.book) option.click();
    else if (option.dataset.book) location.assign(option.dataset.book);
  };
  const clear = () => {
    results.replaceChildren();
    shown = null;
    say.textContent = "";
    choose(null);
  };
  const open = () => {
    if (palette.open) {
      field.select();
      return;
    }
    field.value = "";
    opens = null;
    clear();
    palette.showModal();
    field.focus();
    htmx.trigger(field, "palette");
  };

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    open();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-palette-link]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });

  palette.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k") return;
    event.stopPropagation(); // the page behind hears nothing
    if (event.target !== field || event.altKey || event.isComposing) return;
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const end = { Home: 0, End: -1 }[event.key];
    if (way) {
      event.preventDefault();
      walk(way);
    } else if (end !== undefined && !event.shiftKey && options().length) {
      event.preventDefault();
      choose(options().at(end));
    } else if (event.key === "Enter") {
      event.preventDefault();
      const act = { book: event.ctrlKey || event.metaKey };
      if (shown === typed()) go(act);
      else opens = act;
    }
  });
  field.addEventListener("input", () => { opens = null; });
  results.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== active()) choose(option);
  });

  // Only the answer to what stands in the field now is shown; an older one is dropped.
  results.addEventListener("htmx:beforeSwap", (event) => {
    const came = new URL(event.detail.xhr.responseURL || location.href).pathname;
    if (came !== new URL(field.getAttribute("hx-get"), location.href).pathname) {
      event.detail.shouldSwap = false; // signed out meanwhile
      location.reload();
    } else if ((event.detail.requestConfig.parameters.q ?? "").trim() !== typed()) {
      event.detail.shouldSwap = false;
    }
  });
  results.addEventListener("htmx:afterSwap", () => {
    shown = typed();
    say.textContent = results.querySelector("[data-palette-count]")?.textContent.replace(/\s+/g, " ").trim() ?? "";
    choose(options()[0] ?? null);
    if (opens) go(opens);
  });
  for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    palette.addEventListener(failed, () => {
      clear();
      const lost = document.createElement("p");
      lost.className = "palette-none";
      lost.setAttribute("role", "alert");
      lost.textContent = palette.dataset.lost;
      results.append(lost);
    });
  }
})();
