// Keeps what all maps of the same tasks share: names, neighbours, and one image with all drawings. It comes once, so that
// a click does not send it again.
export default function ({ data }) {
  window.metalearnSheet = data;
  window.dispatchEvent(new Event("metalearn-sheet"));
}
