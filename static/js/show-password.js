// The eye in a password field: press to read what was typed, press again to hide it.
document.addEventListener("click", (event) => {
  const eye = event.target.closest("[data-shows]");
  if (!eye) return;
  const field = document.getElementById(eye.dataset.shows);
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  eye.setAttribute("aria-pressed", String(!shown));
  eye.firstElementChild.classList.toggle("bi-eye", shown);
  eye.firstElementChild.classList.toggle("bi-eye-slash", !shown);
  field.focus();
});
