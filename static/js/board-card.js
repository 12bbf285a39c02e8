// The card of one visit, opened by click, Enter or a hover that stays: two identifiers, times, phone, why it is
// flagged, and what can be done. Esc closes it and gives the focus back. On a tablet it is pinned (board.css).
(() => {
  const board = window.board;
  if (!board) return;
  const { el, icon, words, fill } = board;
  const panel = document.getElementById("board-card");
  const LINGERS = 350;
  const LEAVES = 250;
  const PINNED = window.matchMedia("(max-width: 1180px)");

  let open = null; // {id, from, isPeek}
  let timer;
  const refused = () => !document.getElementById("board-refused").hidden; // one panel speaks at a time

  const facts = (card) => {
    const line = (...parts) => el("li", "", ...parts.filter(Boolean).map((part, n) => el("span", n ? "dot-sep" : "", part)));
    const here = card.here === card.from ? "" : fill(words.hereBy, { time: card.here });
    const lines = [
      card.born ? line(fill(words.born, card), fill(words.file, card)) : null,
      line([card.what, card.of].filter(Boolean).join(" · "), card.device),
      line(`${card.from} – ${card.until}`, here),
      line(card.room, card.who),
    ];
    if (card.born) {
      const phone = card.phone ? el("a", "", card.phone) : words.noPhone;
      if (card.phone) phone.href = `tel:${card.phone.replace(/[^\d+]/g, "")}`;
      lines.push(line(phone));
    }
    if (card.why) lines.push(line(card.why));
    return el("ul", "ev-pop-facts", ...lines.filter(Boolean));
  };
  const flags = (card) => el("ul", "ev-pop-flags", ...card.flags.map(([, name, tone, , why]) => el("li", `finding finding-${tone}`, icon(name), el("span", "", why))));
  const fillPanel = (card) => {
    const status = words.status[card.s];
    const shut = el("button", "btn btn-ghost btn-sm btn-icon ev-pop-shut", icon("x-lg"));
    shut.type = "button";
    shut.setAttribute("aria-label", words.close);
    shut.addEventListener("click", () => close(true));
    const badge = el("span", `status st-${status.look}`, icon(status.icon), status.word);
    panel.replaceChildren(
      el("div", "ev-pop-head", el("span", "strong ev-pop-name", card.name), badge, shut),
      facts(card),
      ...(card.flags.length ? [flags(card)] : []),
      el("div", "ev-pop-acts", ...board.actsOf(card)),
    );
    panel.setAttribute("aria-label", `${card.name}, ${card.from}`);
  };

  const place = (article) => {
    panel.style.left = panel.style.top = "";
    if (PINNED.matches || !article) return;
    const box = article.getBoundingClientRect();
    const area = document.getElementById("board-grid").getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = panel;
    const below = box.bottom + 4 + height <= window.innerHeight - 8;
    const left = below ? box.left : box.right + width + 4 <= area.right ? box.right + 4 : box.left - width - 4;
    const top = below ? box.bottom + 4 : Math.min(box.top, window.innerHeight - height - 8);
    panel.style.left = `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`;
    panel.style.top = `${Math.max(8, top)}px`;
  };
  const markOpen = () => {
    document.querySelectorAll("article[data-open], li[data-open]").forEach((made) => delete made.dataset.open);
    if (!open) return;
    const article = board.article(open.id);
    if (article) article.dataset.open = "";
    const row = document.querySelector(`#board-side [data-of="${open.id}"]`);
    if (row) row.dataset.open = "";
  };
  const show = (id, { from = null, isPeek = false, takesFocus = false } = {}) => {
    const card = board.cards.get(id);
    if (!card) return;
    clearTimeout(timer);
    open = { id, from: from ?? board.article(id), isPeek };
    fillPanel(card);
    panel.hidden = false;
    place(board.article(id));
    markOpen();
    if (takesFocus) (panel.querySelector("[data-act], summary") ?? panel).focus();
  };
  const close = (givesFocus) => {
    if (!open) return;
    const { id, from } = open;
    const had = panel.contains(document.activeElement);
    open = null;
    panel.hidden = true;
    markOpen();
    if (givesFocus || had) (from?.isConnected ? from : board.article(id))?.focus({ preventScroll: true });
  };
  board.closeCard = close;
  board.openCard = () => open?.id ?? null;
  board.showCard = show;

  document.addEventListener("board:open", ({ detail }) => show(detail.id, { from: detail.from, takesFocus: detail.byKey }));
  document.addEventListener("board:peek", ({ detail }) => {
    if (board.held || (open && !open.isPeek) || PINNED.matches || refused()) return;
    clearTimeout(timer);
    timer = setTimeout(() => { if (!board.held && !refused()) show(detail.id, { isPeek: true }); }, LINGERS);
  });
  const leave = () => {
    clearTimeout(timer);
    if (open?.isPeek) timer = setTimeout(() => { if (open?.isPeek) close(false); }, LEAVES);
  };
  document.addEventListener("board:unpeek", leave);
  panel.addEventListener("pointerenter", () => clearTimeout(timer));
  panel.addEventListener("pointerleave", leave);
  panel.addEventListener("focusin", () => { if (open) open.isPeek = false; });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !open || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    close(true);
  });
  document.addEventListener("pointerdown", (event) => {
    if (open && !panel.contains(event.target) && !event.target.closest(".ec-event, #board-side, #toasts, dialog")) close(false);
  });
  panel.addEventListener("focusout", () => setTimeout(() => {
    if (open && !open.isPeek && document.activeElement !== document.body && !panel.contains(document.activeElement) && !document.activeElement.closest("article, #board-side, #toasts, dialog")) close(false);
  }));
  window.addEventListener("resize", () => { if (open) place(board.article(open.id)); });
  document.getElementById("board-grid").addEventListener("scroll", () => { if (open && !PINNED.matches && !panel.contains(document.activeElement)) close(false); }, true);
  document.addEventListener("board:drawn", () => {
    if (!open) return;
    const card = board.cards.get(open.id);
    if (!card) return close(true);
    const act = panel.contains(document.activeElement) ? document.activeElement.dataset.act ?? "" : null;
    fillPanel(card);
    place(board.article(open.id));
    markOpen();
    if (act !== null) (panel.querySelector(`[data-act="${act}"]`) ?? panel.querySelector("[data-act], summary"))?.focus({ preventScroll: true });
  });
})();
