// What is selected on the maps: drawn over the charts the moment it is clicked, and told to the server.
// The charts themselves stay as they are. For every change of a figure Streamlit puts up a new chart: that takes
// longer, and forgets where the visitor had zoomed to.
const SVG = "http://www.w3.org/2000/svg";
const CHARTS = '[class*="st-key-map_"] .js-plotly-plot';
const MOST_NAMED = 8; // names of more would hide one another
const NEAR = 14; // pixels between a click and the point that it means
const STILL = 3; // pixels that a pointer may move while it clicks
const page = { marks: null, pick: null, pressed: null };
const charts = new MutationObserver(attach); // they come and go with what the visitor chooses to see

export default function ({ data, setTriggerValue }) {
  page.marks = data;
  page.pick = (task) => setTriggerValue("picked", task);
  document.querySelectorAll(CHARTS).forEach(draw);
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
    if (chart.marked || !chart._fullLayout?._size) continue;
    chart.marked = true;
    chart.on("plotly_afterplot", () => draw(chart));
    chart.on("plotly_relayouting", () => draw(chart));
    chart.on("plotly_hover", ({ points }) => (chart.under = points[0].customdata));
    chart.on("plotly_unhover", () => (chart.under = undefined));
    draw(chart);
  }
}

function press(event) {
  const chart = event.target.closest?.(CHARTS);
  page.pressed = chart && !event.target.closest(".modebar, .legend") ? { chart, x: event.clientX, y: event.clientY } : null;
}

function move(event) {
  // Where it ends does not tell: a lasso often ends where it began.
  const { x, y } = page.pressed ?? {};
  if (Math.hypot(event.clientX - x, event.clientY - y) > STILL) page.pressed = null;
}

function release() {
  if (!page.pressed) return;
  const { chart, x, y } = page.pressed;
  page.pressed = null;
  const task = chart.under ?? nearest(chart, x, y); // a finger hovers over nothing
  if (task === undefined) return;
  page.marks = { ...page.marks, tasks: [task], names: [""], neighbours: [] };
  document.querySelectorAll(CHARTS).forEach(draw);
  page.pick(task);
}

function isFlat(chart) {
  return Boolean(chart._fullLayout.xaxis);
}

// Where on the chart each task is: its number, and pixels from the left and the top.
function* places(chart) {
  const { xaxis, yaxis } = chart._fullLayout;
  const share = (axis, value) => (value - axis.range[0]) / (axis.range[1] - axis.range[0]);
  for (const trace of chart._fullData) {
    if (trace.visible !== true) continue;
    for (let i = 0; i < trace.x.length; i++)
      yield {
        task: trace.customdata[i],
        x: xaxis._offset + xaxis._length * share(xaxis, trace.x[i]),
        y: yaxis._offset + yaxis._length * (1 - share(yaxis, trace.y[i])),
      };
  }
}

function nearest(chart, clientX, clientY) {
  if (!isFlat(chart)) return undefined;
  const box = chart.getBoundingClientRect();
  let [found, least] = [undefined, NEAR];
  for (const { task, x, y } of places(chart)) {
    const distance = Math.hypot(box.left + x - clientX, box.top + y - clientY);
    if (distance < least) [found, least] = [task, distance];
  }
  return found;
}

function draw(chart) {
  if (!isFlat(chart)) return;
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
