// What could not be saved, beside the card it was about: why, what is free nearby as buttons, and where a reason would
// lift it, the field for that reason. Esc leaves all as it was.
(() => {
  const board = window.board;
  if (!board) return;
  const { el, icon, words } = board;
  const panel = document.getElementById("board-refused");
  let back = null;

  const close = (givesFocus) => {
    if (panel.hidden) return;
    const had = panel.contains(document.activeElement);
    panel.hidden = true;
    panel.replaceChildren();
    if (givesFocus || had) (back && board.article(back))?.focus({ preventScroll: true });
  };
  board.hideRefusal = () => close(false);

  const place = (id) => {
    const article = id && board.article(id);
    panel.style.left = panel.style.top = "";
    if (!article || window.matchMedia("(max-width: 1180px)").matches) return;
    const box = article.getBoundingClientRect();
    const left = box.right + 8 + panel.offsetWidth <= window.innerWidth ? box.right + 8 : box.left - 8 - panel.offsetWidth;
    panel.style.left = `${Math.max(8, left)}px`;
    panel.style.top = `${Math.max(60, Math.min(box.top, window.innerHeight - panel.offsetHeight - 12))}px`;
  };
  // `again(values)` tries once more with another time, or with a reason.
  board.refuse = (answer, id, again) => {
    board.closeCard?.(false);
    back = id ?? null;
    const title = el("h2", "", words.refused);
    title.id = "board-refused-title";
    const why = el("p", "finding finding-bad", icon("exclamation-octagon-fill"), el("span", "", answer.said));
    why.id = "board-refused-why";
    const parts = [title, why];
    let first = null;
    if (answer.asks && again) {
      const field = el("input", "form-control");
      field.name = "reason";
      field.required = true;
      field.maxLength = 200;
      field.autocomplete = "off";
      field.id = "board-refused-reason";
      const label = el("label", "", words.reason);
      label.htmlFor = field.id;
      const save = el("button", "btn btn-primary btn-sm", words.saveSo);
      save.type = "submit";
      const form = el("form", "board-reason", el("div", "field", label, field), save);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const reason = field.value.trim();
        if (!reason) return field.focus();
        close(false);
        again({ reason });
      });
      parts.push(form);
      first = field;
    }
    if (answer.free?.length && again) {
      const buttons = answer.free.map(({ label, ...values }) => {
        const made = el("button", "btn btn-secondary btn-sm", label);
        made.type = "button";
        made.addEventListener("click", () => { close(false); again(values); });
        return made;
      });
      parts.push(el("div", "board-free", el("span", "caption whisper", words.freeNear), el("div", "board-free-in", ...buttons)));
      first ??= buttons[0];
    }
    const leave = el("button", "btn btn-ghost btn-sm", again ? words.back : words.close);
    leave.type = "button";
    leave.addEventListener("click", () => close(true));
    parts.push(leave);
    panel.replaceChildren(...parts);
    panel.hidden = false;
    place(id);
    (first ?? leave).focus({ preventScroll: true });
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    event.stopPropagation();
    close(true);
  }, true);
  document.addEventListener("board:refuse-closes", () => close(false));
  document.addEventListener("board:open", () => close(false));
})();
