// Sends what a hand did, and tells what came of it: a toast with Undo, or a refusal that says why. Undo and Cancel of
// this page go the same way, so that the board stays where it is.
(() => {
  const board = window.board;
  if (!board) return;
  const { el, icon, words, fill } = board;
  const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

  board.key = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, hex);
  };

  // Returns the answer: {ok, said, …}. A lost connection is an answer too.
  board.send = async (url, values) => {
    const body = values instanceof FormData ? values : new URLSearchParams(values);
    try {
      const answer = await fetch(url, { method: "POST", body, redirect: "manual", headers: { Accept: "application/json", "X-CSRFToken": token() } });
      if (answer.type === "opaqueredirect") { location.reload(); return { ok: false, said: "" }; }
      return await answer.json();
    } catch {
      return { ok: false, said: words.lostAct };
    }
  };

  // The link in a sentence is the server's own, escaped there; all else of it is text.
  const sentence = (answer) => {
    const holds = el("span");
    const read = new DOMParser().parseFromString(answer.html ?? "", "text/html").body;
    for (const node of read.childNodes) {
      const href = node.nodeName === "A" ? node.getAttribute("href") : null;
      if (href?.startsWith("/")) {
        const link = el("a", "", node.textContent);
        link.href = href;
        holds.append(link);
      } else {
        holds.append(node.textContent);
      }
    }
    if (!holds.textContent) holds.textContent = answer.said;
    return holds;
  };
  board.toast = (answer) => {
    // Where names are hidden, the toast tells none either.
    const hides = board.root.dataset.hidesNames !== undefined;
    const made = el("div", "toast2", icon("check2"), hides ? el("span", "", words.saved) : sentence(answer));
    if (answer.undo_url) {
      const form = el("form");
      const button = el("button", "btn btn-sm", words.undo, el("kbd", "", "Z"));
      form.method = "post";
      form.action = answer.undo_url;
      button.type = "submit";
      button.dataset.undo = "";
      form.append(button);
      made.append(form);
    }
    document.getElementById("toasts").append(made);
  };

  // This desk knows what it did itself: its next act on the card is not out of date, even before the board is drawn
  // anew (a hand that is quick, or that holds the card again, keeps that waiting).
  board.changed = (id, answer) => {
    const card = board.cards.get(id);
    if (card && answer.version > card.v) card.v = answer.version;
  };

  // One act: tell, and show the day as it is now. `on` is the card that it was done to.
  board.act = async (url, values, on) => {
    if (on) board.mine.add(on);
    const answer = await board.send(url, values);
    if (answer.ok) {
      if (on) board.changed(on, answer);
      board.hideRefusal?.();
      board.toast(answer);
    } else if (answer.said) {
      board.refuse(answer, on);
    }
    await board.refresh();
    return answer;
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const isUndo = form.closest("#toasts");
    if (!isUndo && !form.matches("[data-cancel-form]")) return;
    event.preventDefault();
    const values = new FormData(form);
    if (isUndo) {
      values.set("operation", board.key());
      form.closest(".toast2")?.remove();
    } else {
      values.set("operation", board.key());
      if (form.dataset.version) values.set("version", form.dataset.version);
      form.closest("dialog").close();
    }
    await board.act(form.action, values, form.dataset.card || null);
  });
  document.addEventListener("board:cancels", ({ detail: card }) => {
    const form = document.querySelector("[data-cancel-form]");
    form.dataset.card = card.id;
    form.dataset.version = card.v;
  });
  board.cancelData = (card) => {
    const number = /\d+/.exec(card.of)?.[0];
    const what = number ? fill(words.session, { n: number }) : card.what ? card.what.toLowerCase() : words.theVisit;
    return {
      cancels: fill(words.acts.cancel.url, card),
      title: fill(words.cancelTitle, { what, name: card.name }),
      when: fill(words.cancelWhen, { when: card.when ?? "", time: card.from, who: card.who }).replace(/^, /, ""),
      verb: fill(words.cancelVerb, { what }),
      late: card.late ? "1" : "",
      course: number ? "1" : "",
      tells: card.mail ? "1" : "",
    };
  };
})();
