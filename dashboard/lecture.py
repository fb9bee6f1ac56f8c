"""A lecture of ten views in order, with what a speaker may say to each. Every view is a link like any other."""

from typing import NamedTuple

from dashboard.library_texts import noted


class View(NamedTuple):
    """A page, the choices in its address, the view's title, and notes for the speaker.

    ``about`` is the key of what the view is about, if that does not stand at the top of its page.
    """

    page: str
    choices: dict[str, str]
    title: str
    notes: str
    about: str = ""


# A link has at least one choice, so that what was chosen on its page before does not stay.
VIEWS = (
    View(
        "start",
        {"scene": "1"},
        noted("Which one is it?"),
        noted(
            "Let everyone vote before you click: one example is enough for people. Then compare the network from "
            "scratch with the one that has met other characters. Why does it do better, with the same one drawing? "
            "Deal again two or three times: one game proves nothing."
        ),
    ),
    View(
        "start",
        {"scene": "2"},
        noted("The same drawings, another question"),
        noted(
            "Ask for the question before you click. The images are the same in all three groupings, and only the "
            "labels differ: so a task is images together with labels, and a learner has to look at both."
        ),
    ),
    View(
        "start",
        {"scene": "3"},
        noted("A task becomes a point"),
        noted(
            "The numbers say how a small network changes as it learns this task. Tasks that change it alike lie near "
            "each other. Look at the four nearest: do they look alike to you?"
        ),
    ),
    View(
        "task_space",
        {"map": "umap-2d"},
        noted("All tasks on a map"),
        noted(
            "The colours are alphabets, which were not used to make the map. Click a name to see one alone, and zoom "
            "in until points become drawings. Then set “Beside it” to PCA 2D: which groups stay together on both? "
            "The line below each map says how far to trust it."
        ),
        "map-canvas",
    ),
    View(
        "start",
        {"scene": "4"},
        noted("Where to start, how to step, where to look"),
        noted(
            "The three uses of an embedding: it sets the initial parameters, the steps, or the attention. Everything "
            "else is the same inner loop. One curve is one task with few queries: do not rank the three by it."
        ),
    ),
    View(
        "adaptation",
        {"step": "0"},
        noted("Two learners on the same task"),
        noted(
            "Ask for a guess of both accuracies, then press play. Stop after the first step: who has moved more? The "
            "support loss falls for both, and their answers differ: to fit the examples is not to know the task."
        ),
        "player",
    ),
    View(
        "start",
        {"scene": "5"},
        noted("Told the wrong question, it falls"),
        noted(
            "Throw the switch to “another question’s” and watch the drawings turn orange. A learner that uses what it "
            "is told can be misled by it. Then tell it nothing: that is the control."
        ),
    ),
    View(
        "does_it_help",
        {"table": "worlds"},
        noted("Does it help?"),
        noted(
            "Read the sentences aloud, the “no” too. Where one feature space serves all tasks, as on plain characters, "
            "there is nothing to tell a learner. Where tasks ask hidden questions, there is. Which are your own "
            "tasks like?"
        ),
    ),
    View(
        "train",
        {"meta_steps": "120"},
        noted("Meta-training, live"),
        noted(
            "Start it, and speak while it runs: it takes a minute or two. The inner loop adapts to a task; the outer "
            "loop improves where it starts. The accuracy is on characters that were not trained on."
        ),
    ),
    View(
        "draw",
        {"source": "draw"},
        noted("Your own characters"),
        noted(
            "Ask somebody to invent two or three characters. Draw one that is none of them, too: does the learner say "
            "so? Those with phones can scan the code and draw their own."
        ),
        "pad",
    ),
)
