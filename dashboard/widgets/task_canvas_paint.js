// Paints a map: a shade where tasks are dense, points or drawings, names of groups, and what is selected.
const TILE = 28; // pixels, the side of a drawing on the sheet
const POINT = 7; // pixels, the side of a point on a map that is not zoomed in
const [SMALLEST, LARGEST] = [16, 64]; // pixels; a task that would be smaller is a point, and none is larger
const MOST_LARGE = 20000; // where there are more tasks than this, points are smaller
const CELL = 14; // pixels, of the grid on which tasks are counted
const FAINT = 0.07; // how opaque other groups are than the isolated one
const NAME_FONT = "600 14px "; // of selected tasks
const MOST_NAMED = 8; // selected tasks: more names would cover one another

function paint(view, map) {
  const { pen, width, height } = map;
  const sharp = (map.sharp = view.scale * (devicePixelRatio || 1));
  if (map.canvas.width !== Math.round(width * sharp) || map.canvas.height !== Math.round(height * sharp))
    [map.canvas.width, map.canvas.height] = [Math.round(width * sharp), Math.round(height * sharp)];
  pen.setTransform(sharp, 0, 0, sharp, 0, 0);
  pen.clearRect(0, 0, width, height);
  map.screen = onScreen(map, map.at);
  const size = sizeOf(view, map);
  const asDrawings = Boolean(view.ink) && size >= SMALLEST;
  const tasks = visible(map, size);
  const shown = (task) => view.only < 0 || view.groups[task] === view.only;
  const inOrder = view.only < 0 ? tasks : [...tasks.filter((task) => !shown(task)), ...tasks.filter(shown)];
  paintDensity(view, map, asDrawings);
  if (asDrawings) {
    for (const task of inOrder) paintDrawing(view, map, task, size, shown(task) ? 1 : FAINT);
  } else {
    const side = view.groups.length > MOST_LARGE ? 4 : Math.min(size + 3, SMALLEST);
    makeSprites(view, Math.round(sharp * side));
    paintPoints(view, map, inOrder, shown);
  }
  if (map.from) paintTrails(view, map);
  if (map.flat) paintAxes(view, map);
  const named = selectedNames(view, map, size);
  paintGroupNames(view, map, named);
  paintMarks(view, map, size);
  paintNames(view, map, named);
  paintOutline(view, map);
}

// The side of a task in pixels: it grows as one zooms in, and becomes a drawing on the way.
function sizeOf({ data }, map) {
  const least = data.drawings ? SMALLEST + 4 : POINT;
  return Math.min(LARGEST, Math.max(least, POINT * map.camera.zoom ** 0.9));
}

function visible({ screen, width, height }, size) {
  const tasks = [];
  for (let task = 0, k = 0; k < screen.length; task++, k += 2)
    if (screen[k] > -size && screen[k] < width + size && screen[k + 1] > -size && screen[k + 1] < height + size) tasks.push(task);
  return tasks;
}

// Writes points into the picture's pixels, all at once: it is faster than a call of drawImage for each.
function paintPoints(view, map, tasks, shown) {
  const { pen, screen, sharp, canvas: { width, height } } = map;
  if (map.pixels?.width !== width || map.pixels.height !== height) map.pixels = pen.createImageData(width, height);
  const bytes = map.pixels.data;
  const whole = new Uint32Array(bytes.buffer).fill(0); // a pixel's red, green, blue and opacity, from its lowest byte up
  for (const task of tasks) {
    const { reach, right, down, alphas, colour, packed } = view.sprites[view.groups[task]];
    const left = Math.round(screen[2 * task] * sharp) - reach;
    const top = Math.round(screen[2 * task + 1] * sharp) - reach;
    const strength = shown(task) ? 1 : FAINT;
    for (let i = 0; i < alphas.length; i++) {
      const x = left + right[i];
      const y = top + down[i];
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const at = y * width + x;
      const alpha = alphas[i] * strength;
      if (alpha === 1 || whole[at] === 0) whole[at] = packed | ((255 * alpha) << 24);
      else mix(bytes, 4 * at, colour, alpha);
    }
  }
  pen.putImageData(map.pixels, 0, 0);
}

