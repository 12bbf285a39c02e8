// Finding by keyboard: arrows walk the results, Enter in the field opens the first. Without it, Enter submits the form.
(() => {
  const form = document.querySelector("[data-find-form]");
  const field = form?.querySelector("[data-find]");
  if (!field) return;
  const results = () => document.querySelector("[data-find-results]");
  const links = () => [...results().querySelectorAll("[data-find-result]")];
  let shown = field.defaultValue.trim(); // the words that the results on screen answer
  let opens = false; // Enter came before the answer did

  const walk = (step) => {
    const all = links();
    const next = all.indexOf(document.activeElement) + step;
    if (next < 0) field.focus();
    else all[Math.min(next, all.length - 1)]?.focus();
  };
  const open = () => {
    opens = false;
    links()[0]?.click();
  };

  form.addEventListener("submit", (event) => {
    if (!field.value.trim()) return;
    event.preventDefault();
    if (shown === field.value.trim()) open();
    else opens = true;
  });
  field.addEventListener("input", () => (opens = false));
  // What a quick hand typed before the page listened is asked for now.
  document.addEventListener("DOMContentLoaded", () => setTimeout(() => {
    if (field.value.trim() !== shown) field.dispatchEvent(new Event("search"));
  }));
  document.addEventListener("htmx:afterSwap", (event) => {
    const asked = event.detail.requestConfig;
    if (asked?.elt !== field) return;
    shown = (asked.parameters.q ?? "").trim();
    if (opens && shown === field.value.trim()) open();
  });
  document.addEventListener("keydown", (event) => {
    const inside = event.target === field || results().contains(event.target);
    if (!inside || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      walk(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && event.target !== field) {
      field.focus();
    }
  });
})();
