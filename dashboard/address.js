// What the browser does for addresses. It makes one entry in its history for each thing that the visitor does. A page
// that is opened from the menu writes what was chosen there before into its address: that belongs to the click that
// opened it, and adds no entry. And it says in which language the page is, for screen readers.
let acted = false; // whether the visitor did anything since the last entry

export default function ({ data }) {
  document.documentElement.lang = data.language;
  if (Object.hasOwn(window.history, "pushState")) return;
  for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, () => (acted = true), true);
  window.history.pushState = function (state, title, url) {
    const opens = new URL(url, location.href).pathname !== location.pathname;
    History.prototype[opens || acted ? "pushState" : "replaceState"].call(this, state, title, url);
    acted = false;
  };
}
