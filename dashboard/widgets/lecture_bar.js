// Keys for a lecture: arrows and page keys (which remote controls send) go to another view, N and Q press switches.
// Arrows and letters are left to what uses them on the page, such as the player or a field to type in.
const PRESSES = {
  ArrowRight: ".st-key-lecture-next a", PageDown: ".st-key-lecture-next a",
  ArrowLeft: ".st-key-lecture-before a", PageUp: ".st-key-lecture-before a",
  n: ".st-key-lecture-notes input", q: ".st-key-lecture-code input",
};
const USES_KEYS = "input:not([type=checkbox]), textarea, select, [contenteditable], [role=slider], [role=radio], [role=option]";
const LOOKS_EVERY_MS = 200, LOOKS_FOR_MS = 20_000; // for what a view is about, which may take its time
let shown = null; // the view that the window has been moved to
let looking = null;

function press(event) {
  const pressed = PRESSES[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  const used = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey;
  if (!pressed || used || (!event.key.startsWith("Page") && event.composedPath()[0].closest?.(USES_KEYS))) return;
  const found = document.querySelector(pressed);
  if (!found) return;
  event.preventDefault();
  found.click();
}

// Move a new view to its beginning, or to what it is about, unless the speaker moves it before that is there.
function move(about) {
  document.querySelector("[data-testid=stMain]").scrollTo(0, 0);
  clearInterval(looking);
  if (!about) return;
  const since = Date.now();
  const stop = () => clearInterval(looking);
  looking = setInterval(() => {
    const found = document.querySelector(`.st-key-${about}`);
    if (found?.clientHeight > 200) found.scrollIntoView();
    if (found?.clientHeight > 200 || Date.now() - since > LOOKS_FOR_MS) stop();
  }, LOOKS_EVERY_MS);
  for (const kind of ["wheel", "pointerdown"]) window.addEventListener(kind, stop, { once: true });
}

export default function ({ data }) {
  window.removeEventListener("keydown", press);
  window.addEventListener("keydown", press);
  if (shown !== data.number) move(data.about);
  shown = data.number;
  return () => window.removeEventListener("keydown", press);
}
