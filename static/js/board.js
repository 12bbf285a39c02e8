// The board's small tools, for the scripts beside this one: words, elements, minutes of the day, sending.
// Nothing of a visit ever becomes HTML: every text is set as text.
(() => {
  const root = document.getElementById("board");
  if (!root) return;
  const words = JSON.parse(document.getElementById("board-words").textContent);

  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");
  const el = (tag, className, ...children) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  };
  const icon = (name, label) => {
    const made = el("i", `bi bi-${name}`);
    if (label) {
      made.setAttribute("role", "img");
      made.setAttribute("aria-label", label);
    } else {
      made.setAttribute("aria-hidden", "true");
    }
    return made;
  };
  const minutes = (clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
  const clock = (count) => `${String(Math.floor(count / 60)).padStart(2, "0")}:${String(count % 60).padStart(2, "0")}`;
  const says = (text) => { document.getElementById("board-says").textContent = text; };

  window.board = { root, words, fill, el, icon, minutes, clock, says, held: 0 };
})();
