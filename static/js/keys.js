// Single keys: the one gate that switches them off, the list of keys (?), and / to the field that finds.
// Loaded before every script that listens for a key. A person who wants none of them says so in the list (WCAG 2.1.4).
(() => {
  const root = document.documentElement;
  const dialog = document.getElementById("keys");
  const isField = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const isSingle = (event) => event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;

  // Nor does a letter reach the page behind a dialog.
  const isShut = () => root.dataset.singleKeys === "off" || document.querySelector("dialog[open]");
  window.addEventListener("keydown", (event) => {
    if (isSingle(event) && !isField(event.target) && isShut()) event.stopImmediatePropagation();
  }, true);

  const find = () => {
    const field = document.querySelector("[data-find]");
    field?.focus();
    field?.select();
    return !!field;
  };

  // A button that names its key gets a line of its own: its words without the key.
  const rowOf = (button) => {
    const row = document.createElement("div");
    const [term, words] = [document.createElement("dt"), document.createElement("dd")];
    const key = document.createElement("kbd");
    key.textContent = button.dataset.key.toUpperCase();
    const copy = button.cloneNode(true);
    copy.querySelectorAll("kbd, .bi, .visually-hidden").forEach((part) => part.remove());
    words.textContent = copy.textContent.trim() || button.getAttribute("aria-label") || button.title;
    row.dataset.single = row.dataset.added = "";
    term.append(key);
    row.append(term, words);
    return row;
  };
  const list = () => {
    const rows = dialog.querySelector("[data-keys-list]");
    rows.querySelectorAll("[data-added]").forEach((row) => row.remove());
    rows.querySelectorAll("[data-when]").forEach((row) => { row.hidden = !document.querySelector(row.dataset.when); });
    const known = new Set();
    document.querySelectorAll("[data-key]").forEach((button) => {
      if (known.has(button.dataset.key)) return;
      known.add(button.dataset.key);
      rows.append(rowOf(button));
    });
    dialog.querySelector("[data-keys-lost]").hidden = true;
    dialog.showModal();
  };
  document.addEventListener("keydown", (event) => {
    if (!isSingle(event) || isField(event.target)) return;
    if (event.key === "?" && dialog) {
      event.preventDefault();
      list();
    } else if (event.key === "/" && find()) {
      event.preventDefault();
    }
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens-keys]");
    if (!opener || !dialog) return;
    const menu = opener.closest("details");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus(); // where the focus comes back to
    }
    list();
  });

  // The switch acts at once and loses nothing that was typed on the page.
  dialog?.addEventListener("htmx:afterRequest", (event) => {
    const done = event.detail.successful && event.detail.xhr.status === 204;
    dialog.querySelector("[data-keys-lost]").hidden = done;
    if (!done) return;
    const chosen = event.detail.requestConfig.formData.get("keys");
    root.dataset.singleKeys = chosen;
    dialog.querySelectorAll("[name=keys]").forEach((button) => button.setAttribute("aria-pressed", String(button.value === chosen)));
  });

  // The field gets the focus once every script listens: what a quick hand types there, and its Enter, are then heard.
  if (location.hash === "#find") document.addEventListener("DOMContentLoaded", find);
})();
