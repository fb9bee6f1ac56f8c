// Plays how learners adapt to a task. Where it is shown, a few lines call
//
//     const player = play(element, scene, { step, onRest });
//
// with a scene as scene.py makes it. `onRest` is told the step at which the visitor comes to rest, if it is given. `player.show(scene)`
// changes what is played and keeps the step, `player.goTo(step)` goes to a step, `player.start()` plays by itself. It ends
// when its element is gone.
const TYPE = 13; // pixels, of the usual text; where it is larger, panels are painted larger alike
const PACE = 700; // milliseconds that a step is shown for while playing
const REST = 250; // milliseconds without another step, after which the player has come to rest
const TURN = 600; // milliseconds in which the same task turns from what learners did to what they do when told otherwise
const DASHES = [[], [7, 4], [2, 3]]; // of the learners' lines: colour is not all that tells them apart
const NONE = -1; // the class of a query that has no answer yet
const LARGEST = 80; // pixels, of a drawing
const DIMMEST = 0.25; // how much is left to see of a drawing where no light falls
const LIT = 0.55; // how much of its own colour the light has
const SMALLEST = 10; // pixels, of text in a panel
const TEXT = 16; // pixels, for the answer below a query

function play(root, scene, { step = 0, onRest }) {
  const view = { root, step, onRest, playing: null, resting: null, panels: [] };
  root.classList.add("metalearn-player");
  root.addEventListener("keydown", (event) => key(view, event));
  root.addEventListener("transitionend", () => paint(view)); // its colours are those of another theme now, or its type has grown
  show(view, scene);
  new ResizeObserver(() => paint(view)).observe(root);
  return {
    show: (next) => show(view, next),
    goTo: (to) => moveTo(view, to),
    start: () => matchMedia("(prefers-reduced-motion: reduce)").matches || start(view, true),
  };
}

// Takes a scene. The same one again changes nothing, so that it goes on playing.
function show(view, scene) {
  const sent = JSON.stringify(scene);
  if (sent === view.sent) return;
  pause(view);
  view.turn = turnFrom(view.scene, scene);
  if (scene.drawings !== view.scene?.drawings) Object.assign(view, { inked: null, sheet: loaded(view, scene.drawings) });
  Object.assign(view, { sent, scene });
  view.step = Math.min(Math.max(view.step, 0), scene.steps);
  view.regions = scene.learners.map(({ plane }) => plane && loaded(view, plane.regions));
  view.ofClass = (classes) => scene.classes.map((_, c) => [...classes.keys()].filter((i) => classes[i] === c));
  build(view);
  announce(view);
  paint(view);
}

// Where the learners stood before, if the next scene is of the same task: it turns into that one before one's eyes.
function turnFrom(was, scene) {
  const same = was?.drawings === scene.drawings && was.steps === scene.steps && was.learners.length === scene.learners.length;
  return same && !matchMedia("(prefers-reduced-motion: reduce)").matches ? { was, began: performance.now(), share: 0 } : null;
}

function loaded(view, address) {
  const image = new Image();
  image.onload = () => paint(view);
  image.src = address;
  return image;
}

// Puts values into the blanks of a text: "step {step}".
function say(view, name, values = {}) {
  return view.scene.words[name].replace(/\{(\w+)\}/g, (blank, key) => values[key] ?? blank);
}

function percent(share) {
  return `${Math.round(100 * share)}%`;
}

// --- the parts of the player ------------------------------------------------------------------------------------------

function element(kind, className, ...children) {
  const made = document.createElement(kind);
  made.className = className;
  made.append(...children);
  return made;
}

function build(view) {
  const { scene, root } = view;
  const focused = root.contains(root.getRootNode().activeElement) ? root.getRootNode().activeElement.className : null;
  view.panels = [];
  const given = element("div", "given", panel(view, "support", paintSupport));
  if (scene.map) given.append(panel(view, "map", paintMap));
  const learners = element("div", "learners", ...scene.learners.map((_, i) => learnerOf(view, i)));
  view.heard = element("p", "heard");
  view.heard.setAttribute("aria-live", "polite");
  const stage = element("div", "stage", given, learners);
  const whole = element("div", `whole of${scene.learners.length}`, stage);
  const below = controls(view);
  if (scene.steps) {
    stage.append(element("div", "curves", panel(view, "loss", paintCurve), panel(view, "accuracy", paintCurve)));
    whole.append(below);
  } else whole.classList.add("still");
  whole.append(view.heard);
  whole.setAttribute("role", "group");
  whole.setAttribute("aria-label", say(view, "player") + (scene.steps ? `. ${say(view, "keys")}` : ""));
  root.replaceChildren(whole);
  if (focused) root.querySelector(`.${focused}`)?.focus();
}

