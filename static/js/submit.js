// Ctrl Enter submits the form of a page with its primary button.
(() => {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = document.querySelector("[data-ctrl-enter]");
    if (!form || event.defaultPrevented) return;
    event.preventDefault();
    form.requestSubmit(document.querySelector("[data-ctrl-enter-button]"));
  });
})();
