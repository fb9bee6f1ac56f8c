// Where tasks stand on a map: a camera turns coordinates in a cube into pixels. That of a flat map is never turned.
const MOVING = 1100; // milliseconds that tasks take from one map to the next
const TURNED = { yaw: 0.6, pitch: 0.35 };
const MOST_ZOOM = 60;
const MOST_COMPARED = 300; // members of a group among which its densest place is looked for
const stillWanted = matchMedia("(prefers-reduced-motion: reduce)");

function unpacked(text, Kind) {
  return new Kind(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

function home(flat) {
  return { x: 0, y: 0, zoom: 1, ...(flat ? { yaw: 0, pitch: 0 } : TURNED) };
}

// Sends a map's tasks on their way to other places, from where they stand now.
function depart(map, places, anchors, flat) {
  const first = map.at?.length !== places.length;
  map.flat = flat;
  map.from = first || stillWanted.matches ? null : { at: map.at, anchors: map.anchors, camera: map.camera, extent: map.extent };
  map.to = { at: places, anchors, camera: home(flat), extent: extent(places, flat) };
  map.began = performance.now();
  Object.assign(map, map.from ?? map.to);
}

// Moves a map's tasks on; returns whether they are still on their way.
function travel(map) {
  if (!map.from) return false;
  const share = Math.min(1, (performance.now() - map.began) / MOVING);
  const eased = share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2;
  const between = (a, b) => a + (b - a) * eased;
  const { from, to } = map;
  map.at = share < 1 ? from.at.map((value, i) => between(value, to.at[i])) : to.at;
  map.anchors = share < 1 && from.anchors.length === to.anchors.length ? from.anchors.map((value, i) => between(value, to.anchors[i])) : to.anchors;
  map.extent = from.extent.map((value, i) => between(value, to.extent[i]));
  map.camera = Object.fromEntries(Object.keys(to.camera).map((key) => [key, between(from.camera[key], to.camera[key])]));
  if (share === 1) map.from = null;
  return share < 1;
}

// Half the width and height that a map needs.
function extent(places, flat) {
  const most = [1e-3, 1e-3];
  for (let i = 0; i < places.length; i += 3) {
    const far = Math.hypot(places[i], places[i + 1], places[i + 2]);
    most[0] = Math.max(most[0], flat ? Math.abs(places[i]) : far);
    most[1] = Math.max(most[1], flat ? Math.abs(places[i + 1]) : far);
  }
  return most;
}

// Pixels for a length of one: the same to the right and up, so that distances can be compared.
function pixels({ width, height, extent: [right, up], camera }) {
  return 0.93 * camera.zoom * Math.min(width / (2 * right), height / (2 * up));
}

// Returns for n places [x, y, z, …] their pixels from the left and the top: [left, top, …].
function onScreen(map, at) {
  const { width, height, camera } = map;
  const scale = pixels(map);
  const [cy, sy, cp, sp] = [Math.cos(camera.yaw), Math.sin(camera.yaw), Math.cos(camera.pitch), Math.sin(camera.pitch)];
  const screen = new Float32Array((at.length / 3) * 2);
  for (let i = 0, k = 0; i < at.length; i += 3, k += 2) {
    const deep = at[i + 2] * cy - at[i] * sy;
    screen[k] = width / 2 + scale * (at[i] * cy + at[i + 2] * sy - camera.x);
    screen[k + 1] = height / 2 - scale * (at[i + 1] * cp - deep * sp - camera.y);
  }
  return screen;
}

function pan(map, right, down) {
  const scale = pixels(map);
  map.camera = { ...map.camera, x: map.camera.x - right / scale, y: map.camera.y + down / scale };
}

function turn(map, right, down) {
  const pitch = Math.max(-1.5, Math.min(1.5, map.camera.pitch + down / 200));
  map.camera = { ...map.camera, yaw: map.camera.yaw + right / 200, pitch };
}

// Zooms so that what lies below the pixel (left, top) stays there.
function zoom(map, factor, left = map.width / 2, top = map.height / 2) {
  const wanted = Math.max(1, Math.min(MOST_ZOOM, map.camera.zoom * factor));
  const step = wanted / map.camera.zoom;
  pan(map, map.width / 2 - left, map.height / 2 - top);
  map.camera = { ...map.camera, zoom: wanted };
  pan(map, left - map.width / 2, top - map.height / 2);
  if (wanted === 1 && step < 1) map.camera = { ...map.camera, x: 0, y: 0 };
}

// Returns where each group's name stands: where the group is densest. (Its middle may belong to other groups.)
function densest(places, groups, count) {
  const members = Array.from({ length: count }, () => []);
  groups.forEach((group, task) => members[group].push(task));
  const anchors = new Float32Array(3 * count);
  members.forEach((tasks, group) => {
    const some = tasks.filter((_, i) => i % Math.ceil(tasks.length / MOST_COMPARED) === 0);
    let [best, most] = [some[0], -1];
    for (const task of some) {
      let near = 0;
      for (const other of some) near += 1 / (1 + 100 * apart(places, task, other));
      if (near > most) [best, most] = [task, near];
    }
    if (best !== undefined) anchors.set(places.subarray(3 * best, 3 * best + 3), 3 * group);
  });
  return anchors;
}

function apart(places, a, b) {
  return (places[3 * a] - places[3 * b]) ** 2 + (places[3 * a + 1] - places[3 * b + 1]) ** 2 + (places[3 * a + 2] - places[3 * b + 2]) ** 2;
}

// Whether a pixel lies inside a polygon [[left, top], …]: it does where a ray from it crosses an odd number of edges.
function inside(polygon, left, top) {
  let odd = false;
  polygon.forEach(([x, y], i) => {
    const [u, v] = polygon.at(i - 1);
    if (y > top !== v > top && left < ((u - x) * (top - y)) / (v - y) + x) odd = !odd;
  });
  return odd;
}
