// What the browser does for addresses. It makes one entry in its history for each thing that the visitor does. A page
// that is opened from the menu writes what was chosen there before into its address: that belongs to the click that
// opened it, and adds no entry. Nor does what a slow server writes after the click and before the page has its address:
// the entry of that is the page's. And it says in which language the page is, for screen readers.
let acted = false; // whether the visitor did anything since the last entry
let leaving = false; // whether what was clicked leads to another page
let early = false; // whether the last entry was made for the click, and waits for the page's address

export default function ({ data }) {
  document.documentElement.lang = data.language;
  if (Object.hasOwn(window.history, "pushState")) return;
  for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, () => (acted = true), true);
  window.addEventListener("click", ({ target }) => (leaving = leadsAway(target)), true);
  window.history.pushState = function (state, title, url) {
    const opens = new URL(url, location.href).pathname !== location.pathname;
    const adds = (opens || acted) && !early;
    History.prototype[adds ? "pushState" : "replaceState"].call(this, state, title, url);
    early = leaving && !opens && (adds || early);
    if (opens) leaving = false;
    acted = false;
  };
}

function leadsAway(target) {
  const link = target.closest("a[href]");
  return link !== null && link.pathname !== location.pathname;
}
