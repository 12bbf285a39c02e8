// The columns: EventCalendar takes the feed as naive wall times of one day; each column is a resource. In a week a
// column is a day, so that a drag reads the same everywhere: which column, which time.
(() => {
  const board = window.board;
  if (!board) return;
  const { el, icon, words, fill, minutes, clock } = board;
  const holder = document.getElementById("board-grid");
  const OFF = new Set(["no_show", "cancelled"]);
  const SHORT = 20; // minutes below which a card has one line
  const base = () => board.feed.day;
  const at = (wall) => (wall === "24:00" ? `${base()}T23:59:59` : `${base()}T${wall}:00`);

  // --- A card ---
  const lines = (card) => {
    const status = words.status[card.s];
    const state = () => el("span", "ev-st", icon(status.icon), el("span", "", status.word));
    const flags = () => card.flags.map(([key, name, tone, word]) => {
      const made = icon(name, word);
      made.classList.add(`flag-${tone}`, `flag-is-${key}`);
      return made;
    });
    const time = el("time", "ev-t", card.from);
    time.setAttribute("datetime", `${card.on}T${card.from}`);
    const name = el("span", "ev-name", card.name);
    const what = () => el("span", "ev-what", el("span", "ev-p", card.what), card.of ? el("span", "ev-n", card.of) : "");
    const place = board.feed.by === "rooms" ? card.who : card.room;
    if (card.minutes <= SHORT) return [el("span", "ev-l", time, name, el("span", "ev-end", ...flags(), state()))];
    const first = el("span", "ev-l", time, name, el("span", "ev-end", ...flags()));
    if (card.minutes < 40) return [first, el("span", "ev-l", what(), el("span", "ev-end", state()))];
    return [first, el("span", "ev-l", what()), el("span", "ev-l", state(), el("span", "ev-end ev-room", place))];
  };
  const label = (card) => fill(words.card, {
    from: card.from,
    until: card.until,
    name: card.name,
    what: [card.what, card.of].filter(Boolean).join(" "),
    status: [words.status[card.s].word, ...card.flags.map(([, , , word]) => word)].join(", "),
    room: board.feed.by === "rooms" ? card.who : card.room,
  });

  // What did not take place stands slim beside what took its time, and beside the offer of that time.
  const lanes = (cards) => {
    const found = new Map();
    const meets = (one, other) => one.col === other.col && minutes(one.from) < minutes(other.until) && minutes(other.from) < minutes(one.until);
    for (const off of cards.filter((card) => OFF.has(card.s))) {
      for (const other of cards) {
        if (other === off || OFF.has(other.s) || !meets(off, other)) continue;
        found.set(off.id, "lane-r");
        found.set(other.id, "lane-l");
      }
      const ground = board.feed.columns.find((column) => column.key === off.col)?.ground ?? [];
      if (ground.some(([kind, from, until]) => kind === "offer" && meets(off, { col: off.col, from, until }))) found.set(off.id, "lane-r");
    }
    return found;
  };

  const events = () => {
    const lane = lanes(board.feed.cards);
    const cards = board.feed.cards.map((card) => ({
      id: card.id,
      resourceIds: [card.col],
      start: at(card.from),
      end: at(card.until),
      classNames: ["ev", `st-${words.status[card.s].look}`, lane.get(card.id) ?? "", card.minutes <= SHORT ? "is-short" : ""].filter(Boolean),
      startEditable: card.acts.includes("move"),
      durationEditable: card.acts.includes("move"),
      extendedProps: { card },
    }));
    const ground = board.feed.columns.flatMap((column) => column.ground.map(([kind, from, until, text], n) => ({
      id: `ground-${column.key}-${n}`,
      resourceIds: [column.key],
      start: at(from),
      end: at(until),
      display: "background",
      classNames: ["ground", `g-${kind}`],
      extendedProps: { text, kind },
    })));
    const today = board.feed.columns.filter((column) => column.day === board.feed.today).map((column) => ({
      id: "ground-today",
      resourceIds: [column.key],
      start: at("00:00"),
      end: at("24:00"),
      display: "background",
      classNames: ["ground", "g-today"],
    }));
    return [...today, ...ground, ...cards];
  };
  const content = ({ event }) => {
    const { card, text, kind } = event.extendedProps ?? {};
    if (card) {
      // A card under the hand tells the time that it would have.
      const moved = event.display === "preview" ? { ...card, from: board.wall(event.start), until: board.wall(event.end) } : card;
      return { domNodes: lines(moved) };
    }
    return { domNodes: text ? [el("span", "", kind === "offer" ? icon("hourglass-split") : "", text)] : [] };
  };

  // --- A column's head ---
  const ring = (column) => {
    const SVG = "http://www.w3.org/2000/svg";
    const drawn = document.createElementNS(SVG, "svg");
    const arc = (name, dash) => {
      const circle = document.createElementNS(SVG, "circle");
      for (const [key, value] of Object.entries({ class: name, cx: 10, cy: 10, r: 8, pathLength: 100, ...(dash ? { "stroke-dasharray": dash } : {}) })) circle.setAttribute(key, value);
      return circle;
    };
    drawn.setAttribute("class", "ring");
    drawn.setAttribute("viewBox", "0 0 20 20");
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", column.fullWords);
    drawn.append(arc("ring-ground"), arc("ring-bar", `${column.full} 100`));
    const holds = el("span", "full", drawn);
    holds.title = column.fullWords;
    return holds;
  };
  const heads = new Map();
  const head = (column) => {
    const mark = column.number !== undefined ? el("span", "wk-num", String(column.number)) : column.initials ? el("span", "avatar", column.initials) : "";
    if (mark) mark.setAttribute("aria-hidden", "true");
    const name = el("span", "strong", column.day ? column.short : column.name);
    name.title = column.name;
    const made = el("span", "board-who", mark, el("span", "grow", name, el("span", "caption whisper", column.sub)), board.headAct?.(column) ?? (column.full === null ? "" : ring(column)));
    if (column.day && column.day === board.feed.today) made.classList.add("is-today");
    return made;
  };
  const heading = ({ resource }) => {
    const column = board.feed.columns.find((one) => one.key === resource.id);
    if (!column) return { domNodes: [] };
    const holds = el("span", "", head(column));
    heads.set(column.key, holds);
    return { domNodes: [holds] };
  };

  // --- Time ---
  const sign = board.feed.offset < 0 ? "-" : "+";
  const zone = `${sign}${clock(Math.abs(board.feed.offset))}`;
  // Callbacks give true instants at that fixed offset: the wall time is read back with the same one, on any day.
  board.wall = (date) => new Date(+date + board.feed.offset * 60000).toISOString().slice(11, 16);
  board.now = () => minutes(board.wall(new Date()));
  board.isToday = () => board.feed.view === "day" && board.feed.day === board.feed.today;

  const resources = () => board.feed.columns.map(({ key, name }) => ({ id: key, title: name }));
  const options = {
    view: "resourceTimeGridDay",
    date: base(),
    timeZone: zone,
    headerToolbar: { start: "", center: "", end: "" },
    allDaySlot: false,
    slotDuration: "00:15:00",
    snapDuration: `00:${String(Math.min(15, Number(board.root.dataset.grid))).padStart(2, "0")}:00`,
    slotLabelInterval: "01:00:00",
    slotLabelFormat: { hour: "numeric", minute: "2-digit", hourCycle: "h23" },
    slotMinTime: `${String(board.feed.opens).padStart(2, "0")}:00:00`,
    slotMaxTime: `${String(board.feed.closes).padStart(2, "0")}:00:00`,
    slotHeight: board.quarter(),
    slotEventOverlap: false,
    columnWidth: "minmax(var(--board-column), 1fr)",
    nowIndicator: board.feed.view === "day",
    scrollTime: board.isToday() ? `${clock(Math.max(board.feed.opens * 60, board.now() - 90))}:00` : "00:00:00",
    resources: resources(),
    events: events(),
    resourceLabelContent: heading,
    eventContent: content,
    eventMouseEnter: ({ event }) => document.dispatchEvent(new CustomEvent("board:peek", { detail: { id: event.id } })),
    eventMouseLeave: () => document.dispatchEvent(new Event("board:unpeek")),
    eventDidMount: ({ event, el: made }) => {
      if (!event.extendedProps.card || event.display === "preview") return;
      made.dataset.id = event.id;
      made.tabIndex = -1;
    },
    eventAllUpdated: () => document.dispatchEvent(new Event("board:drawn")),
    pointer: false,
    editable: false,
    dragScroll: true,
    longPressDelay: 400,
  };
  document.dispatchEvent(new CustomEvent("board:options", { detail: options }));
  const calendar = window.EventCalendar.create(holder, options);
  board.calendar = calendar;
  board.article = (id) => holder.querySelector(`article[data-id="${id}"]`);
  board.columnAt = (key) => board.feed.columns.findIndex((column) => column.key === key);

  // A card is an article that takes the focus: the component would call it a button, which an article cannot be (axe).
  const opens = (event, byKey) => {
    const id = event.target.closest?.("article[data-id]")?.dataset.id;
    if (!id || Date.now() - (board.dropped ?? 0) < 300) return;
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("board:open", { detail: { id, byKey } }));
  };
  holder.addEventListener("click", (event) => opens(event, event.detail === 0));
  holder.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && !event.defaultPrevented && !event.altKey) opens(event, true);
  });

  // --- Roles: the component says "table" where the parts of one are missing (axe); a group of buttons is what it is.
  const root = holder.querySelector(".ec");
  const set = (node, name, value) => { if (node && node.getAttribute(name) !== value) node.setAttribute(name, value); };
  const mend = () => {
    set(root, "role", "group");
    set(root, "aria-label", words.grid);
    root.querySelectorAll("[role=row], [role=rowgroup], [role=columnheader], [role=rowheader], [role=cell]").forEach((node) => node.removeAttribute("role"));
    root.querySelectorAll("[aria-colindex]").forEach((node) => node.removeAttribute("aria-colindex"));
    root.querySelector(".ec-toolbar")?.remove();
  };
  new MutationObserver(mend).observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ["role", "aria-colindex"] });
  mend();

  // --- What the component does not draw: the names of cards, the clock beside the line of now, the zone ---
  const label_all = () => {
    for (const card of board.feed.cards) {
      const made = board.article(card.id);
      if (!made) continue;
      set(made, "aria-label", label(card));
      if (made.title !== "") made.title = "";
    }
  };
  const now = el("span", "now-time");
  const line = el("span", "wk-now");
  const tick = () => {
    const isHere = board.feed.opens * 60 <= board.now() && board.now() <= board.feed.closes * 60;
    const top = `${((board.now() - board.feed.opens * 60) / 15) * board.quarter()}px`;
    const shows = isHere && (board.isToday() || board.feed.columns.some((column) => column.day === board.feed.today));
    now.hidden = line.hidden = !shows;
    now.textContent = clock(board.now());
    now.style.top = line.style.top = top;
    const side = root.querySelector(".ec-body .ec-sidebar");
    if (side && now.parentNode !== side) side.append(now);
    if (board.feed.view !== "week") return;
    const place = root.querySelector(".ec-body .ec-events");
    line.style.gridColumn = String(1 + board.feed.columns.findIndex((column) => column.day === board.feed.today));
    if (place && line.parentNode !== place) place.append(line);
  };
  const zone_mark = () => {
    const corner = root.querySelector(".ec-header .ec-sidebar");
    if (corner && !corner.querySelector(".board-zone")) corner.append(el("span", "board-zone", board.root.dataset.zone));
  };
  setInterval(tick, 15000);

  // --- A new feed ---
  let shape = JSON.stringify([board.feed.opens, board.feed.closes, resources()]);
  const changedNow = new Set();
  const draw = () => {
    const wanted = JSON.stringify([board.feed.opens, board.feed.closes, resources()]);
    if (wanted !== shape) {
      shape = wanted;
      calendar.setOption("slotMinTime", `${String(board.feed.opens).padStart(2, "0")}:00:00`);
      calendar.setOption("slotMaxTime", `${String(board.feed.closes).padStart(2, "0")}:00:00`);
      calendar.setOption("resources", resources());
    }
    for (const column of board.feed.columns) heads.get(column.key)?.replaceChildren(head(column));
    calendar.setOption("events", events());
  };
  const mark = () => {
    holder.querySelectorAll("article[data-changed]").forEach((made) => { if (!changedNow.has(made.dataset.id)) delete made.dataset.changed; });
    for (const id of changedNow) {
      const made = board.article(id);
      if (made) made.dataset.changed = "";
    }
  };
  document.addEventListener("board:feed", ({ detail }) => {
    detail.changed.forEach((id) => changedNow.add(id));
    draw();
  });
  document.addEventListener("board:faded", () => { changedNow.clear(); mark(); });
  document.addEventListener("board:drawn", () => { label_all(); mark(); tick(); zone_mark(); mend(); });
  document.addEventListener("board:rows", () => { calendar.setOption("slotHeight", board.quarter()); tick(); });
  board.draw = draw;
})();
