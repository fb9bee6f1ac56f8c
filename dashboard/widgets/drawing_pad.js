// A sheet of cells to draw in. It sends strokes to the server, not images: points in the unit square of their cell.
const NEAREST = 0.012; // as a share of a cell; a point nearer to the last one is left out
const MOST_POINTS = 300;
const LABEL = 1.9, LARGEST = 7; // of a row's letter and of a cell: how many times the size of type
const sheets = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  const canvas = parentElement.querySelector("canvas");
  const known = sheets.get(canvas);
  const sheet = known ?? { strokes: data.strokes, version: data.version };
  if (sheet.version !== data.version) {
    sheet.strokes = data.strokes;
    sheet.version = data.version;
  }
  sheet.rows = data.rows;
  sheet.columns = data.columns;
  sheets.set(canvas, sheet);
  const send = () => setStateValue("strokes", sheet.strokes);
  paint(canvas, sheet);
  if (known) return;

  // One pointer draws at a time: a second finger, or a palm, neither ends its stroke nor adds to it. Where there is a
  // pen, what touches the screen beside it is a palm: it does not draw, and gives way if it was there first.
  canvas.addEventListener("pointerdown", (event) => {
    sheet.hasPen ||= event.pointerType === "pen";
    const isPalm = (type) => type === "touch" && sheet.hasPen;
    if (isPalm(event.pointerType) || (sheet.current && !isPalm(sheet.pointer.pointerType))) return;
    const cell = cellAt(canvas, sheet, event);
    if (cell === null) return;
    canvas.setPointerCapture(event.pointerId);
    sheet.pointer = { pointerId: event.pointerId, pointerType: event.pointerType };
    sheet.current = { cell, points: [placeIn(canvas, sheet, cell, event)] };
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!sheet.current || event.pointerId !== sheet.pointer.pointerId) return;
    const moves = event.getCoalescedEvents?.() ?? [event];
    for (const move of moves.length ? moves : [event]) {
      const point = placeIn(canvas, sheet, sheet.current.cell, move);
      const last = sheet.current.points.at(-1);
      const apart = Math.hypot(point[0] - last[0], point[1] - last[1]);
      if (apart >= NEAREST && sheet.current.points.length < MOST_POINTS) sheet.current.points.push(point);
    }
    paint(canvas, sheet);
  });
  const end = (event) => {
    if (!sheet.current || event.pointerId !== sheet.pointer.pointerId) return;
    sheet.strokes = [...sheet.strokes, sheet.current];
    sheet.current = null;
    paint(canvas, sheet);
    send();
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  parentElement.querySelector(".undo").addEventListener("click", () => {
    sheet.strokes = sheet.strokes.slice(0, -1);
    paint(canvas, sheet);
    send();
  });
  parentElement.querySelector(".clear").addEventListener("click", () => {
    sheet.strokes = [];
    paint(canvas, sheet);
    send();
  });
  new ResizeObserver(() => paint(canvas, sheet)).observe(canvas.parentElement);
}

// The width of the letters beside the sheet, and the side of a cell, in pixels.
function sizes(canvas, sheet) {
  const type = parseFloat(getComputedStyle(canvas).fontSize);
  const room = (canvas.parentElement.clientWidth - LABEL * type) / sheet.columns;
  return [LABEL * type, Math.max(40, Math.min(LARGEST * type, room))];
}

function cellAt(canvas, sheet, event) {
  const box = canvas.getBoundingClientRect();
  const [label, size] = sizes(canvas, sheet);
  const column = Math.floor((event.clientX - box.left - label) / size);
  const row = Math.floor((event.clientY - box.top) / size);
  const inside = column >= 0 && column < sheet.columns && row >= 0 && row < sheet.rows.length;
  return inside ? row * sheet.columns + column : null;
}

function placeIn(canvas, sheet, cell, event) {
  const box = canvas.getBoundingClientRect();
  const [label, size] = sizes(canvas, sheet);
  const x = (event.clientX - box.left - label) / size - (cell % sheet.columns);
  const y = (event.clientY - box.top) / size - Math.floor(cell / sheet.columns);
  const bounded = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1e4) / 1e4;
  return [bounded(x), bounded(y)];
}

function paint(canvas, sheet) {
  const [label, size] = sizes(canvas, sheet);
  const [width, height] = [label + size * sheet.columns, size * sheet.rows.length];
  const density = window.devicePixelRatio || 1;
  canvas.width = width * density;
  canvas.height = height * density;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  pen.scale(density, density);
  pen.strokeStyle = `color-mix(in srgb, ${style.color} 55%, transparent)`; // a cell's edge is to be seen by everyone
  pen.fillStyle = style.color;
  pen.font = `600 ${style.fontSize} ${style.fontFamily}`;
  pen.textBaseline = "middle";
  sheet.rows.forEach((letter, row) => {
    pen.fillText(letter, 4, (row + 0.5) * size);
    for (let column = 0; column < sheet.columns; column++)
      pen.strokeRect(label + column * size + 2.5, row * size + 2.5, size - 5, size - 5);
  });
  pen.strokeStyle = style.color;
  pen.lineWidth = size / 20;
  pen.lineCap = pen.lineJoin = "round";
  for (const stroke of sheet.current ? [...sheet.strokes, sheet.current] : sheet.strokes) {
    const [left, top] = [stroke.cell % sheet.columns, Math.floor(stroke.cell / sheet.columns)];
    if (top >= sheet.rows.length) continue;
    pen.beginPath();
    stroke.points.forEach(([x, y], i) => {
      const place = [label + (left + x) * size, (top + y) * size];
      if (i === 0) pen.moveTo(...place);
      pen.lineTo(...place);
    });
    pen.stroke();
  }
}
