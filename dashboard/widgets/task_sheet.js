// Keeps what all maps of the same tasks share: names, neighbours, and one image with all drawings. It is a component of
// its own, so that a click, which changes the map, does not send it again.
export default function ({ data }) {
  window.metalearnSheet = data;
  window.dispatchEvent(new Event("metalearn-sheet"));
}
