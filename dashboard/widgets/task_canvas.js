// The map of tasks, or two of them: what the visitor can do there, and what the server is told of it.
const NEAREST = 5; // neighbours that are named of the task pointed at
const NEAR = 14; // pixels: a click selects the nearest task within this distance
const STILL = 3; // pixels: a pointer that moves farther is dragging, not clicking
const TYPE = 14; // pixels, of the usual text; where it is larger, maps are painted larger alike
const views = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".task-canvas");
  const view = views.get(root) ?? opened(root);
  view.send = setTriggerValue;
  receive(view, data);
  window.addEventListener("metalearn-sheet", view.takeSheet);
  return () => window.removeEventListener("metalearn-sheet", view.takeSheet);
}

function opened(root) {
  const part = (name) => root.querySelector(`.${name}`);
  const view = { root, maps: [], selected: new Set(), only: -1, under: null, tool: "move", data: {} };
  for (const name of ["tools", "sheets", "legend", "card", "said"]) view[name] = part(name);
  view.takeSheet = () => takeSheet(view);
  new ResizeObserver(() => resize(view)).observe(view.sheets);
  views.set(root, view);
  return view;
}

function receive(view, data) {
  const before = view.data;
  view.data = data;
  view.selected = new Set(data.selected);
  view.only = data.only;
  view.groups = unpacked(data.groupOf, Uint16Array);
  const sizes = new Uint32Array(data.groups.length);
  for (const group of view.groups) sizes[group]++;
  view.bySize = [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a]);
  view.sprites = null;
  data.maps.forEach((wanted, i) => {
    const map = (view.maps[i] ??= newMap(view));
    const regrouped = data.groupOf !== before.groupOf;
    if (map.places !== wanted.places || regrouped) {
      const places = unpacked(wanted.places, Int16Array);
      const cube = Float32Array.from(places, (value) => value / 32767);
      const anchors = densest(cube, view.groups, data.groups.length);
      if (map.places !== wanted.places) depart(map, cube, anchors, wanted.flat);
      else Object.assign(map, { anchors, to: { ...map.to, anchors } });
      map.places = wanted.places;
    }
    map.axes = wanted.axes;
    map.caption.textContent = data.maps.length > 1 ? wanted.title : "";
    map.canvas.setAttribute("aria-label", `${wanted.summary} ${data.texts.keys}`);
  });
  for (const map of view.maps.splice(data.maps.length)) map.figure.remove();
  view.sheets.classList.toggle("two", view.maps.length > 1);
  if (JSON.stringify(before.texts) !== JSON.stringify(data.texts)) makeTools(view);
  if (before.groupOf !== data.groupOf || `${before.groups}` !== `${data.groups}`) makeLegend(view, sizes);
  showPressed(view);
  takeSheet(view);
  resize(view);
}

function takeSheet(view) {
  const sent = window.metalearnSheet;
  if (sent?.id !== view.data.sheet) view.sheet = view.ink = null;
  else if (view.sheet?.id !== sent.id) {
    view.sheet = { ...sent, near: unpacked(sent.neighbours, Uint32Array) };
    view.image = new Image();
    view.image.onload = () => repaint(view);
    if (sent.drawings) view.image.src = sent.drawings;
  }
  repaint(view);
}

function newMap(view) {
  const map = { figure: document.createElement("figure"), pointers: new Map(), labels: [] };
  map.caption = map.figure.appendChild(document.createElement("figcaption"));
  const frame = map.figure.appendChild(Object.assign(document.createElement("div"), { className: "frame" }));
  map.shade = frame.appendChild(Object.assign(document.createElement("canvas"), { className: "shade" }));
  map.canvas = frame.appendChild(Object.assign(document.createElement("canvas"), { className: "map" }));
  map.pen = map.canvas.getContext("2d");
  Object.assign(map.canvas, { tabIndex: 0, map, view });
  map.canvas.setAttribute("role", "application");
  view.sheets.append(map.figure);
  const on = (event, does) => map.canvas.addEventListener(event, (what) => does(view, map, what), { passive: false });
  on("pointerdown", press);
  on("pointermove", move);
  on("pointerup", release);
  on("pointercancel", release);
  on("pointerleave", () => point(view, null));
  on("wheel", wheel);
  on("keydown", key);
  on("blur", () => point(view, null));
  return map;
}