function learnerOf(view, i) {
  const { name } = view.scene.learners[i];
  const title = element("h2", "", element("span", "name", name), element("span", "share"));
  if (view.scene.steps) title.prepend(lineOf(view, i));
  title.querySelector(".name").title = name;
  const parts = ["sizes", "attention"].filter((part) => view.scene.learners[i][part]);
  const pair = element("div", "pair", panel(view, "queries", paintQueries, i));
  if (view.scene.learners[i].plane) pair.append(panel(view, "plane", paintPlane, i));
  const section = element("section", "learner", title, pair);
  const painters = { sizes: paintSizes, attention: paintAttention };
  if (view.scene.learners.some(({ sizes, attention }) => sizes || attention))
    section.append(element("div", "strips", ...parts.map((part) => panel(view, part, painters[part], i))));
  section.setAttribute("aria-label", name);
  return section;
}

// A piece of the line that the curves show of a learner.
function lineOf(view, i) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.innerHTML = `<line x1="0" y1="5" x2="26" y2="5" stroke-width="3" stroke-dasharray="${DASHES[i].join(" ")}"/>`;
  for (const [name, value] of Object.entries({ width: 26, height: 10, "aria-hidden": true })) svg.setAttribute(name, value);
  return svg;
}

function panel(view, kind, painter, learner = null) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  const made = { kind, painter, learner, canvas, spots: [], paper: element("div", "paper", canvas) };
  const { sizes } = view.scene.learners[learner] ?? {};
  const range = kind === "sizes" && { low: short(extent(sizes.values.flat())[0]), high: short(extent(sizes.values.flat())[1]) };
  made.label = say(view, kind, range || {});
  canvas.setAttribute("aria-label", learner === null ? made.label : `${view.scene.learners[learner].name}: ${made.label}`);
  canvas.addEventListener("pointermove", (event) => (canvas.title = textAt(made, event)));
  if (["loss", "accuracy", "sizes"].includes(kind)) scrubs(view, made);
  canvas.addEventListener("click", () => view.slider.focus({ preventScroll: true })); // so that keys work from then on
  view.panels.push(made);
  return element("figure", `panel ${kind}`, element("figcaption", "", made.label), made.paper);
}

