// The strip of the series planner: its band is the due window of the line that has the focus, or the pointer on it.
(() => {
  const lines = document.getElementById("plan-lines");
  if (!lines) return;
  const lineOf = (element) => element.closest?.("tr[data-line]")?.dataset.line;
  const here = () => lines.querySelector("tr.is-here")?.dataset.line;

  const show = (number) => {
    lines.querySelectorAll(".strip-due").forEach((due) => due.classList.toggle("is-on", due.dataset.due === number));
  };
  // The focus decides which line it is, until it comes to another one. The pointer only looks.
  const choose = (number) => {
    lines.querySelectorAll("tr[id^=line-]").forEach((row) => row.classList.toggle("is-here", row.dataset.line === number));
    show(number);
  };
  lines.addEventListener("focusin", (event) => {
    const number = lineOf(event.target);
    if (number) choose(number);
  });
  lines.addEventListener("pointerover", (event) => show(lineOf(event.target) ?? here()));
  lines.addEventListener("pointerleave", () => show(here()));
})();
