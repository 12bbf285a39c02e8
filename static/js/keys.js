// Ctrl K: to the field that finds people. On a page without one, to the page that has it.
(() => {
  const field = () => document.querySelector("[data-find]");
  const find = () => {
    const link = document.querySelector("[data-find-link]");
    if (field()) {
      field().focus();
      field().select();
    } else if (link) {
      location.assign(link.href);
    }
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      find();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-find-link]") && field()) {
      event.preventDefault();
      find();
    }
  });
  if (location.hash === "#find" && field()) find();
})();
