// The series planner: after an act the focus and the scroll stay; F fixes, Ctrl Enter books, Esc closes Pick.
(() => {
  const form = document.getElementById("planner");
  if (!form) return;
  const body = document.getElementById("plan-body");
  const byId = (id) => document.getElementById(id);
  const isField = (element) => element.closest("select, textarea, [contenteditable], input:not([type=checkbox], [type=radio])");

  // Focus: htmx gives it back to the control of the same id. Where that is gone, the server names the next one.
  const goOn = () => {
    if (document.activeElement && document.activeElement !== document.body) return;
    const wish = byId("plan-focus")?.dataset.focus;
    const next = (wish && byId(wish)) || byId("fix") || byId("book");
    if (next && !next.disabled) next.focus({ preventScroll: true });
    else byId("main").focus({ preventScroll: true });
    document.activeElement.scrollIntoView?.({ block: "nearest" });
  };
  const markErrors = () => {
    form.querySelectorAll("[data-field]").forEach((error) => {
      form.querySelectorAll(`[aria-describedby="${error.id}"]`).forEach((control) => {
        if (error.textContent.trim()) control.setAttribute("aria-invalid", "true");
        else control.removeAttribute("aria-invalid");
      });
    });
  };

  // One act at a time: each works on the lines that the one before made. What is pressed meanwhile comes next; while
  // the sessions are being booked it would be for another page.
  let busy = false;
  let booking = false;
  let waiting = [];
  const free = () => { busy = booking = false; };
  form.addEventListener("htmx:beforeRequest", (event) => {
    busy = true;
    booking = event.detail.elt.id === "book";
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!busy || !button || (!button.hasAttribute("hx-post") && button.id !== "book")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (button.id && !booking) waiting.push(button.id);
  }, true);
  const pressNext = () => {
    const next = byId(waiting.shift());
    if (next) next.click();
    else waiting = [];
  };

  let scrolled = 0;
  let answered = null;
  form.addEventListener("htmx:beforeSwap", (event) => {
    scrolled = body.scrollTop;
    const asked = event.detail.requestConfig.path;
    const came = new URL(event.detail.xhr.responseURL || asked, location.href).pathname;
    // What stands in the way of booking comes with a status of its own, and is shown as every answer is.
    if ([409, 422].includes(event.detail.xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
    if (came === asked) return;
    event.detail.shouldSwap = false;
    tell(form.dataset.signedOut);
  });
  form.addEventListener("htmx:afterSettle", (event) => {
    // htmx tells it once for each part that was swapped in: one answer is enough.
    if (event.detail.target.id !== "plan-lines" || event.detail.xhr === answered) return;
    answered = event.detail.xhr;
    byId("plan-lost")?.remove();
    if (!form.querySelector("[data-error-summary]")) body.scrollTop = scrolled;
    fold(byId("opts").classList.contains("is-open"));
    markErrors();
    goOn();
    free();
    pressNext();
  });

  // What the server cannot say: that it did not answer.
  function tell(sentence) {
    free();
    waiting = [];
    byId("plan-lost")?.remove();
    const notice = document.createElement("div");
    notice.id = "plan-lost";
    notice.className = "notice notice-bad";
    notice.setAttribute("role", "alert");
    notice.textContent = sentence;
    body.prepend(notice);
    body.scrollTop = 0;
  }
  ["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach((name) => {
    form.addEventListener(name, () => tell(booking ? form.dataset.unsure : form.dataset.lost));
  });

  // On a phone the choices fold into one line.
  function fold(open) {
    byId("opts").classList.toggle("is-open", open);
    byId("opts-sum").setAttribute("aria-expanded", String(open));
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("#opts-sum")) fold(!byId("opts").classList.contains("is-open"));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (booking) return;
      if (busy) waiting.push("book");
      else if (byId("book").disabled) byId("plan-say").textContent = byId("why-not")?.textContent ?? "";
      else byId("book").click();
    } else if (event.key === "Escape" && event.target.closest(".pick")) {
      byId(event.target.closest("[data-closes-by]").dataset.closesBy).click();
    } else if (event.key.toLowerCase() === "f" && !(event.ctrlKey || event.metaKey || event.altKey || isField(event.target))) {
      byId("fix")?.click();
    }
  });

  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  form.querySelector("[aria-invalid=true][name^=reason-]")?.focus();
})();
