// Beside the columns, and alone on a phone: the day in the order of arrival. What waits comes first, with its next act.
(() => {
  const board = window.board;
  if (!board) return;
  const { el, icon, words, fill, minutes } = board;
  const list = document.querySelector("[data-side-list]");
  const sum = document.querySelector("[data-side-sum]");
  if (!list) return;
  const STATES = {
    waiting: ["arrived"],
    treatment: ["in_treatment"],
    ahead: ["booked", "confirmed"],
    done: ["completed"],
    offs: ["no_show", "cancelled"],
  };
  const of = (name) => board.feed.cards.filter((card) => STATES[name].includes(card.s));
  const byArrival = (one, other) => one.here.localeCompare(other.here) || one.from.localeCompare(other.from);
  const isPast = (card) => board.feed.day < board.feed.today || (board.isToday() && minutes(card.until) <= board.now());

  const groups = () => {
    const ahead = of("ahead").sort(byArrival);
    const isLive = board.feed.day <= board.feed.today;
    const due = isLive ? ahead.filter(isPast) : [];
    const coming = ahead.filter((card) => !due.includes(card));
    return [
      ["waiting", of("waiting").sort(byArrival)],
      ["treatment", of("treatment")],
      ["due", due],
      [isLive ? "expected" : "visits", coming],
      ["done", of("done")],
      ["offs", of("offs")],
    ].filter(([, cards]) => cards.length);
  };

  const about = (group, card) => {
    if (group === "treatment") return fill(words.until, { time: card.until });
    if (group === "expected" || group === "visits") return card.here === card.from ? card.who : fill(words.for, { time: card.from });
    return [el("span", "tl-what", card.what), card.of ? el("span", "tl-of", `· ${card.of}`) : ""];
  };
  const flags = (card) => card.flags.map(([, name, tone, word]) => {
    const made = icon(name, word);
    made.classList.add(`flag-${tone}`);
    return made;
  });
  const row = (group, card, isFirst) => {
    const status = words.status[card.s];
    const name = el("button", "tl-name", card.name);
    name.type = "button";
    name.dataset.opensCard = card.id;
    const made = el(
      "li",
      `tl st-${status.look}`,
      el("span", "tl-ic", icon(status.icon, status.word)),
      el("span", "tl-t", group === "expected" || group === "visits" || group === "waiting" ? card.here : card.from),
      el("span", "grow", name, el("span", "caption quiet tl-sub", ...[about(group, card)].flat(), ...flags(card))),
    );
    made.dataset.of = card.id;
    const act = board.nextAct?.(card, group, isFirst);
    if (act) made.append(act);
    return made;
  };

  // What is offered at this moment is no visit yet: the page of that time says yes for them, or stops.
  const offers = () => {
    const rows = board.feed.offers.map((one) => {
      const act = el("a", "btn btn-secondary btn-sm", words.offerAct);
      act.href = one.href;
      act.setAttribute("aria-label", fill(words.offerActOf, { name: one.name, time: one.time }));
      const name = el("span", "tl-name", one.name);
      return el(
        "li",
        "tl",
        el("span", "tl-ic", icon("hourglass-split")),
        el("span", "tl-t", one.time),
        el("span", "grow", name, el("span", "caption quiet tl-sub", one.about)),
        board.root.dataset.mayBook === undefined ? "" : act,
      );
    });
    return rows.length ? [el("h2", "tl-h", words.offered, " ", el("span", "count", String(rows.length))), el("ul", "tl-g tl-offered", ...rows)] : [];
  };

  const key = (node) => node?.closest?.("[data-of]")?.dataset.of;
  const draw = () => {
    const focused = list.contains(document.activeElement) ? { of: key(document.activeElement), act: document.activeElement.dataset.act } : null;
    const top = list.scrollTop;
    const found = groups();
    let isFirst = true;
    const parts = found.flatMap(([group, cards]) => {
      const rows = el("ul", `tl-g tl-${group}`, ...cards.map((card) => {
        const made = row(group, card, isFirst && group === "waiting");
        isFirst &&= group !== "waiting";
        return made;
      }));
      return [el("h2", "tl-h", words.groups[group], " ", el("span", "count", String(cards.length))), rows];
    });
    list.replaceChildren(...offers(), ...(parts.length ? parts : [el("p", "tl-none quiet", words.nothing)]));
    list.scrollTop = top;
    if (focused?.of) {
      const again = list.querySelector(`[data-of="${focused.of}"]`) ?? list.querySelector("[data-of]");
      (again?.querySelector("[data-act]") ?? again?.querySelector("button"))?.focus({ preventScroll: true });
    }
    const figure = (count, word) => el("span", "", el("b", "", String(count)), ` ${word}`);
    sum.replaceChildren(
      figure(board.feed.cards.filter((card) => card.s !== "cancelled").length, words.sum.visits),
      figure(of("done").length, words.sum.done),
      figure(of("waiting").length, words.sum.waiting),
      figure(board.feed.cards.filter((card) => card.s === "no_show").length, words.sum.missed),
    );
  };
  list.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens-card]");
    if (opener) document.dispatchEvent(new CustomEvent("board:open", { detail: { id: opener.dataset.opensCard, from: opener, byKey: event.detail === 0 } }));
  });
  document.addEventListener("board:feed", draw);
  setInterval(() => { if (!list.contains(document.activeElement)) draw(); }, 60000);
})();