// Lays a colour over a pixel that has one.
function mix(bytes, at, colour, alpha) {
  const kept = (bytes[at + 3] / 255) * (1 - alpha);
  const sum = alpha + kept;
  for (let k = 0; k < 3; k++) bytes[at + k] = (colour[k] * alpha + bytes[at + k] * kept) / sum;
  bytes[at + 3] = 255 * sum;
}

function paintDrawing(view, { pen, screen }, task, size, strength) {
  const [left, top] = [screen[2 * task] - size / 2, screen[2 * task + 1] - size / 2];
  pen.globalAlpha = strength * 0.3;
  pen.fillStyle = view.data.colours[view.groups[task]];
  pen.fillRect(left, top, size, size);
  pen.globalAlpha = strength;
  paintTile(view, pen, task, 0, left, top, size);
  pen.globalAlpha = 1;
}

// Paints the n-th drawing that stands for a task.
function paintTile({ ink, sheet }, pen, task, n, left, top, size) {
  const tile = task * sheet.each + n;
  const [x, y] = [(tile % sheet.columns) * TILE, Math.floor(tile / sheet.columns) * TILE];
  pen.drawImage(ink, x, y, TILE, TILE, left, top, size, size);
}

// While tasks move to another map, each that is selected or in the isolated group has a line back to where it was.
function paintTrails(view, map) {
  const { pen, screen } = map;
  const left = onScreen(map, map.from.at);
  pen.strokeStyle = view.colour;
  pen.lineWidth = 1;
  pen.beginPath();
  view.groups.forEach((group, task) => {
    if (group !== view.only && !view.selected.has(task)) return;
    pen.moveTo(left[2 * task], left[2 * task + 1]);
    pen.lineTo(screen[2 * task], screen[2 * task + 1]);
  });
  pen.stroke();
}

// Shades the places with many tasks, which are counted on a coarse grid. The shade is a small picture of its own, behind
// the points: as the browser enlarges it, it becomes smooth. Drawings need no shade.
function paintDensity(view, { screen, width, height, shade }, asDrawings) {
  const [columns, rows] = [Math.ceil(width / CELL), Math.ceil(height / CELL)];
  [shade.width, shade.height] = [columns, rows];
  if (asDrawings) return;
  const counts = new Float32Array(columns * rows);
  for (let task = 0; 2 * task < screen.length; task++) {
    const [column, row] = [Math.floor(screen[2 * task] / CELL), Math.floor(screen[2 * task + 1] / CELL)];
    if (view.only >= 0 && view.groups[task] !== view.only) continue;
    if (column >= 0 && column < columns && row >= 0 && row < rows) counts[row * columns + column]++;
  }
  blur(counts, columns, 1);
  blur(counts, columns, columns);
  const most = counts.reduce((a, b) => Math.max(a, b), 3);
  const brush = shade.getContext("2d");
  const image = brush.createImageData(columns, rows);
  const [red, green, blue] = view.grey;
  const whole = new Uint32Array(image.data.buffer);
  counts.forEach((count, i) => (whole[i] = red | (green << 8) | (blue << 16) | ((80 * Math.sqrt(count / most)) << 24)));
  brush.putImageData(image, 0, 0);
}

// Averages each count with its two neighbours, which are `step` away, weighted 1, 2, 1.
function blur(counts, columns, step) {
  const sharp = counts.slice();
  for (let i = 0; i < counts.length; i++) {
    const left = step > 1 || i % columns > 0 ? sharp[i - step] || 0 : 0;
    const right = step > 1 || (i + 1) % columns > 0 ? sharp[i + step] || 0 : 0;
    counts[i] = (2 * sharp[i] + left + right) / 4;
  }
}

