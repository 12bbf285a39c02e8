// One dialog for all cancellations of a page: the button that opens it says of which visit, and what follows.
(() => {
  const words = (form) => {
    const other = form.elements.why.value === "other";
    form.elements.reason.required = other;
    form.querySelector("[data-cancel-optional]").hidden = other;
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-cancel-form]");
    if (!form || event.target.name !== "why") return;
    words(form);
    if (event.target.value === "clinic") form.elements.by.value = "clinic";
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-cancels]");
    if (!opener) return;
    const { cancels, title, when, verb, late, course, tells, rest } = opener.dataset;
    const dialog = document.getElementById("cancel");
    const form = dialog.querySelector("form");
    form.reset();
    words(form);
    form.action = cancels;
    form.dataset.of = opener.closest("tr")?.id ?? "";
    dialog.querySelector("[data-cancel-title]").textContent = title;
    dialog.querySelector("[data-cancel-when]").textContent = `${when}.`;
    dialog.querySelector("[data-cancel-verb]").textContent = verb;
    dialog.querySelector("[data-cancel-tells]").hidden = !tells;
    dialog.querySelector("[data-cancel-calls]").hidden = !!tells;
    dialog.querySelector("[data-cancel-late]").hidden = !late;
    dialog.querySelector("[data-cancel-course]").hidden = !course;
    const onward = dialog.querySelector("[data-cancel-rest]");
    onward.hidden = !rest;
    if (rest) onward.querySelector("a").href = rest;
    const menu = opener.closest("details");
    dialog.onclose = () => (menu ? menu.querySelector("summary") : opener).focus();
    dialog.showModal();
  });
})();
