"""Draw the figure of the front page: what it is worth to know the task, over how many questions there are.

    python book/dial.py        # writes book/figures/dial.svg, from the table that ships

Needs the extra ``figures``, and Chrome or Chromium.
"""

from pathlib import Path

import metalearn as ml

OUTPUT = Path(__file__).parent / "figures" / "dial.svg"


def main() -> None:
    """Write the figure, on a ground of its own that reads in light and dark."""
    figure = ml.plots.dial(ml.load_table("worlds"))
    figure.update_layout(paper_bgcolor="white", plot_bgcolor="white", margin={"t": 20, "r": 20})
    figure.write_image(OUTPUT, width=860, height=430)
    print(OUTPUT)


if __name__ == "__main__":
    main()
