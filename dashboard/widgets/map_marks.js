// Marks the selected tasks on the maps at the moment of a click, and tells the server what was clicked.
// The marks are drawn over the charts, which stay as they are. If the figures were changed instead, Streamlit would
// make new charts: that takes longer, and the visitor's zoom would be lost.
const SVG = "http://www.w3.org/2000/svg";
const CHARTS = '[class*="st-key-map_"] .js-plotly-plot';
const MOST_NAMED = 8; // with more names than this, they would cover one another
const NEAR = 14; // a click selects a point that is at most so many pixels away
const STILL = 3; // a pointer that moves more pixels than this is dragging, not clicking
const page = { marks: null, pick: null, pressed: null };
const charts = new MutationObserver(attach); // charts come and go as the visitor changes the settings

export default function ({ data, setTriggerValue }) {
  page.marks = data;
  page.pick = (task) => setTriggerValue("picked", task);
  drawAll();
  attach();
  charts.observe(document.body, { childList: true, subtree: true });
  window.addEventListener("pointerdown", press, true);
  window.addEventListener("pointermove", move, true);
  window.addEventListener("pointerup", release, true);
  return () => {
    charts.disconnect();
    window.removeEventListener("pointerdown", press, true);
    window.removeEventListener("pointermove", move, true);
    window.removeEventListener("pointerup", release, true);
  };
}

function attach() {
  for (const chart of document.querySelectorAll(CHARTS)) {
    if (chart.marked || !isThere(chart)) continue;
    chart.marked = true;
    chart.on("plotly_afterplot", () => draw(chart));
    chart.on("plotly_relayouting", () => draw(chart));
    chart.on("plotly_hover", ({ points }) => (chart.under = points[0].customdata));
    chart.on("plotly_unhover", () => (chart.under = undefined));
    draw(chart);
    if (chart._fullLayout.scene) follow(chart);
  }
}

function isThere({ _fullLayout: layout }) {
  return Boolean(layout?.scene ? layout.scene._scene?.glplot : layout?._size);
}

// Draws the marks again whenever the camera of a 3D chart has moved. Plotly has no event for the mouse wheel, nor for
// a camera that keeps gliding.
function follow(chart) {
  if (!chart.isConnected || !isThere(chart)) return;
  const seen = `${chart._fullLayout.scene._scene.glplot.cameraParams.view}`;
  if (seen !== chart.seen) draw(chart);
  chart.seen = seen;
  requestAnimationFrame(() => follow(chart));
}

function press(event) {
  const chart = event.target.closest?.(CHARTS);
  page.pressed = chart && !event.target.closest(".modebar, .legend") ? { chart, x: event.clientX, y: event.clientY } : null;
}

function move(event) {
  // Looking only at where the pointer ends is not enough: a lasso often ends where it began.
  const { x, y } = page.pressed ?? {};
  if (Math.hypot(event.clientX - x, event.clientY - y) > STILL) page.pressed = null;
}

function release() {
  if (!page.pressed) return;
  const { chart, x, y } = page.pressed;
  page.pressed = null;
  const task = chart.under ?? nearest(chart, x, y); // on a touch screen nothing is hovered over
  if (task === undefined) return;
  page.marks = { ...page.marks, tasks: [task], names: [""], neighbours: [] };
  drawAll();
  page.pick(task);
}

// Yields each task on a chart: its number, and its place in pixels from the left and the top.
function* places(chart) {
  const place = chart._fullLayout.scene ? inSpace(chart._fullLayout) : onPaper(chart._fullLayout);
  for (const { visible, customdata, x, y, z } of chart._fullData) {
    if (visible !== true) continue;
    for (let i = 0; i < x.length; i++) {
      const at = place(x[i], y[i], z?.[i]);
      if (at) yield { task: customdata[i], ...at };
    }
  }
}

function onPaper({ xaxis, yaxis }) {
  const share = (axis, value) => (value - axis.range[0]) / (axis.range[1] - axis.range[0]);
  return (x, y) => ({
    x: xaxis._offset + xaxis._length * share(xaxis, x),
    y: yaxis._offset + yaxis._length * (1 - share(yaxis, y)),
  });
}

// The same computation that Plotly makes for annotations in 3D. What is behind the camera has no place.
function inSpace({ scene, _size: { l, t, w, h } }) {
  const { dataScale, glplot } = scene._scene;
  const { model, view, projection } = glplot.cameraParams;
  const through = (matrix, v) => [0, 1, 2, 3].map((row) => v.reduce((sum, of, k) => sum + matrix[4 * k + row] * of, 0));
  return (x, y, z) => {
    const scaled = [x * dataScale[0], y * dataScale[1], z * dataScale[2], 1];
    const [right, up, , depth] = [model, view, projection].reduce((v, matrix) => through(matrix, v), scaled);
    return depth > 0 && { x: l + (w * (1 + right / depth)) / 2, y: t + (h * (1 - up / depth)) / 2 };
  };
}

function nearest(chart, clientX, clientY) {
  const box = chart.getBoundingClientRect();
  let [found, least] = [undefined, NEAR];
  for (const { task, x, y } of places(chart)) {
    const distance = Math.hypot(box.left + x - clientX, box.top + y - clientY);
    if (distance < least) [found, least] = [task, distance];
  }
  return found;
}

function drawAll() {
  [...document.querySelectorAll(CHARTS)].filter(isThere).forEach(draw);
}

function draw(chart) {
  const { tasks, names, neighbours, colour } = page.marks;
  const wanted = new Set([...tasks, ...neighbours]);
  const at = new Map();
  for (const place of places(chart)) if (wanted.has(place.task)) at.set(place.task, place);
  const { w, h, l, t } = chart._fullLayout._size;
  const sheet = element("svg", { class: "marks", width: w, height: h, viewBox: `${l} ${t} ${w} ${h}` });
  sheet.style.cssText = `position: absolute; left: ${l}px; top: ${t}px; pointer-events: none`;
  const from = at.get(tasks[0]);
  for (const near of neighbours.filter((task) => from && at.has(task))) {
    const to = at.get(near);
    sheet.append(element("line", { x1: from.x, y1: from.y, x2: to.x, y2: to.y, stroke: colour, "stroke-width": 2 }));
  }
  tasks.forEach((task, i) => {
    const place = at.get(task);
    if (!place) return;
    sheet.append(element("circle", { cx: place.x, cy: place.y, r: 8, fill: "none", stroke: colour, "stroke-width": 3 }));
    if (tasks.length > MOST_NAMED) return;
    const label = element("text", { x: place.x, y: place.y - 13, fill: colour, "text-anchor": "middle" });
    label.style.cssText = "font: 600 14px sans-serif; paint-order: stroke; stroke-width: 3px";
    label.style.stroke = getComputedStyle(document.querySelector(".stApp")).backgroundColor;
    label.textContent = names[i];
    sheet.append(label);
  });
  chart.querySelector(".marks")?.remove();
  chart.querySelector(".svg-container").append(sheet);
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