function resize(view) {
  view.scale = parseFloat(getComputedStyle(view.root).fontSize) / TYPE;
  for (const map of view.maps) {
    map.canvas.style.height = `${map.canvas.clientWidth}px`; // within the bounds that the style sheet sets
    [map.width, map.height] = [map.canvas.clientWidth / view.scale, map.canvas.clientHeight / view.scale];
  }
  repaint(view);
}

// Paints before the browser shows its next picture: once, however much has changed, and again while tasks are moving.
function repaint(view) {
  view.frame ??= requestAnimationFrame(() => {
    view.frame = null;
    if (!view.root.isConnected) return;
    takeTheme(view);
    const moving = view.maps.filter(travel);
    for (const map of view.maps) {
      if (map.width > 0) paint(view, map);
      // A finger moves the page, until one has zoomed in.
      map.canvas.classList.toggle("held", map.camera.zoom > 1 || view.tool !== "move");
    }
    if (moving.length) repaint(view);
  });
}

function takeTheme(view) {
  const style = getComputedStyle(view.root);
  const ground = style.getPropertyValue("--st-background-color") || "#fff";
  if (view.image?.complete && view.image.naturalWidth && view.sheet && (view.inkOf !== view.image || view.colour !== style.color || !view.ink)) {
    view.ink = inked(view.image, style.color);
    view.inkOf = view.image;
  }
  Object.assign(view, { colour: style.color, ground, font: style.fontFamily });
  view.grey = style.color.match(/\d+/g).slice(0, 3).map((value) => Math.round((Number(value) + 128) / 2));
}

// --- what the visitor does ----------------------------------------------------------------------------------------------

function at({ canvas }, event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top].map((length) => length / canvas.view.scale);
}

function press(view, map, event) {
  if (event.button !== 0) return;
  map.canvas.setPointerCapture(event.pointerId);
  map.pointers.set(event.pointerId, at(map, event));
  map.pressed = map.pointers.size === 1 ? at(map, event) : null; // two fingers zoom, and select nothing
  map.outline = null;
}

function move(view, map, event) {
  const now = at(map, event);
  const last = map.pointers.get(event.pointerId);
  if (!last) return hover(view, map, now, event);
  const others = [...map.pointers].filter(([id]) => id !== event.pointerId);
  map.pointers.set(event.pointerId, now);
  if (others.length) pinch(map, others[0][1], last, now);
  else if (map.pressed && Math.hypot(now[0] - map.pressed[0], now[1] - map.pressed[1]) <= STILL) return;
  else drag(view, map, last, now);
  repaint(view);
}

function pinch(map, held, last, now) {
  const spread = (point) => Math.max(1, Math.hypot(point[0] - held[0], point[1] - held[1]));
  pan(map, (now[0] - last[0]) / 2, (now[1] - last[1]) / 2);
  zoom(map, spread(now) / spread(last), (held[0] + now[0]) / 2, (held[1] + now[1]) / 2);
}

function drag(view, map, last, now) {
  const start = map.pressed ?? map.start;
  if (map.pressed) [map.start, map.pressed, last] = [map.pressed, null, view.tool === "move" ? map.pressed : last];
  point(view, null);
  if (view.tool === "box") map.outline = [start, [now[0], start[1]], now, [start[0], now[1]]];
  else if (view.tool === "lasso") map.outline = [...(map.outline ?? [start]), now];
  else (map.flat ? pan : turn)(map, now[0] - last[0], now[1] - last[1]);
}

function release(view, map, event) {
  if (!map.pointers.delete(event.pointerId)) return;
  const { pressed, outline } = map;
  map.pressed = map.outline = null;
  if (event.type === "pointercancel") return;
  if (pressed) click(view, map, pressed, event);
  else if (outline) {
    const within = shownTasks(view, map).filter((task) => inside(outline, map.screen[2 * task], map.screen[2 * task + 1]));
    select(view, event.shiftKey ? [...view.selected, ...within] : within);
  }
  repaint(view);
}

