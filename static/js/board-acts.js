// The acts of a card: a button each in the open card and one in the list, and one key each for the card that is open or
// has the focus. The server says which acts a card has, the next one first.
(() => {
  const board = window.board;
  if (!board) return;
  const { el, icon, words, fill } = board;
  const SHOWN = 2; // buttons beside the menu
  const busy = new Set();

  const run = async (verb, card) => {
    const how = words.acts[verb];
    if (!how || busy.has(card.id)) return;
    if (how.asks === "page" && verb === "move") return board.startMove(card.id);
    if (how.asks === "reason") return location.assign(`/appointments/${card.id}/#restore`);
    busy.add(card.id);
    try {
      await board.act(fill(how.url, card), { operation: board.key(), version: card.v }, card.id);
    } finally {
      busy.delete(card.id);
    }
  };
  const button = (verb, card, look, { withKey = false } = {}) => {
    const how = words.acts[verb];
    const made = el("button", `btn ${look} btn-sm`, how.word, el("span", "visually-hidden", `: ${card.name}`), withKey && how.key ? el("kbd", "", how.key.toUpperCase()) : "");
    made.type = "button";
    made.dataset.act = verb;
    if (verb === "cancel") {
      Object.assign(made.dataset, board.cancelData(card)); // cancel.js opens its dialog
      made.addEventListener("click", () => document.dispatchEvent(new CustomEvent("board:cancels", { detail: card })));
    } else {
      made.addEventListener("click", () => run(verb, card));
    }
    return made;
  };

  // What is shown before and after on a page of its own, while the visit has not begun.
  const page = (one, card) => {
    const made = el("a", "btn btn-ghost btn-sm", one.word, el("span", "visually-hidden", `: ${card.name}`));
    made.href = fill(one.url, card);
    return made;
  };
  const menu = (verbs, card) => {
    const summary = el("summary", "btn btn-ghost btn-sm btn-icon", icon("three-dots"), el("span", "visually-hidden", fill(words.more, card)));
    const open = el("a", "btn btn-ghost btn-sm", words.open);
    open.href = `/appointments/${card.id}/`;
    const pages = card.acts.includes("move") && !card.acts.includes("miss") ? words.pages.filter((one) => card.of || !one.ofCourse).map((one) => page(one, card)) : [];
    const made = el("details", "ev-more", summary, el("div", "popover2", ...verbs.map((verb) => button(verb, card, "btn-ghost", { withKey: true })), ...pages, open));
    made.dataset.menu = "";
    return made;
  };
  // In the open card: the next act, Move, and the rest in a menu.
  board.actsOf = (card) => {
    const [first, ...others] = card.acts;
    const lead = first && words.acts[first].leads ? [first] : [];
    const rest = card.acts.filter((verb) => !lead.includes(verb));
    const beside = rest.filter((verb) => verb === "move" || (lead[0] === "complete" && verb === "miss") || others.length < SHOWN).slice(0, SHOWN - lead.length || 1);
    return [
      ...lead.map((verb) => button(verb, card, "btn-primary", { withKey: true })),
      ...beside.map((verb) => button(verb, card, "btn-secondary", { withKey: true })),
      menu(rest.filter((verb) => !beside.includes(verb)), card),
    ];
  };
  board.nextAct = (card, group, isFirst) => {
    const verb = card.acts[0];
    if (!verb || !words.acts[verb].leads || (group !== "due" && verb === "confirm" && board.feed.day === board.feed.today)) return null;
    return button(verb, card, isFirst ? "btn-primary" : "btn-secondary");
  };

  // The keys. One that a card has not is left to whoever else listens.
  const focused = () => document.activeElement.closest?.("article[data-id]")?.dataset.id ?? document.activeElement.closest?.("#board-side [data-of]")?.dataset.of ?? board.openCard?.();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.key.length !== 1) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog") || document.querySelector("dialog[open]")) return;
    const card = board.cards.get(focused());
    const verb = card?.acts.find((name) => words.acts[name].key === event.key.toLowerCase());
    if (!verb) return;
    event.preventDefault();
    if (verb === "cancel") press(card);
    else run(verb, card);
  });
  // The dialog of a cancellation gives the focus back to what opened it: that must stand in the page.
  const press = (card) => {
    const opener = button("cancel", card, "visually-hidden");
    opener.tabIndex = -1;
    const back = document.activeElement;
    document.body.append(opener);
    opener.focus = () => { opener.remove(); (back.isConnected ? back : board.article(card.id))?.focus({ preventScroll: true }); };
    opener.click();
  };
})();
