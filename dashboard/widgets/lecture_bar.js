// Keys for a lecture: arrows and page keys (which remote controls send) go to another view, N and Q press switches.
// Arrows and letters are left to what uses them on the page, such as the player or a field to type in.
const PRESSES = {
  ArrowRight: ".st-key-lecture-next a", PageDown: ".st-key-lecture-next a",
  ArrowLeft: ".st-key-lecture-before a", PageUp: ".st-key-lecture-before a",
  n: ".st-key-lecture-notes input", q: ".st-key-lecture-code input",
};
const USES_KEYS = "input:not([type=checkbox]), textarea, select, [contenteditable], [role=slider], [role=radio], [role=option]";
const LOOKS_EVERY_MS = 200, LOOKS_FOR_MS = 20_000; // for what a view is about, which may take its time
const LOOKS_AT_REST = 10; // in a row that find it in the same place: then it stays there
let shown = null; // the view that the window has been moved to
let looking = null;
const RESIZES_FOR_MS = 200; // without another size, a window keeps the one it has
let resizing = null;

function press(event) {
  const pressed = PRESSES[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  const used = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey;
  if (!pressed || used || (!event.key.startsWith("Page") && event.composedPath()[0].closest?.(USES_KEYS))) return;
  const found = document.querySelector(pressed);
  if (!found) return;
  event.preventDefault();
  found.click();
}

// Move a new view to its beginning, or to what it is about, until that is there and rests; not if the speaker moves it.
function move(about) {
  const main = document.querySelector("[data-testid=stMain]");
  main.scrollTo(0, 0);
  clearInterval(looking);
  if (!about) return;
  const since = Date.now();
  const stop = () => clearInterval(looking);
  let [last, rests] = [null, 0];
  looking = setInterval(() => {
    const found = document.querySelector(`.st-key-${about}`);
    if (found?.clientHeight > 200) found.scrollIntoView();
    const place = found && `${found.clientHeight} ${main.scrollTop}`;
    rests = place && place === last ? rests + 1 : 0;
    last = place;
    if (rests > LOOKS_AT_REST || Date.now() - since > LOOKS_FOR_MS) stop();
  }, LOOKS_EVERY_MS);
  for (const kind of ["wheel", "pointerdown"]) window.addEventListener(kind, stop, { once: true });
}

// Returns how large type is, in pixels: it grows with the window.
function typeSize() {
  return Math.round(10 * parseFloat(getComputedStyle(document.documentElement).fontSize)) / 10;
}

export default function ({ data, setStateValue }) {
  window.removeEventListener("keydown", press);
  window.addEventListener("keydown", press);
  const resized = () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => typeSize() !== data.type && setStateValue("type", typeSize()), RESIZES_FOR_MS);
  };
  window.addEventListener("resize", resized);
  resized();
  if (shown !== data.number) move(data.about);
  shown = data.number;
  return () => {
    window.removeEventListener("keydown", press);
    window.removeEventListener("resize", resized);
  };
}
