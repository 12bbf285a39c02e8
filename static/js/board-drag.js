// A card by the hand: dragged to another time or column, or pulled longer or shorter. The hand lets go, the server
// decides; a refused card is back where it was before the answer is read out.
(() => {
  const board = window.board;
  if (!board) return;

  // The component fires a drop also where nothing changed.
  const same = (event, old) => +event.start === +old.start && +event.end === +old.end && event.resourceIds.join() === old.resourceIds.join();
  const start = () => {
    board.hold();
    board.closeCard?.(false);
    board.hideRefusal?.();
  };

  const stop = () => {
    board.dropped = Date.now(); // the click that ends a drag opens nothing
    setTimeout(board.release);
  };

  document.addEventListener("board:options", ({ detail: options }) => {
    if (board.root.dataset.mayBook === undefined) return;
    Object.assign(options, {
      editable: true,
      eventDragStart: start,
      eventResizeStart: start,
      eventDragStop: stop,
      eventResizeStop: stop,
      eventDrop: (info) => {
        if (same(info.event, info.oldEvent)) return;
        const key = info.event.resourceIds.find((id) => id !== info.oldEvent.resourceIds[0]) ?? info.event.resourceIds[0];
        board.place(info.event.id, { key, minute: board.minutes(board.wall(info.event.start)) }, info.revert);
      },
      eventResize: (info) => {
        if (same(info.event, info.oldEvent)) return;
        // Where the hand saw it begin: the card of the feed may still stand where it was before the last move.
        const [key] = info.event.resourceIds;
        const minutes = Math.round((info.event.end - info.event.start) / 60000);
        board.place(info.event.id, { key, minute: board.minutes(board.wall(info.event.start)), minutes }, info.revert);
      },
      dateClick: ({ date, resource, jsEvent }) => {
        const column = board.feed.columns.find((one) => one.key === resource?.id);
        if (!column) return;
        const grid = Number(board.root.dataset.grid);
        const minute = Math.floor(board.minutes(board.wall(date)) / grid) * grid;
        document.dispatchEvent(new CustomEvent("board:free", { detail: { column, minute, x: jsEvent.clientX, y: jsEvent.clientY } }));
      },
    });
  });
})();
