// The day list: another day by arrow key, the visits by arrow and letter, and a page that stays where it was after an act.
(() => {
  const busy = (event) => event.target.closest("input, textarea, select, [contenteditable], dialog, .popover2") || document.querySelector("dialog[open]");
  const plain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  const firstAct = (row) => row?.querySelector(".day-a :is(button, a, summary)");

  document.addEventListener("keydown", (event) => {
    if (!plain(event) || busy(event) || event.defaultPrevented) return;
    const way = { ArrowLeft: "before", ArrowRight: "after" }[event.key];
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (way) document.querySelector(`[data-day="${way}"]`)?.click();
    else if (!(step ? walk(event, step) : press(event))) return;
    event.preventDefault();
  });

  const walk = (event, step) => {
    const rows = [...document.querySelectorAll(".day-row")];
    const at = rows.indexOf(event.target.closest(".day-row"));
    if (at < 0 && step < 0) return false;
    const next = rows[Math.max(at + step, 0)];
    next?.querySelector(".day-at").focus();
    next?.scrollIntoView({ block: "nearest" });
    return !!next;
  };

  // The letters of a visit act on the line that has the focus: an act of its own, or one of its menu.
  const press = (event) => {
    const row = event.target.closest(".day-row");
    if (!row || !/^[a-z.]$/.test(event.key) || document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)) return false;
    const act = row.querySelector(`.day-a > [data-act="${CSS.escape(event.key)}"]`);
    if (act) act.click();
    else if (!row.querySelector(".day-more")) return false;
    else open(row).then((menu) => menu?.querySelector(`[data-act="${CSS.escape(event.key)}"]`)?.click());
    return true;
  };

  // A line's menu comes when it is asked for. Without this script, its button leads to the visit's own page.
  const open = async (row) => {
    const there = row.querySelector("details.day-more");
    if (there) {
      there.open = true;
      there.querySelector("summary").focus();
      return there;
    }
    const link = row.querySelector("[data-more]");
    if (!link || link.hasAttribute("aria-busy")) return null;
    link.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${link.getAttribute("href")}menu/`, { headers: { "HX-Request": "true" } });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      const part = document.createElement("template");
      part.innerHTML = await answer.text();
      const menu = part.content.querySelector("details");
      if (!link.isConnected) return null; // the list came anew meanwhile
      link.replaceWith(menu);
      place(menu);
      menu.querySelector("summary").focus();
      return menu;
    } catch {
      location.assign(link.href);
      return null;
    }
  };
  // Near the foot of the list there is no room below.
  const place = (menu) => {
    const box = menu.querySelector(".popover2");
    const foot = document.querySelector(".page-body").getBoundingClientRect().bottom;
    menu.classList.remove("is-up");
    menu.classList.toggle("is-up", box.getBoundingClientRect().bottom > Math.min(foot, innerHeight));
  };
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-more], [data-more-of]");
    if (!opener || !plain(event) || event.button) return;
    event.preventDefault();
    open(opener.closest(".day-row"));
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.day-more[open]")) place(event.target);
  }, true);

  // An act answers with the whole page; only its main part is put in, and the list stays where it was.
  let kept = null;
  document.addEventListener("htmx:configRequest", (event) => {
    const form = event.target.closest("form[data-stays]");
    if (!form) return;
    const button = event.detail.triggeringEvent?.submitter;
    const sent = button?.name ? button : null;
    event.detail.path = button?.hasAttribute("formaction") ? button.formAction : form.action;
    if (sent) event.detail.parameters[sent.name] = sent.value;
    const version = sent?.closest("tr")?.dataset.version; // what the line shows: one that somebody changed since is refused
    if (version) event.detail.parameters.version = version;
    const rows = [...document.querySelectorAll(".day-row")];
    const id = form.dataset.of ?? button?.closest("tr")?.id;
    const at = rows.findIndex((row) => row.id === id);
    kept = {
      top: document.querySelector(".page-body").scrollTop,
      page: document.getElementById("main").scrollTop,
      next: rows.slice(at + 1).find(firstAct)?.id,
      again: at < 0 && sent ? `[name="${sent.name}"][form="${form.id}"]` : null,
      plainly: () => {
        if (sent) {
          const field = document.createElement("input");
          Object.assign(field, { type: "hidden", name: sent.name, value: sent.value });
          form.append(field);
        }
        form.action = event.detail.path;
        form.submit();
      },
    };
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.target.closest("#main") || !kept) return;
    const where = new URL(event.detail.xhr.responseURL || location.href);
    if (where.pathname === location.pathname) return;
    event.detail.shouldSwap = false; // signed out, or the answer is another page
    location.assign(where);
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!kept) return;
    document.querySelector(".page-body").scrollTop = kept.top;
    document.getElementById("main").scrollTop = kept.page;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!kept) return;
    const next = kept.again ? document.querySelector(kept.again) : kept.next && firstAct(document.getElementById(kept.next));
    (next ?? document.getElementById("main")).focus({ preventScroll: true });
    kept = null;
  });
  // What htmx will not show is asked for again in the plain way; the button's key makes both one act.
  for (const failed of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(failed, (event) => { if (event.target.closest("form[data-stays]")) kept?.plainly(); });
  }
})();
