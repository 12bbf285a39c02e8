// On a phone a week is one day at a time: a picker above it, and a swipe to the next. It opens at today.
(() => {
  const board = window.board;
  const picker = document.querySelector("[data-board-picker]");
  if (!board || !picker) return;
  const { el } = board;
  const main = () => document.querySelector("#board-grid .ec-main");
  const heads = () => [...document.querySelectorAll("#board-grid .ec-col-head")];
  const press = (at) => picker.querySelectorAll("button").forEach((button, n) => button.setAttribute("aria-pressed", String(n === at)));
  const go = (at) => {
    const head = heads()[at];
    if (!head) return;
    main().scrollLeft = head.offsetLeft - heads()[0].offsetLeft;
    press(at);
  };
  picker.append(...board.feed.columns.map((column, at) => {
    const button = el("button", "", el("span", "", column.short), el("b", "", String(column.number)));
    button.type = "button";
    button.title = column.name;
    button.addEventListener("click", () => go(at));
    return button;
  }));
  document.addEventListener("board:drawn", () => {
    go(Math.max(0, board.feed.columns.findIndex((column) => column.day === board.feed.today)));
    let timer;
    main().addEventListener("scroll", () => {
      clearTimeout(timer);
      timer = setTimeout(() => press(Math.round(main().scrollLeft / (heads()[0]?.offsetWidth || 1))), 80);
    });
  }, { once: true });
})();
