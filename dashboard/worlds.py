"""The worlds that *Watch adaptation* shows beside Omniglot's own tasks. In them a learner has to be told the question.

A world's tasks are numbered: they are the test tasks on which its learners were measured. Nothing here needs torch.
"""

from metalearn.tasks.questions import HIDDEN_QUESTIONS, PLACES

WORLDS = {"which-part": PLACES, "hidden-5": HIDDEN_QUESTIONS[:5]}
"""What the tasks of each world ask, in turn."""

BATCH = 40  # tasks are made so many at a time
SAMPLERS = {
    "which-part": f"ml.WhichPart(characters, unseen, batch_size={BATCH}, seed=1000)",
    "hidden-5": f"ml.HiddenQuestions(characters, unseen, batch_size={BATCH}, seed=1000)",
}
"""The code that makes a world's tasks."""

SPLIT = "lake"  # the one for which these learners ship
SHOTS, QUERIES, WAYS = 2, 3, 5  # of every task
MOST_TASKS = 600  # so many were measured
FIRST_TASK = 3  # the one that is shown at first; most others are like it
# What the learners can be told: the task's own embedding, that of another task which asks the same, that of one which
# asks another question, and zeros.
TOLD = ("own", "shuffled", "question", "zero")
LEARNERS = {"which-part": ("places", "prototypes-twin"), "hidden-5": ("attention", "prototypes-twin")}
"""The learners that are shown at first: one that is told an embedding, and its twin."""


def asked(world: str, number: int) -> str:
    """Return what a task asks."""
    return WORLDS[world][number % len(WORLDS[world])]


def another(world: str, number: int, told: str) -> int:
    """Return the number of another task, whose embedding a learner gets instead of that of task ``number``.

    With ``told`` "shuffled", it is the next task that asks the same; with "question", the next one, which asks
    something else.
    """
    return number + (1 if told == "question" else len(WORLDS[world]))
