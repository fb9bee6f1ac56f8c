// The player on a page: goes where the server says, and tells it the step at which the visitor comes to rest.
const shown = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".player");
  const here = shown.get(root) ?? { number: data.number };
  here.send = (step) => setTriggerValue("step", step);
  here.player ??= play(root, data.scene, { step: data.start, onRest: (step) => here.send(step) });
  shown.set(root, here);
  here.player.show(data.scene);
  if (here.number !== data.number) here.player.goTo(data.start);
  here.number = data.number;
}
