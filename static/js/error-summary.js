// After a bad submit the focus goes to the list of what to mend, whether the page was loaded or a part swapped in.
(() => {
  const focus = (root) => {
    const summary = root.querySelector?.("[data-error-summary]");
    if (summary) summary.focus();
  };
  focus(document);
  document.addEventListener("htmx:afterSettle", (event) => focus(event.detail.elt));
})();
