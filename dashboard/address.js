// Makes one entry in the browser's history for each thing that the visitor does. A page that is opened from the menu
// writes what was chosen there before into its address: that belongs to the click that opened it, and adds no entry.
let acted = false; // whether the visitor did anything since the last entry

export default function () {
  if (Object.hasOwn(window.history, "pushState")) return;
  for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, () => (acted = true), true);
  window.history.pushState = function (state, title, url) {
    const opens = new URL(url, location.href).pathname !== location.pathname;
    History.prototype[opens || acted ? "pushState" : "replaceState"].call(this, state, title, url);
    acted = false;
  };
}
