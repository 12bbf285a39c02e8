// A form with data-submits is sent as soon as one of its choices changes; its button is for those without a script.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submits]");
  if (form?.checkValidity()) form.requestSubmit();
});