function textAt({ spots, canvas, scale }, { clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  const [x, y] = [clientX - box.left, clientY - box.top].map((length) => length / scale);
  return spots.find((spot) => x >= spot.x && x <= spot.x + spot.width && y >= spot.y && y <= spot.y + spot.height)?.text ?? "";
}

// Goes to the step under a pointer that is pressed.
function scrubs(view, made) {
  made.canvas.classList.add("scrubs");
  const scrub = (event) => {
    const box = made.canvas.getBoundingClientRect();
    const share = ((event.clientX - box.left) / made.scale - made.left) / Math.max(1, made.across);
    pause(view);
    moveTo(view, made.kind === "sizes" ? Math.floor(share * view.scene.steps) + 1 : Math.round(share * view.scene.steps), true);
  };
  made.canvas.addEventListener("pointerdown", (event) => {
    made.canvas.setPointerCapture(event.pointerId);
    scrub(event);
  });
  made.canvas.addEventListener("pointermove", (event) => event.buttons && scrub(event));
}

const SHAPES = {
  play: "M4 2v12l10-6z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z",
  back: "M12 2v12L4 8zM2 2h2v12H2z",
  forward: "M4 2v12l8-6zM12 2h2v12h-2z",
};

function controls(view) {
  view.slider = element("input", "slider");
  Object.assign(view.slider, { type: "range", min: 0, max: view.scene.steps, step: 1, oninput: () => taken(view, view.slider.valueAsNumber) });
  view.slider.setAttribute("aria-label", say(view, "step"));
  view.play = button("play", () => (view.playing ? pause(view) : start(view)), say(view, "play"));
  view.back = button("back", () => taken(view, view.step - 1), say(view, "back"));
  view.forward = button("forward", () => taken(view, view.step + 1), say(view, "forward"));
  view.now = element("span", "now");
  view.now.setAttribute("aria-hidden", true);
  return element("div", "controls", view.play, view.back, view.forward, view.slider, view.now);
}

function button(name, does, label) {
  const made = element("button", name);
  Object.assign(made, { type: "button", onclick: does });
  draw(made, name, label);
  return made;
}

function draw(made, shape, label) {
  made.innerHTML = `<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d="${SHAPES[shape]}"/></svg>`;
  if (label) Object.assign(made, { title: label, ariaLabel: label });
}

// --- playing -----------------------------------------------------------------------------------------------------------

function key(view, event) {
  const { step, scene } = view;
  const steps = { ArrowRight: step + 1, ArrowUp: step + 1, ArrowLeft: step - 1, ArrowDown: step - 1, Home: 0, End: scene.steps };
  if (event.ctrlKey || event.altKey || event.metaKey || !scene.steps) return;
  if (event.key === " " && event.target.localName !== "button") view.play.click();
  else if (event.key in steps) taken(view, steps[event.key]);
  else return;
  event.preventDefault();
}

// The visitor has gone to a step.
function taken(view, step) {
  pause(view);
  moveTo(view, step, true);
}

// Plays on, from the beginning if it stands at the end. What nobody asked for is said at its end alone, and not kept.
function start(view, unasked = false) {
  view.unasked = unasked;
  if (view.step >= view.scene.steps) moveTo(view, 0);
  view.playing = setInterval(() => {
    if (!view.root.isConnected) return clearInterval(view.playing);
    moveTo(view, view.step + 1);
    if (view.step >= view.scene.steps) pause(view);
  }, PACE);
  showState(view);
}

function pause(view) {
  if (!view.playing) return;
  clearInterval(view.playing);
  view.playing = null;
  showState(view);
  if (view.unasked) {
    view.unasked = false;
    announce(view);
  } else rest(view);
}

function moveTo(view, step, rests = false) {
  view.step = Math.min(Math.max(step, 0), view.scene.steps);
  announce(view);
  paint(view);
  if (rests) rest(view);
}

function rest(view) {
  clearTimeout(view.resting);
  view.resting = setTimeout(() => view.playing || view.onRest?.(view.step), REST);
}

function showState(view) {
  draw(view.play, view.playing ? "pause" : "play", say(view, view.playing ? "pause" : "play"));
}

// Says where the player stands: in its controls, above each learner, and to a screen reader.
function announce(view) {
  const { step, scene } = view;
  const shares = scene.learners.map(({ accuracy, guesses }) =>
    guesses[step].every((guess) => guess === NONE) ? say(view, "unanswered") : percent(accuracy[step]),
  );
  view.shares = shares;
  const learners = scene.learners.map(({ name }, i) => say(view, "outcome", { learner: name, share: shares[i] })).join(", ");
  const where = { step, steps: scene.steps };
  view.now.textContent = say(view, "now", where);
  if (!view.unasked) view.heard.textContent = scene.steps ? say(view, "said", { ...where, learners }) : learners;
  view.slider.value = step;
  view.slider.setAttribute("aria-valuetext", say(view, "now", where));
  for (const [button, ends] of [[view.back, step === 0], [view.forward, step === scene.steps]]) button.setAttribute("aria-disabled", ends);
  showState(view);
}

// --- painting ----------------------------------------------------------------------------------------------------------

// Paints before the browser shows its next picture: once, however much has changed.
function paint(view) {
  view.frame ??= requestAnimationFrame(() => {
    view.frame = null;
    if (!view.root.isConnected || !view.scene) return;
    takeTheme(view);
    if (view.turn) view.turn.share = Math.min(1, (performance.now() - view.turn.began) / TURN);
    view.root.querySelectorAll(".share").forEach((share, i) => paintShare(view, share, i)); // first: panels get what room is left
    for (const made of view.panels) paintPanel(view, made);
    if (view.turn?.share === 1) view.turn = null;
    else if (view.turn) paint(view);
  });
}

// While a task turns: something between what `of` finds in a learner before, and what it finds in the same one now.
function turned(view, learner, of, between = (before, now, share) => before + share * (now - before)) {
  const now = of(view.scene.learners[learner]);
  const before = view.turn && of(view.turn.was.learners[learner]);
  return before === null || now === null ? now : mixed(before, now, view.turn.share, between);
}

function mixed(before, now, share, between) {
  return Array.isArray(now) ? now.map((value, i) => mixed(before?.[i] ?? value, value, share, between)) : between(before, now, share);
}

// How many answers are right, above a learner. It counts down, or up, while a task turns.
function paintShare(view, share, learner) {
  share.textContent = view.turn ? percent(turned(view, learner, ({ accuracy }) => accuracy[view.step])) : view.shares[learner];
}

function takeTheme(view) {
  const style = getComputedStyle(view.root);
  const changed = view.colour !== style.color || view.ground !== style.backgroundColor;
  Object.assign(view, { colour: style.color, ground: style.backgroundColor, font: style.fontFamily, scale: parseFloat(style.fontSize) / TYPE });
  if (changed) view.readable = new Map();
  if (changed || !view.inked) view.inked = inked(view);
  view.root.querySelectorAll("h2 line").forEach((line, i) => (line.style.stroke = readable(view, view.scene.learners[i].colour)));
}

// The drawings, with ink in the colour of text.
function inked({ sheet, colour }) {
  if (!sheet.complete || !sheet.naturalWidth) return null;
  const canvas = Object.assign(document.createElement("canvas"), { width: sheet.naturalWidth, height: sheet.naturalHeight });
  const pen = canvas.getContext("2d");
  pen.drawImage(sheet, 0, 0);
  pen.globalCompositeOperation = "source-in";
  pen.fillStyle = colour;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

// A colour, moved towards that of text until it can be read on the ground: 4.5 to 1, as WCAG asks.
function readable(view, colour) {
  if (!view.readable.has(colour)) {
    const [ground, ink] = [channels(view.ground), channels(view.colour)];
    let found = channels(colour);
    for (let n = 0; n < 20 && contrast(found, ground) < 4.5; n++) found = found.map((value, i) => value + 0.12 * (ink[i] - value));
    view.readable.set(colour, `rgb(${found.map(Math.round).join(" ")})`);
  }
  return view.readable.get(colour);
}

function channels(colour) {
  if (colour.startsWith("#")) return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const values = colour.match(/[\d.]+/g).slice(0, 3).map(Number);
  return colour.startsWith("color(") ? values.map((value) => 255 * value) : values;
}

function contrast(one, other) {
  const light = (colour) => {
    const [red, green, blue] = colour.map((value) => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function paintPanel(view, made) {
  if (made.kind === "queries") share(view, made);
  made.paper.style.setProperty("--natural", `${view.scale * natural(view, made)}px`);
  const [width, height] = sizeOf(view, made.paper);
  if (!width || !height) return;
  const sharp = view.scale * (devicePixelRatio || 1);
  const [wide, high] = [Math.round(width * sharp), Math.round(height * sharp)];
  if (made.canvas.width !== wide || made.canvas.height !== high) Object.assign(made.canvas, { width: wide, height: high });
  const pen = made.canvas.getContext("2d");
  pen.setTransform(sharp, 0, 0, sharp, 0, 0);
  pen.clearRect(0, 0, width, height);
  made.spots = [];
  Object.assign(made, { pen, width, height, scale: view.scale });
  write(made, view, 11);
  made.painter(view, made, view.scene.learners[made.learner]);
}

// The width and height of a part of the page, in the pixels of its usual size.
function sizeOf({ scale }, { clientWidth, clientHeight }) {
  return [clientWidth / scale, clientHeight / scale];
}

// Gives the queries as much of the width beside the plane as their rows can use.
function share(view, { paper, canvas }) {
  const { scene } = view;
  const side = Math.min(LARGEST, sizeOf(view, paper)[1] / scene.classes.length - TEXT);
  const most = Math.max(...view.ofClass(scene.queries).map((found) => found.length));
  const pair = canvas.closest(".pair");
  const wanted = (side * most + 20) / Math.max(1, sizeOf(view, pair)[0]);
  pair.style.setProperty("--share", `${Math.round(100 * Math.min(Math.max(wanted, 0.4), 0.62))}%`);
}

// The height of a panel's paper where it has a column to itself.
function natural(view, { kind, paper }) {
  const { scene } = view;
  const [width] = sizeOf(view, paper);
  const most = (classes) => Math.max(...view.ofClass(classes).map((found) => found.length));
  if (kind === "support") return scene.classes.length * (18 + Math.min(40, width / most(scene.support)));
  if (kind === "queries") return scene.classes.length * Math.min(60, (width - 16) / most(scene.queries) + TEXT);
  return { plane: Math.min(260, width), map: 200, sizes: 70, attention: 60 }[kind] ?? 110;
}

function write({ pen }, view, size, weight = "") {
  pen.font = `${weight} ${size}px ${view.font}`;
  pen.textBaseline = "middle";
}

// A text, shortened until it fits.
function fitted(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 0 && pen.measureText(`${text.slice(0, end)}…`).width > width) end--;
  return end ? `${text.slice(0, end).trimEnd()}…` : "";
}

// One drawing, within a box of which it keeps the middle, as a learner with this spotlight sees it. Returns where it is.
function stamp(view, made, drawing, x, y, width, height, spotlight) {
  const { columns, side } = view.scene;
  const scale = Math.min(width / side[1], height / side[0]);
  const place = { x: x + (width - scale * side[1]) / 2, y: y + (height - scale * side[0]) / 2, width: scale * side[1], height: scale * side[0] };
  const [left, top] = [(drawing % columns) * side[1], Math.floor(drawing / columns) * side[0]];
  for (const part of partsOf(spotlight)) {
    const [across, down] = [part.width * side[1], part.height * side[0]];
    const box = [place.x + part.x * place.width, place.y + part.y * place.height, part.width * place.width, part.height * place.height];
    made.pen.globalAlpha = LIT * part.light;
    made.pen.fillStyle = view.scene.colours.spotlight;
    made.pen.fillRect(...box);
    made.pen.globalAlpha = Math.max(part.bright, DIMMEST);
    if (view.inked) made.pen.drawImage(view.inked, left + part.x * side[1], top + part.y * side[0], across, down, ...box);
  }
  made.pen.globalAlpha = 1;
  return place;
}

// The parts of a page, in shares of it: how bright each is, and how much light falls on it. Without a spotlight, one.
function partsOf(spotlight) {
  if (!spotlight) return [{ x: 0, y: 0, width: 1, height: 1, bright: 1, light: 0 }];
  const [rows, columns, darkest] = [spotlight.length, spotlight[0].length, Math.min(...spotlight.flat())];
  return spotlight.flatMap((row, r) =>
    row.map((bright, c) => ({ x: c / columns, y: r / rows, width: 1 / columns, height: 1 / rows, bright, light: bright - darkest })),
  );
}

function badge(view, made, c, x, y) {
  const { letter, colour } = view.scene.classes[c];
  const { pen } = made;
  write(made, view, 11, "bold");
  pen.textAlign = "left";
  pen.fillStyle = readable(view, colour);
  pen.fillText(letter, x, y);
  return pen.measureText(letter).width;
}

function edge(view, { pen }, { x, y, width, height }) {
  pen.lineWidth = 1;
  pen.strokeStyle = faded(view);
  pen.strokeRect(Math.round(x) - 0.5, Math.round(y) - 0.5, Math.round(width) + 1, Math.round(height) + 1);
}

function nameOf({ name, letter }) {
  return name || letter;
}

function paintSupport(view, made) {
  const { pen, width, height } = made;
  const { scene } = view;
  const row = height / scene.classes.length;
  const drawn = view.ofClass(scene.support);
  const { name, left, top } = supportLayout(view, made, row);
  const lit = scene.learners.findIndex(({ spotlight }) => spotlight);
  const spotlight = lit >= 0 && turned(view, lit, (learner) => learner.spotlight);
  drawn.forEach((drawings, c) => {
    const [up, side] = [c * row, Math.min(row - top - 3, (width - left) / drawings.length, LARGEST)];
    const middle = top ? up + top / 2 : up + side / 2;
    const used = badge(view, made, c, 0, middle);
    write(made, view, 11);
    pen.fillStyle = view.colour;
    if (name) pen.fillText(fitted(pen, scene.classes[c].name, (left || width) - used - 6), used + 6, middle);
    drawings.forEach((drawing, n) => {
      const place = stamp(view, made, drawing, left + n * side + 1, up + top + 1, side - 4, side - 4, spotlight);
      if (lit >= 0) edge(view, made, place); // pages have an edge, or one would not see where the next begins
    });
    made.spots.push({ x: 0, y: up, width, height: row, text: nameOf(scene.classes[c]) });
  });
}

// Where a class's name stands, beside its drawings or above them: wherever these are larger. In low rows there is none.
function supportLayout(view, made, row) {
  const { classes, support } = view.scene;
  write(made, view, 11, "bold");
  const letters = Math.max(...classes.map(({ letter }) => made.pen.measureText(letter).width));
  if (row < 26 || !classes.some(({ name }) => name)) return { name: false, left: letters + 5, top: 0 };
  write(made, view, 11);
  const beside = letters + 14 + Math.max(...classes.map(({ name }) => made.pen.measureText(name).width));
  const most = Math.max(...view.ofClass(support).map((drawings) => drawings.length));
  const isBeside = Math.min(row, (made.width - beside) / most) > Math.min(row - 14, made.width / most);
  return isBeside ? { name: true, left: beside, top: 0 } : { name: true, left: 0, top: 14 };
}

function paintQueries(view, made, learner) {
  const { width, height, pen } = made;
  const { scene } = view;
  const found = view.ofClass(scene.queries);
  const most = Math.max(...found.map((queries) => queries.length));
  const left = 8 + Math.max(...scene.classes.map(({ letter }) => pen.measureText(letter).width));
  const row = height / found.length;
  const text = row >= 24 ? TEXT : 0;
  const side = Math.min((width - left) / most, row - text, LARGEST);
  const across = Math.min((width - left) / most, side + 20);
  const size = text && textSize(view, made, across);
  found.forEach((queries, c) => {
    badge(view, made, c, 0, c * row + side / 2);
    queries.forEach((query, n) => paintQuery(view, made, learner, query, left + n * across, c * row, across, side, size));
  });
}

// The largest size at which the longest answer fits below a drawing, and how much of an answer is said.
function textSize(view, made, across) {
  const longest = view.scene.classes.at(-1).letter;
  for (const size of [12, 11, SMALLEST]) {
    write(made, view, size);
    for (const form of [0, 1]) if (made.pen.measureText(answerOf(longest, 1, form)).width <= across - 1) return { size, form };
  }
  return across >= SMALLEST ? { size: SMALLEST, form: 2 } : 0;
}

// An answer: "A 92%", or as much of it as there is room for.
function answerOf(letter, share, form) {
  return [`${letter} ${percent(share)}`, `${letter} ${Math.round(100 * share)}`, letter][form];
}

function paintQuery(view, made, learner, query, x, y, across, side, text) {
  const { pen } = made;
  const { scene, step } = view;
  const [guess, share, truth] = [learner.guesses[step][query], learner.shares[step][query], scene.queries[query]];
  const colour = turned(view, made.learner, ({ guesses }) => colourOf(view, guesses[step][query], truth), (one, other, share) => between([one, other], share));
  const spotlight = turned(view, made.learner, (seen) => seen.spotlight);
  const place = stamp(view, made, scene.support.length + query, x + (across - side) / 2 + 3, y + 3, side - 6, side - 6, spotlight);
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = 2;
  pen.setLineDash(guess === NONE ? [3, 3] : []);
  pen.strokeRect(place.x - 2, place.y - 2, place.width + 4, place.height + 4);
  pen.setLineDash([]);
  if (text) {
    write(made, view, text.size);
    pen.textAlign = "center";
    pen.fillText(guess === NONE ? "?" : answerOf(scene.classes[guess].letter, share, text.form), x + across / 2, y + side + 8);
  }
  const names = { name: nameOf(scene.classes[truth]), guess: guess === NONE ? "" : nameOf(scene.classes[guess]), share: percent(share) };
  made.spots.push({ x, y, width: across, height: side + TEXT, text: say(view, guess === NONE ? "ofNoAnswer" : "ofAnswer", names) });
}

// The colour of a query's frame: whether it is named right.
function colourOf(view, guess, truth) {
  if (guess === NONE) return faded(view);
  return readable(view, guess === truth ? view.scene.colours.right : view.scene.colours.wrong);
}

function faded(view) {
  return readable(view, "#808080");
}

function paintPlane(view, made, { plane }) {
  const { pen, width, height } = made;
  const { scene, step } = view;
  const image = view.regions[made.learner];
  const rows = image.naturalHeight / (scene.steps + 1);
  pen.imageSmoothingEnabled = false;
  if (image.complete && rows) pen.drawImage(image, 0, step * rows, image.naturalWidth, rows, 0, 0, width, height);
  pen.imageSmoothingEnabled = true;
  pen.strokeStyle = faded(view);
  pen.lineWidth = 1;
  pen.strokeRect(0.5, 0.5, width - 1, height - 1);
  plane.queries[step].forEach(([x, y], i) => ring(view, made, x * width, y * height, scene.queries[i]));
  plane.support[step].forEach(([x, y], i) => disc(view, made, x * width, y * height, scene.support[i]));
}

function ring(view, { pen }, x, y, c) {
  pen.beginPath();
  pen.arc(x, y, 3.5, 0, 2 * Math.PI);
  pen.lineWidth = 2;
  pen.strokeStyle = readable(view, view.scene.classes[c].colour);
  pen.stroke();
}

function disc(view, made, x, y, c) {
  const { pen } = made;
  pen.beginPath();
  pen.arc(x, y, 7.5, 0, 2 * Math.PI);
  pen.fillStyle = readable(view, view.scene.classes[c].colour);
  pen.strokeStyle = view.ground;
  pen.lineWidth = 1;
  pen.fill();
  pen.stroke();
  write(made, view, SMALLEST, "bold");
  pen.textAlign = "center";
  pen.fillStyle = view.ground;
  pen.fillText(view.scene.classes[c].letter, x, y + 0.5);
}

function paintMap(view, made) {
  const { pen, width, height } = made;
  const { map, classes, colours } = view.scene;
  const scale = Math.min((width - 16) / Math.max(1, map.size[0]), (height - 20) / Math.max(1, map.size[1]));
  const at = ([x, y]) => [8 + (width - 16 - scale * map.size[0]) / 2 + scale * x, 12 + scale * y];
  pen.fillStyle = faded(view);
  pen.globalAlpha = 0.35;
  for (const place of map.tasks) pen.fillRect(...at(place).map((value) => value - 0.75), 1.5, 1.5);
  pen.globalAlpha = 1;
  map.classes.forEach((place, c) => {
    const [x, y] = at(place);
    pen.beginPath();
    pen.arc(x, y, 3.5, 0, 2 * Math.PI);
    pen.fillStyle = readable(view, classes[c].colour);
    pen.fill();
    badge(view, made, c, Math.min(x + 5, width - 9), y - 5);
    made.spots.push({ x: x - 7, y: y - 12, width: 20, height: 19, text: classes[c].name });
  });
  const path = map.path.slice(0, view.step + 1).filter(([x]) => x !== null).map(at);
  pen.strokeStyle = pen.fillStyle = readable(view, colours.path);
  line(pen, path, 2, []);
  if (!path.length) return;
  pen.beginPath();
  pen.arc(...path.at(-1), 6, 0, 2 * Math.PI);
  pen.fill();
}

// A line through points. Where one is null, there is a gap.
function line(pen, points, width, dash) {
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  points.forEach((point, i) => point && (points[i - 1] ? pen.lineTo(...point) : pen.moveTo(...point)));
  pen.stroke();
  pen.setLineDash([]);
}

function paintCurve(view, made) {
  const { pen, width, height, kind } = made;
  const { scene, step } = view;
  const highest = kind === "accuracy" ? 1 : extent(scene.learners.flatMap(({ loss }) => loss))[1] || 1;
  const label = (value) => (kind === "accuracy" ? percent(value) : short(value));
  write(made, view, SMALLEST);
  const left = Math.max(...[0, highest].map((value) => pen.measureText(label(value)).width)) + 6;
  Object.assign(made, { left, across: width - left - 8 });
  const [top, low] = [7, height - 16];
  const at = (n, value) => [left + (made.across * n) / Math.max(1, scene.steps), low + ((top - low) * value) / highest];
  pen.strokeStyle = pen.fillStyle = faded(view);
  pen.textAlign = "right";
  for (const value of [0, highest]) {
    pen.fillText(label(value), left - 4, at(0, value)[1]);
    line(pen, [at(0, value), at(scene.steps, value)], 0.5, []);
  }
  pen.textAlign = "center";
  for (const n of ticks(scene.steps)) pen.fillText(n, at(n, 0)[0], height - 6);
  line(pen, [at(step, 0), at(step, highest)], 1, [2, 2]);
  scene.learners.forEach((learner, i) => {
    pen.strokeStyle = pen.fillStyle = readable(view, learner.colour);
    line(pen, learner[kind].map((value, n) => value !== null && at(n, value)), 2, DASHES[i]);
    if (learner[kind][step] === null) return;
    pen.beginPath();
    pen.arc(...at(step, learner[kind][step]), 4.5, 0, 2 * Math.PI);
    pen.fill();
  });
}

function ticks(steps) {
  const every = Math.max(1, Math.round(steps / 5));
  return [...Array(steps + 1).keys()].filter((n) => n % every === 0);
}

function extent(values) {
  const known = values.filter((value) => value !== null);
  return [Math.min(...known), Math.max(...known)];
}

function short(value) {
  return String(Number(value.toPrecision(2)));
}

function paintSizes(view, made, { sizes }) {
  const { pen, width, height } = made;
  const { scene, step } = view;
  const [low, high] = extent(sizes.values.flat());
  const [across, row] = [width / scene.steps, height / sizes.layers.length];
  Object.assign(made, { left: 0, across: width });
  sizes.values.forEach((values, r) =>
    values.forEach((value, n) => {
      pen.fillStyle = value === null ? view.ground : between(scene.colours.sequence, (value - low) / (high - low));
      pen.fillRect(n * across, r * row, across - 1, Math.max(1, row - (row > 4 ? 1 : 0)));
      const text = say(view, "ofSize", { layer: sizes.layers[r], step: n + 1, size: value === null ? "?" : String(Number(value.toPrecision(3))) });
      made.spots.push({ x: n * across, y: r * row, width: across, height: row, text });
    }),
  );
  if (step === 0) return; // no step has been taken yet
  pen.strokeStyle = readable(view, scene.colours.wrong);
  pen.lineWidth = 2.5;
  pen.strokeRect((step - 1) * across + 0.5, 1.5, across - 2, height - 3);
}

function between(colours, share) {
  const place = Math.min(Math.max(share, 0), 1) * (colours.length - 1);
  const lower = Math.min(Math.floor(place), colours.length - 2);
  const [one, other] = [channels(colours[lower]), channels(colours[lower + 1])];
  return `rgb(${one.map((value, i) => Math.round(value + (place - lower) * (other[i] - value))).join(" ")})`;
}

function paintAttention(view, made, { attention, colour }) {
  const { pen, width, height } = made;
  const weights = turned(view, made.learner, (seen) => seen.attention && seen.attention[view.step]);
  const most = Math.max(extent([...attention.flat(), ...weights])[1], 0.5); // even weights are low ones
  const across = width / weights.length;
  pen.fillStyle = pen.strokeStyle = faded(view);
  line(pen, [[0, height - 0.5], [width, height - 0.5]], 1, []);
  pen.fillStyle = readable(view, colour);
  weights.forEach((weight, n) => {
    const tall = ((height - 2) * weight) / most;
    pen.fillRect(n * across + across * 0.1, height - tall, across * 0.8, tall);
    const text = say(view, "ofWeight", { number: n + 1, weight: `${(100 * weight).toFixed(1)}%` });
    made.spots.push({ x: n * across, y: 0, width: across, height, text });
  });
}
