// Finding a patient by keyboard: arrows walk the results, Enter in the field opens the first. Without it, Enter submits.
(() => {
  const form = document.querySelector("[data-find-form]");
  const results = document.querySelector("[data-find-results]");
  if (!form || !results) return;
  const field = form.querySelector("[data-find]");
  let shown = field.value.trim(); // the words that the results on screen answer
  let opens = false; // Enter came before the answer did

  const links = () => [...results.querySelectorAll("[data-find-result]")];
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
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== results) return;
    shown = new URLSearchParams(event.detail.pathInfo.finalRequestPath.split("?")[1]).get("q")?.trim() ?? "";
    if (opens && shown === field.value.trim()) open();
  });
  document.addEventListener("keydown", (event) => {
    const inside = event.target === field || results.contains(event.target);
    if (!inside || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      walk(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && event.target !== field) {
      field.focus();
    }
  });
})();
