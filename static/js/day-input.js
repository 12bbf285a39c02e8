// A day in words: the calendar behind its icon writes into the field beside it.
(() => {
  document.addEventListener("click", (event) => { if (event.target.matches(".day-peek")) event.target.showPicker?.(); });
  document.addEventListener("change", (event) => {
    if (!event.target.matches(".day-peek") || !event.target.value) return;
    event.stopPropagation();
    const field = document.getElementById(event.target.dataset.fills);
    field.value = event.target.value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }, true);
})();
