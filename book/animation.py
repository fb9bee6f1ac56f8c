"""Make the moving picture on the front page: a learner adapting to one task, step by step.

    python book/animation.py        # writes book/figures/adaptation.webp

Needs the extra ``test`` and Chrome or Chromium, which draws the frames.
"""

import io
import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

import metalearn as ml

OUTPUT = Path(__file__).parent / "figures" / "adaptation.webp"
STEPS, WAYS, SIZE = 8, 5, 720
FIRST_MS, STEP_MS, LAST_MS = 1500, 600, 3000


def player() -> str:
    """Return the page with the player: two learners, one task of an alphabet that neither has seen."""
    characters = ml.load_characters()
    unseen = ml.split(characters, "lake").test
    alphabet = unseen[characters.alphabet_ids[unseen] == characters.alphabet_ids[unseen[0]]]
    chosen = np.random.default_rng(3).choice(alphabet, WAYS, replace=False)
    task = ml.make_task(characters, chosen, shots=1, queries=3, seed=1)
    learners = {"a meta-learned start": ml.load_learner("preinit", "lake"), "from scratch": ml.load_learner("scratch")}
    on_map = ml.plots.on_map(task, ml.load_map("gradient", "lake"), ml.load_embedder("gradient", "lake"), STEPS)
    return ml.plots.adaptation(learners, task, steps=STEPS, characters=characters, on_map=on_map).to_html()


def frames(page_source: str) -> list[Image.Image]:
    """Return one image per step, as a browser shows it."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 640})
        page.set_content(page_source)
        page.get_by_role("slider").focus()
        found = []
        for step in range(STEPS + 1):
            page.keyboard.press("ArrowRight" if step else "Home")
            page.wait_for_timeout(300)
            image = Image.open(io.BytesIO(page.locator(".stage").screenshot())).convert("RGB")
            found.append(image.resize((SIZE, SIZE * image.height // image.width), Image.Resampling.LANCZOS))
        browser.close()
    return found


def main() -> None:
    """Write the animation."""
    images = frames(player())
    durations = [FIRST_MS, *[STEP_MS] * (len(images) - 2), LAST_MS]
    images[0].save(OUTPUT, save_all=True, append_images=images[1:], duration=durations, loop=0, quality=80, method=6)
    print(f"{OUTPUT}: {OUTPUT.stat().st_size / 1e6:.2f} MB, {len(images)} frames")


if __name__ == "__main__":
    main()
