"""Make the moving picture of the moment that convinces: a learner is told another question's embedding, and it falls.

    python book/moment.py        # writes book/figures/moment.webp

Needs the extra ``test`` and Chrome or Chromium, which draws the frames.
"""

import io
import json
import shutil
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

import metalearn as ml
from metalearn.plots.player import PLAYER_CSS, PLAYER_JS

OUTPUT = Path(__file__).parent / "figures" / "moment.webp"
TASK, SIZE = 3, 720  # the task that the dashboard opens with; the picture's width in pixels
TURN, FRAME_MS, REST_MS = 8, 80, 2500  # frames while it turns from one to the next, and how long each is shown

PAGE = """<style>{css} body {{ margin: 12px; font: 20px system-ui }} #player {{ --height: 470px }}</style>
<p id="told"></p><div id="player"></div>
<script type="module">{js}
let player;
window.tell = (told, scene) => {{
  document.getElementById("told").innerHTML = `The learner is told <b>${{told}}</b>`;
  player ??= play(document.getElementById("player"), scene, {{}});
  player.show(scene);
}};
</script>"""


def scenes() -> dict[str, dict[str, Any]]:
    """Return what the player shows, by what the learner is told: a task about pages of which one part counts."""
    characters = ml.load_characters()
    tasks = ml.WhichPart(characters, ml.split(characters, "lake").test, batch_size=40, seed=1000).batch(0)
    learners = {
        name: ml.load_learner(recipe, "lake", "which-part")
        for name, recipe in (("attention over places", "places"), ("its twin, told nothing", "prototypes-twin"))
    }
    embed = learners["attention over places"].embed
    own = embed(tasks[TASK])
    told = {
        "the truth": own,
        "another question's embedding": embed(tasks[TASK + 1]),
        "nothing": 0 * own,
        "a similar task's embedding": embed(tasks[TASK + 4]),
    }
    return {
        what: ml.plots.adaptation(
            learners,
            tasks[TASK],
            steps=0,
            characters=characters,
            embeddings={"attention over places": embedding},
        ).scene
        for what, embedding in told.items()
    }


def frames(page: Page, told: str, scene: dict[str, Any]) -> list[Image.Image]:
    """Return what one sees as the player turns to a scene; the last image is that of the scene at rest."""
    page.evaluate(f"window.tell({json.dumps(told)}, {json.dumps(scene)})")
    found = []
    for _ in range(TURN):
        page.clock.run_for(FRAME_MS)
        image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        found.append(image.resize((SIZE, SIZE * image.height // image.width), Image.Resampling.LANCZOS))
    return found


def main() -> None:
    """Write the animation."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    images: list[Image.Image] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 570})
        page.clock.install(time=0)
        page.set_content(PAGE.format(css=PLAYER_CSS, js=PLAYER_JS))
        page.clock.pause_at(10**9)  # time stands still between two frames, however long they take to draw
        for told, scene in scenes().items():
            turned = frames(page, told, scene)
            images += turned if images else turned[-1:]  # it opens at rest
        browser.close()
    durations = [REST_MS if i % TURN == 0 else FRAME_MS for i in range(len(images))]
    images[0].save(OUTPUT, save_all=True, append_images=images[1:], duration=durations, loop=0, quality=80, method=6)
    print(f"{OUTPUT}: {OUTPUT.stat().st_size / 1e6:.2f} MB, {len(images)} frames")


if __name__ == "__main__":
    main()