function click(view, map, place, event) {
  const label = event.shiftKey ? null : labelAt(map, place);
  if (label) return isolate(view, label.group);
  const task = nearest(view, map, place);
  if (task === null) return;
  if (event.shiftKey) toggle(view, task);
  else select(view, [task]);
  if (event.pointerType !== "mouse") point(view, task, event); // no finger hovers
}

function hover(view, map, place, event) {
  const label = labelAt(map, place);
  const task = label || view.tool !== "move" ? null : nearest(view, map, place);
  map.canvas.classList.toggle("over", Boolean(label) || task !== null);
  point(view, task, event);
}

function wheel(view, map, event) {
  if (map.camera.zoom === 1 && event.deltaY > 0) return; // all is in view already: the page scrolls
  event.preventDefault();
  const step = event.deltaY * (event.deltaMode ? 30 : 1) * (event.ctrlKey ? 0.01 : 0.0015); // "ctrl": two fingers on a pad
  zoom(map, Math.exp(-step), ...at(map, event));
  point(view, null);
  repaint(view);
}

function key(view, map, event) {
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const does = {
    Enter: () => view.under !== null && (event.shiftKey ? toggle(view, view.under) : select(view, [view.under])),
    "+": () => zoom(map, 1.5, ...middle(view, map)),
    "-": () => zoom(map, 1 / 1.5, ...middle(view, map)),
    0: () => (map.camera = home(map.flat)),
    Escape: () => view.only >= 0 && isolate(view, view.only),
  };
  does[" "] = does.Enter;
  does["="] = does["+"];
  if (steps[event.key]) walk(view, map, steps[event.key]);
  else if (does[event.key]) does[event.key]();
  else return;
  event.preventDefault();
  repaint(view);
}

function middle(view, map) {
  return view.under === null ? [map.width / 2, map.height / 2] : [map.screen[2 * view.under], map.screen[2 * view.under + 1]];
}

// Goes by an arrow key to the next task in its direction; the first time to the selected task, or to one in the middle.
function walk(view, map, [right, down]) {
  let [best, least] = [view.under, Infinity];
  const from = middle(view, map);
  for (const task of shownTasks(view, map)) {
    const [x, y] = [map.screen[2 * task] - from[0], map.screen[2 * task + 1] - from[1]];
    const [ahead, aside] = [x * right + y * down, Math.abs(x * down) + Math.abs(y * right)];
    const far = view.under === null ? Math.hypot(x, y) : ahead > 0.01 && aside <= ahead ? ahead + 2 * aside : Infinity;
    if (far < least && task !== view.under) [best, least] = [task, far];
  }
  if (view.under === null && view.selected.size) [best] = view.selected;
  if (best === null || best === undefined) return;
  const [x, y] = [map.screen[2 * best], map.screen[2 * best + 1]];
  if (x < 0 || y < 0 || x > map.width || y > map.height) pan(map, map.width / 2 - x, map.height / 2 - y);
  map.screen = onScreen(map, map.at);
  const box = map.canvas.getBoundingClientRect();
  const [left, top] = [map.screen[2 * best], map.screen[2 * best + 1]].map((length) => length * view.scale);
  point(view, best, { clientX: box.left + left, clientY: box.top + top });
  const near = neighboursOf(view, best).slice(0, NEAREST).map((task) => view.sheet.names[task]);
  view.said.textContent = `${view.sheet?.names[best] ?? best}, ${view.data.groups[view.groups[best]]}. ${view.data.texts.nearest}: ${near.join(", ")}`;
}

function shownTasks(view, map) {
  return visible(map, 0).filter((task) => view.only < 0 || view.groups[task] === view.only);
}

function nearest(view, map, [left, top]) {
  let [found, least] = [null, Math.max(NEAR, sizeOf(view, map) / 2)];
  for (const task of shownTasks(view, map)) {
    const distance = Math.hypot(map.screen[2 * task] - left, map.screen[2 * task + 1] - top);
    if (distance < least) [found, least] = [task, distance];
  }
  return found;
}

function labelAt(map, [left, top]) {
  return map.labels.find(({ x, y, half }) => Math.abs(x - left) < half && Math.abs(y - top) < 10);
}

// --- what follows from it -----------------------------------------------------------------------------------------------

