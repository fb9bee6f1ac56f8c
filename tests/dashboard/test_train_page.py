"""The training page: a learner is trained while one watches, stops when told, and one at a time trains on a server."""

import subprocess
import sys
import time

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import training
from dashboard.training import Training, Trainings
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.pretrained.recipes import RECIPES


def finished(now: Training, seconds: float = 120) -> Training:
    end = time.monotonic() + seconds
    while not now.finished and time.monotonic() < end:
        time.sleep(0.05)
    assert now.finished
    return now


@pytest.fixture
def page(app: AppTest) -> AppTest:
    app.run()
    return app.switch_page("views/train.py").run()


def test_a_learner_is_trained_and_used_elsewhere(page: AppTest) -> None:
    assert not page.exception
    page.slider(key="meta_steps").set_value(20)
    page.selectbox(key="train").set_value("anil").run()
    (button,) = [button for button in page.button if button.label == "Train"]
    button.click().run()
    assert not page.exception
    now: Training = page.session_state["training"]
    finished(now)
    assert now.step == 20
    page.run()
    assert "After 20 meta-steps" in page.success[0].value
    assert isinstance(training.trained_learner(now.name), Learner)


def test_it_stops_when_told(characters: CharacterSet) -> None:
    now = Training("prototypes", "article", 400, 0)
    assert training.start(now, characters)
    while now.step < 2:
        time.sleep(0.05)
    now.stopping.set()
    assert 2 <= finished(now).step < 400
    assert training.trained_learner(now.name).embedder is None


SERVER = """
import time
from dashboard import training
from metalearn.characters.load import load_characters

now = training.Training("prototypes", "lake", 400, 0)
assert training.start(now, load_characters())
while now.step < 1:
    time.sleep(0.01)
"""


def test_a_server_that_ends_amid_a_training_ends_in_peace() -> None:
    done = subprocess.run([sys.executable, "-c", SERVER], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "terminate called" not in done.stderr


def test_others_wait(page: AppTest, characters: CharacterSet) -> None:
    first = Training("prototypes", "article", 400, 0)
    assert training.start(first, characters)
    (button,) = [button for button in page.button if button.label == "Train"]
    button.click().run()
    assert "Somebody else is training" in page.warning[0].value
    assert "training" not in page.session_state
    first.stopping.set()
    finished(first)
    second = Training("prototypes", "article", 20, 0)
    assert training.start(second, characters)
    second.stopping.set()
    finished(second)


def test_what_goes_wrong_is_said(small: CharacterSet) -> None:
    now = Training("prototypes", "article", 20, 0)
    assert training.start(now, small)
    assert "too few characters" in str(finished(now).error)
    with pytest.raises(MetalearnError, match="train it again"):
        training.trained_learner(now.name)


def test_an_unexpected_error_ends_the_training_too(characters: CharacterSet) -> None:
    now = Training("prototypes", "article", 0, 0)  # no step, and so nothing validated to go back to
    assert training.start(now, characters)
    assert "the server's log says why" in str(finished(now).error)
    assert not training.trainings().running.locked()


def test_few_learners_are_kept_and_names_cannot_be_guessed() -> None:
    trainings = Trainings()
    learner = RECIPES["scratch"].build(None, 0)
    for i in range(training.MOST_KEPT + 3):
        trainings.keep(str(i), learner)
    assert list(trainings.learners) == [str(i) for i in range(3, training.MOST_KEPT + 3)]
    names = {Training("anil", "lake", 20, 0).name for _ in range(50)}
    assert len(names) == 50
    assert min(map(len, names)) > 20