function paintAxes(view, { pen, axes, width, height }) {
  pen.font = `12px ${view.font}`;
  pen.textAlign = "left";
  pen.textBaseline = "bottom";
  if (axes[0]) write(view, pen, `${axes[0]} →`, 10, height - 6, view.colour);
  if (!axes[1]) return;
  pen.save();
  pen.translate(20, height - 26);
  pen.rotate(-Math.PI / 2);
  write(view, pen, `${axes[1]} →`, 0, 0, view.colour);
  pen.restore();
}

// Writes the names of groups, large groups first, where they cover neither one another nor the selected tasks' names.
function paintGroupNames(view, map, named) {
  const { pen, width, height } = map;
  const at = onScreen(map, map.anchors);
  map.labels = [];
  pen.font = `600 13px ${view.font}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (const group of view.bySize) {
    if (view.only >= 0 && group !== view.only) continue;
    const half = pen.measureText(view.data.groups[group]).width / 2 + 3;
    const x = Math.min(width - half, Math.max(half, at[2 * group]));
    const y = at[2 * group + 1];
    const free = [...named, ...map.labels].every((other) => Math.abs(other.x - x) > other.half + half || Math.abs(other.y - y) > 19);
    if (!free || y < 10 || y > height - 10 || Math.abs(x - at[2 * group]) > half) continue;
    map.labels.push({ group, x, y, half });
    write(view, pen, view.data.groups[group], x, y, view.colour);
  }
}

function write(view, pen, text, x, y, colour) {
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = view.ground;
  pen.strokeText(text, x, y);
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
}

// Where the names of the selected tasks stand: above their rings. If many are selected, none is named.
function selectedNames(view, { pen, screen }, size) {
  if (!view.sheet || view.selected.size > MOST_NAMED) return [];
  const above = Math.max(8, size >= SMALLEST ? size / 2 : 8) + 9;
  pen.font = NAME_FONT + view.font;
  return [...view.selected].map((task) => {
    const text = view.sheet.names[task];
    return { text, x: screen[2 * task], y: screen[2 * task + 1] - above, half: pen.measureText(text).width / 2 };
  });
}

function paintNames(view, { pen }, named) {
  pen.font = NAME_FONT + view.font;
  for (const { text, x, y } of named) write(view, pen, text, x, y, view.data.stressed);
}

// Rings around the selected tasks and the one pointed at, and lines from it, or from the first, to its true neighbours.
function paintMarks(view, map, size) {
  const { pen, screen } = map;
  const chosen = [...view.selected];
  const place = (task) => [screen[2 * task], screen[2 * task + 1]];
  const linesFrom = (task, colour, count) => {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (const near of neighboursOf(view, task).slice(0, count)) {
      pen.moveTo(...place(task));
      pen.lineTo(...place(near));
    }
    pen.stroke();
  };
  const ring = (task, colour, thick) => {
    pen.strokeStyle = colour;
    pen.lineWidth = thick;
    pen.beginPath();
    if (size >= SMALLEST && view.ink) pen.rect(place(task)[0] - size / 2 - 1, place(task)[1] - size / 2 - 1, size + 2, size + 2);
    else pen.arc(...place(task), 8, 0, 7);
    pen.stroke();
  };
  if (view.data.lines && chosen.length) linesFrom(chosen[0], view.data.stressed, Infinity);
  if (view.under !== null) linesFrom(view.under, view.colour, NEAREST);
  chosen.forEach((task) => ring(task, view.data.stressed, chosen.length > MOST_NAMED ? 2 : 3));
  if (view.under !== null) ring(view.under, view.colour, 2);
}

// The box or the lasso that is being drawn.
function paintOutline(view, { pen, outline }) {
  if (!outline) return;
  pen.beginPath();
  outline.forEach((point) => pen.lineTo(...point));
  pen.closePath();
  pen.globalAlpha = 0.15;
  pen.fillStyle = view.data.stressed;
  pen.fill();
  pen.globalAlpha = 1;
  pen.strokeStyle = view.data.stressed;
  pen.lineWidth = 1.5;
  pen.stroke();
}

function neighboursOf({ sheet }, task) {
  return sheet ? Array.from(sheet.near.subarray(task * sheet.nearest, (task + 1) * sheet.nearest)) : [];
}

// Makes each group's mark once, at the size at which it is painted.
function makeSprites(view, side) {
  if (view.sprites && view.side === side) return;
  view.sprites = view.data.groups.map((_, group) => pixelsOf(spriteOf(view.data.colours[group], view.data.symbols[group], side)));
  view.side = side;
}

// The pixels of a mark that are not empty: how far right and down they are, and how opaque; and the mark's colour.
function pixelsOf(sprite) {
  const { data } = sprite.getContext("2d").getImageData(0, 0, sprite.width, sprite.height);
  const tiny = sprite.width <= 4; // such a mark has no soft edge
  const filled = [...Array(data.length / 4).keys()].filter((i) => data[4 * i + 3] > (tiny ? 90 : 0));
  const solid = filled.reduce((best, i) => (data[4 * i + 3] > data[4 * best + 3] ? i : best), filled[0]);
  return {
    reach: sprite.width >> 1,
    right: Int32Array.from(filled, (i) => i % sprite.width),
    down: Int32Array.from(filled, (i) => Math.floor(i / sprite.width)),
    alphas: Float32Array.from(filled, (i) => (tiny ? 1 : data[4 * i + 3] / 255)),
    colour: data.slice(4 * solid, 4 * solid + 3),
    packed: data[4 * solid] | (data[4 * solid + 1] << 8) | (data[4 * solid + 2] << 16),
  };
}

// A group's mark as a small image.
function spriteOf(colour, symbol, side) {
  const sprite = document.createElement("canvas");
  sprite.width = sprite.height = side;
  const pen = sprite.getContext("2d");
  pen.scale(side / 32, side / 32);
  pen.translate(16, 16);
  pen.fillStyle = pen.strokeStyle = colour;
  pen.lineWidth = 6;
  pen.beginPath();
  SHAPES[symbol](pen);
  if (["cross", "x"].includes(symbol)) pen.stroke();
  else pen.fill();
  return sprite;
}

const SHAPES = {
  circle: (pen) => pen.arc(0, 0, 10, 0, 7),
  square: (pen) => pen.rect(-9, -9, 18, 18),
  diamond: (pen) => corners(pen, 4, 13, 13),
  cross: (pen) => strokes(pen, [[-11, 0, 11, 0], [0, -11, 0, 11]]),
  x: (pen) => strokes(pen, [[-8, -8, 8, 8], [-8, 8, 8, -8]]),
  "triangle-up": (pen) => corners(pen, 3, 13, 13),
  star: (pen) => corners(pen, 10, 14, 6),
};

function corners(pen, count, far, near) {
  for (let i = 0; i < count; i++) {
    const [angle, radius] = [(i / count) * 2 * Math.PI, i % 2 ? near : far];
    pen.lineTo(radius * Math.sin(angle), -radius * Math.cos(angle));
  }
  pen.closePath();
}

function strokes(pen, lines) {
  for (const [x, y, u, v] of lines) {
    pen.moveTo(x, y);
    pen.lineTo(u, v);
  }
}

// The sheet of drawings in the colour of the page's text.
function inked(image, colour) {
  const ink = document.createElement("canvas");
  [ink.width, ink.height] = [image.naturalWidth, image.naturalHeight];
  const pen = ink.getContext("2d");
  pen.drawImage(image, 0, 0);
  pen.globalCompositeOperation = "source-in";
  pen.fillStyle = colour;
  pen.fillRect(0, 0, ink.width, ink.height);
  return ink;
}
