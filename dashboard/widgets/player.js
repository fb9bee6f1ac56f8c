// The player on a page: goes where the server says, and tells it the step at which the visitor comes to rest.
const shown = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".player");
  const here = shown.get(root) ?? { number: data.number };
  here.send = (step) => setTriggerValue("step", step);
  if (here.player) here.player.show(data.scene);
  else {
    shown.set(root, here);
    here.player = play(root, data.scene, { step: data.step, onRest: (step) => here.send(step) });
    if (data.plays) here.player.start();
  }
  if (here.number !== data.number) here.player.goTo(data.step);
  here.number = data.number;
}