function select(view, tasks) {
  view.selected = new Set(tasks);
  view.send("picked", [...view.selected]);
  repaint(view);
}

function toggle(view, task) {
  select(view, view.selected.has(task) ? [...view.selected].filter((other) => other !== task) : [...view.selected, task]);
}

// Shows one group alone, or all of them again if it was alone already.
function isolate(view, group) {
  view.only = view.only === group ? -1 : group;
  view.send("isolated", view.only);
  showPressed(view);
  point(view, null);
  repaint(view);
}

// Points at a task: its card shows what is drawn there and what is near in the full space.
function point(view, task, event) {
  const changes = task !== view.under;
  view.under = task;
  view.card.hidden = task === null || !view.sheet;
  if (changes) repaint(view);
  if (view.card.hidden) return;
  if (changes) fillCard(view, task);
  const box = view.root.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = view.card;
  const right = event.clientX + 18 + width < innerWidth ? event.clientX + 18 : Math.max(4, event.clientX - width - 18);
  const down = Math.max(70, Math.min(event.clientY + 14, innerHeight - height - 4));
  view.card.style.left = `${right - box.left}px`;
  view.card.style.top = `${down - box.top}px`;
}

function fillCard(view, task) {
  const { sheet, card, data } = view;
  const line = (kind, text) => Object.assign(document.createElement(kind), { textContent: text });
  const near = neighboursOf(view, task).slice(0, NEAREST).map((other) => {
    const row = Object.assign(document.createElement("div"), { className: "near" });
    if (view.ink) row.append(drawingsOf(view, other, 1, 22));
    row.append(sheet.names[other]);
    return row;
  });
  const drawn = view.ink ? [drawingsOf(view, task, sheet.each, 38)] : [];
  const group = data.groups[view.groups[task]];
  card.replaceChildren(line("b", sheet.names[task]), line("span", group), ...drawn, line("span", `${data.texts.nearest}:`), ...near);
}

function drawingsOf(view, task, count, side) {
  const sharp = view.scale * (devicePixelRatio || 1);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [count * side * sharp, side * sharp];
  canvas.style.cssText = `width: ${view.scale * count * side}px; height: ${view.scale * side}px`;
  const pen = canvas.getContext("2d");
  for (let n = 0; n < count; n++) paintTile(view, pen, task, n, n * side * sharp, 0, side * sharp);
  return canvas;
}

// --- tools and legend ---------------------------------------------------------------------------------------------------

function makeTools(view) {
  const { texts } = view.data;
  const all = (does) => () => {
    view.maps.forEach(does);
    repaint(view);
  };
  const use = (tool) => () => {
    view.tool = tool;
    showPressed(view);
  };
  const tools = [
    ["move", texts.move, use("move")],
    ["box", texts.box, use("box")],
    ["lasso", texts.lasso, use("lasso")],
    ["in", "+", all((map) => zoom(map, 1.5)), texts.in],
    ["out", "−", all((map) => zoom(map, 1 / 1.5)), texts.out],
    ["whole", texts.whole, all((map) => (map.camera = home(map.flat)))],
  ];
  view.tools.replaceChildren(
    ...tools.map(([name, text, does, label]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: text, onclick: does });
      button.dataset.tool = name;
      if (label) button.setAttribute("aria-label", label);
      return button;
    }),
  );
  view.tools.setAttribute("aria-label", texts.tools);
  view.legend.setAttribute("aria-label", texts.legend);
}

function makeLegend(view, sizes) {
  const { groups } = view.data;
  view.legend.replaceChildren(
    ...groups.map((name, group) => {
      const button = Object.assign(document.createElement("button"), { type: "button", onclick: () => isolate(view, group) });
      button.append(spriteOf(view.data.colours[group], view.data.symbols[group], 28), `${name} (${sizes[group]})`);
      return button;
    }),
  );
}

function showPressed(view) {
  for (const button of view.tools.children)
    if (["move", "box", "lasso"].includes(button.dataset.tool)) button.setAttribute("aria-pressed", button.dataset.tool === view.tool);
  [...view.legend.children].forEach((button, group) => button.setAttribute("aria-pressed", group === view.only));
  for (const { canvas } of view.maps) canvas.classList.toggle("choosing", view.tool !== "move");
}
