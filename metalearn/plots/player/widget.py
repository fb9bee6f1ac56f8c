"""The player as a widget of a notebook. It needs the extra ``notebooks``."""

import anywidget
import traitlets

from metalearn.plots.player.player import PLAYER_CSS, PLAYER_JS

RENDER = """
export default {
  render({ model, el }) {
    const onRest = (step) => {
      model.set("step", step);
      model.save_changes();
    };
    document.querySelectorAll(`.${model.get("still")}`).forEach((still) => (still.style.display = "none"));
    const root = el.appendChild(document.createElement("div"));
    const player = play(root, model.get("scene"), { step: model.get("step"), onRest });
    const follow = () => player.goTo(model.get("step"));
    model.on("change:step", follow);
    return () => model.off("change:step", follow);
  },
};
"""


class PlayerWidget(anywidget.AnyWidget):
    """Plays a scene in a notebook. All places that show it stand at the same step."""

    _esm = PLAYER_JS + RENDER
    _css = PLAYER_CSS
    scene = traitlets.Dict().tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    still = traitlets.Unicode().tag(sync=True)  # the class of the film strip whose place it takes
