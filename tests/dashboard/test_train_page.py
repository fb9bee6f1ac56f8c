"""The training page: a learner is trained while one watches, stops when told, and one at a time trains on a server."""

import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import training
from dashboard.training import Played, Training, Trainings
from dashboard.widgets import miniatures
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner


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
    now = training.find(page.session_state["run"])
    assert now is not None
    assert page.query_params["run"] == now.name
    finished(now)
    assert now.step == 20
    page.run()
    assert "After 20 meta-steps" in page.success[0].value
    assert [once.meta_step for once in now.played] == [0, 10, 20]
    pictures = [caption for found in page.image for caption in found.captions]
    assert [caption.split(":")[0] for caption in pictures] == ["0", "10", "20"]
    assert isinstance(training.trained_learner(now.name), Learner)


def test_the_same_task_is_played_again_and_a_start_improves(characters: CharacterSet) -> None:
    now = Training("anil", "lake", 60, 0)
    assert training.start(now, characters)
    finished(now)
    assert now.queries is not None
    assert {len(now.queries)} == {len(once.right) for once in now.played}
    shares = [once.accuracy for once in now.played]
    assert len(shares) == 7
    if characters.name == "omniglot":
        assert shares[0] < 0.4  # there is much to be gained
    assert shares[-1] > shares[0] + 0.15
    many = [Played(step, np.zeros(40, bool)) for step in range(0, 410, 10)]
    shown = miniatures.spread(many)
    assert (len(shown), shown[0].meta_step, shown[-1].meta_step) == (miniatures.MOST, 0, 400)
    assert miniatures.spread(many[:3]) == many[:3]


def test_it_stops_when_told(characters: CharacterSet) -> None:
    now = Training("prototypes", "article", 400, 0)
    assert training.start(now, characters)
    while now.step < 2 and not now.finished:
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
    assert not page.session_state["run"]
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


def test_a_reload_finds_the_training_again(page: AppTest, characters: CharacterSet) -> None:
    now = Training("anil", "lake", 400, 0)
    assert training.start(now, characters)
    page.query_params["run"] = now.name  # as in another session, where nothing else is known of it
    page.run()
    (stop,) = [button for button in page.button if button.label == "Stop"]
    stop.click().run()
    finished(now)
    page.run()
    assert "meta-steps the best validation accuracy" in page.success[0].value
    assert "None" not in [text.value for text in page.markdown]
    page.query_params["learners"] = now.name
    page.query_params["characters"] = list(characters.characters[:3])
    page.switch_page("views/adaptation.py").run()
    assert page.multiselect(key="learners").value == [now.name]
    assert not page.error


def test_a_link_to_a_training_that_is_gone_says_so(page: AppTest) -> None:
    page.query_params["run"] = "yours-0"
    page.run()
    assert "run=yours-0" in page.warning[0].value


def test_it_stops_when_everybody_has_left(characters: CharacterSet, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"one", "two"}
    monkeypatch.setattr("dashboard.training.LONGEST_AWAY_S", 0)
    server = SimpleNamespace(is_active_session=here.__contains__)
    monkeypatch.setattr("dashboard.training.runtime", SimpleNamespace(exists=lambda: True, get_instance=lambda: server))
    now = Training("prototypes", "lake", 400, 0, visitors={"one", "two"})
    assert training.start(now, characters)
    here.discard("one")  # one of two tabs is closed
    while now.step < 3 and not now.finished:
        time.sleep(0.05)
    assert not now.finished
    here.clear()
    assert finished(now).step < 400
    assert not training.trainings().running.locked()


def test_few_learners_are_kept_and_names_cannot_be_guessed() -> None:
    trainings = Trainings()
    for i in range(training.MOST_KEPT + 3):
        trainings.keep(Training("scratch", "lake", 20, 0, name=str(i)))
    assert list(trainings.runs) == [str(i) for i in range(3, training.MOST_KEPT + 3)]
    names = {Training("anil", "lake", 20, 0).name for _ in range(50)}
    assert len(names) == 50
    assert min(map(len, names)) > 20
