"""The command as a user meets it: fields that others read by name, and one line with exit code 2 for wrong input."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.pipeline import make_pipeline

from metalearn import artifacts, cli
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import Split, split
from metalearn.pretrained.learners import best_learner
from metalearn.tasks.task_batch import Tasks
from tests.characters.test_uploads import png

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def on_small_hours(characters: CharacterSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Glyphs where there is no Omniglot, so that no test waits for a download."""
    if characters.name == "glyphs":
        monkeypatch.setenv("METALEARN_DATA", "glyphs")


def ask(capsys: Capture, *arguments: str) -> dict[str, object]:
    assert cli.main([*arguments, "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line)


def refused(capsys: Capture, *arguments: str) -> str:
    assert cli.main(list(arguments)) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = [line for line in shown.err.splitlines() if not line.startswith("metalearn: data:")]
    assert line.startswith("metalearn: ")
    return line


def test_info(capsys: Capture) -> None:
    found = ask(capsys, "info")
    assert {"version", "python", "torch", "device", "data", "artifacts", "learners"} <= set(found)
    assert {"prototypes", "preinit", "map-gradient"} <= set(found["artifacts"]["lake"])


def test_data_info(capsys: Capture, characters: CharacterSet) -> None:
    found = ask(capsys, "data", "info")
    assert found["characters"] == len(characters)
    assert found["alphabets"] == len(characters.alphabet_names)
    assert found["drawings"] == 20
    assert found["source"] == characters.source


def test_data_preview_draws_in_the_terminal(capsys: Capture, characters: CharacterSet) -> None:
    assert cli.main(["data", "preview", characters.characters[0]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(characters.characters[0][:28])
    assert len(lines) == 15
    assert set("".join(lines[1:])) <= set(" ▄▀█")
    assert "█" in "".join(lines)


def test_data_preview_of_a_folder_shows_what_came_and_what_was_left_out(capsys: Capture, tmp_path: Path) -> None:
    for name in ("train/a", "test/a", "test/b"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "1.png").write_bytes(png())
    Image.new("L", (40, 40)).save(tmp_path / "test" / "a" / "blank.png")
    found = ask(capsys, "data", "preview", str(tmp_path))
    assert found["images"] == 3
    assert sorted(found["classes"].values()) == [1, 2]
    (left_out,) = found["left_out"]
    assert (left_out["count"], left_out["files"]) == (1, ["test/a/blank.png"])
    assert cli.main(["data", "preview", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "put together from test/a, train/a" in shown
    assert "is blank, or nearly so" in shown
    assert "█" in shown


def test_adapt(capsys: Capture, characters: CharacterSet) -> None:
    names = [characters.characters[i] for i in (0, 40, 80)]
    found = ask(capsys, "adapt", *names, "--learner", "preinit", "--shots", "1", "--steps", "4")
    assert len(found["steps"]) == 5
    assert {"support_loss", "query_accuracy"} == set(found["steps"][0])
    assert found["steps"][-1]["support_loss"] < found["steps"][0]["support_loss"]
    assert found["steps"][-1]["query_accuracy"] > found["steps"][0]["query_accuracy"]
    again = ask(capsys, "adapt", *names, "--learner", "preinit", "--shots", "1", "--steps", "4")
    assert again == found
    assert (
        ask(capsys, "adapt", *names, "--learner", "preinit", "--shots", "1", "--steps", "4", "--device", "cpu") == found
    )
    assert cli.main(["adapt", *names]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[2].split() == ["step", "support", "loss", "query", "accuracy"]


def test_a_device_that_is_not_there_is_refused_before_any_work(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    for command in (("adapt", "a", "b"), ("evaluate",), ("train", "--learner", "anil", "--output", "r")):
        assert "there is no device 'cuda' here" in refused(capsys, *command, "--device", "cuda")


def test_evaluate_takes_the_best_learner_that_ships(capsys: Capture, characters: CharacterSet) -> None:
    found = ask(capsys, "evaluate", "--tasks", "20", "--split", "lake")
    assert found["learner"] == best_learner("lake")
    assert found["data"] == characters.name
    assert (found["tasks"], found["ways"], found["shots"], found["split"]) == (20, 5, 1, "lake")
    assert (found["protocol"], found["transductive"], found["seed"]) == ("unstructured", False, 0)
    assert 0.8 < found["accuracy"] <= 1
    assert 0 <= found["ci95"] < 0.1


def test_evaluate_within_alphabets_is_harder(capsys: Capture) -> None:
    options = ["evaluate", "--tasks", "40", "--ways", "10", "--split", "lake"]
    anywhere = ask(capsys, *options)["accuracy"]
    within = ask(capsys, *options, "--protocol", "within-alphabet")
    assert within["protocol"] == "within-alphabet"
    assert within["accuracy"] < anywhere
    accuracies = [found["accuracy"] for found in within["by_alphabet"].values()]
    assert accuracies == sorted(accuracies)
    assert within["worst_alphabet"] == next(iter(within["by_alphabet"]))
    assert sum(found["tasks"] for found in within["by_alphabet"].values()) == within["tasks"]


def test_evaluate_in_a_world_says_the_accuracy_by_question(capsys: Capture) -> None:
    options = ["evaluate", "--split", "lake", "--world", "which-part", "--tasks", "40"]
    told = ask(capsys, *options, "--learner", "places")
    twin = ask(capsys, *options, "--learner", "prototypes-twin")
    assert told["accuracy"] > twin["accuracy"] + 0.1
    assert told["world"] == "which-part"
    by_question = [found["accuracy"] for found in told["by_question"].values()]
    assert len(by_question) == 4
    assert np.mean(by_question) == pytest.approx(told["accuracy"])
    assert told["seen_in_training"] == 0
    assert "by_question" not in ask(capsys, "evaluate", "--split", "lake", "--world", "mixed", "--tasks", "12")
    assert "--ways" in refused(capsys, *options, "--ways", "20")
    assert "--world" in refused(capsys, "evaluate", "--world", "hidden-5", "--embedding", "gradient")
    assert "hidden-1" in refused(capsys, "evaluate", "--world", "nowhere")


def test_a_single_task_has_no_interval(capsys: Capture) -> None:
    found = ask(capsys, "evaluate", "--split", "lake", "--protocol", "within-alphabet", "--tasks", "1")
    assert found["ci95"] is None


def test_evaluate_an_embedding_beside_its_controls(
    capsys: Capture, omniglot: CharacterSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = split

    def small_split(characters: CharacterSet, name: str) -> Split:
        sides = chosen(characters, name)
        return Split(name, sides.train, sides.validation, sides.test[:60])

    monkeypatch.setattr("metalearn.pretrained.reports.split", small_split)
    found = ask(capsys, "evaluate", "--embedding", "gradient", "--split", "lake")
    fields = {"retrieval_1nn", "precision_at_10", "nmi"}
    assert fields <= set(found)
    assert set(found["controls"]) == {"mean_pixels", "mean_features", "untrained_network", "random"}
    assert all(fields <= set(row) for row in found["controls"].values())
    assert found["retrieval_1nn"] > found["controls"]["random"]["retrieval_1nn"]


def test_embed_writes_a_row_a_task(
    capsys: Capture, tmp_path: Path, characters: CharacterSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.arange(len(characters))[:, None] * np.ones(3, np.float32)

    class Embedder:
        def transform(self, tasks: Tasks) -> np.ndarray:
            return rows[: sum(len(batch) for batch in tasks.batches(500))]

    monkeypatch.setattr("metalearn.pretrained.embedders.load_embedder", lambda split, name: make_pipeline(Embedder()))
    found = ask(capsys, "embed", "--output", str(tmp_path / "E.csv"))
    assert (found["tasks"], found["dimensions"]) == (len(characters), 3)
    lines = (tmp_path / "E.csv").read_text().splitlines()
    assert lines[0] == "task,e0,e1,e2"
    assert lines[2] == f"{characters.characters[1]},1,1,1"
    ask(capsys, "embed", "--output", str(tmp_path / "E.npy"))
    assert np.array_equal(np.load(tmp_path / "E.npy", allow_pickle=False), rows)


def test_train_writes_a_learner_that_evaluate_and_adapt_take(
    capsys: Capture, tmp_path: Path, characters: CharacterSet
) -> None:
    made = ask(capsys, "train", "--learner", "prototypes", "--meta-steps", "2", "--output", str(tmp_path))
    assert made["schedule"]["meta_steps"] == 2
    found = ask(capsys, "evaluate", "--learner", str(tmp_path / "article" / "prototypes"), "--tasks", "10")
    assert found["learner"] == str(tmp_path / "article" / "prototypes")
    assert 0.2 < found["accuracy"] <= 1


def test_lake_runs(capsys: Capture, tmp_path: Path) -> None:
    from tests.evaluation.test_accuracy import published_run

    published_run(tmp_path / "run01")
    published_run(tmp_path / "run02", seed=1)
    for split_name, seen in (("article", 486), ("vinyals", 236)):
        refusal = refused(capsys, "evaluate", "--protocol", "lake-runs", "--runs", str(tmp_path), "--split", split_name)
        assert f"was trained on {seen} of the 659 evaluation characters" in refusal
    found = ask(capsys, "evaluate", "--protocol", "lake-runs", "--runs", str(tmp_path), "--split", "lake")
    assert found["runs"] == 2
    assert found["error"] == 0
    assert {"ci95", "learner", "split"} <= set(found)


def test_wrong_input_is_one_line_and_exit_code_2(capsys: Capture, tmp_path: Path, characters: CharacterSet) -> None:
    first, second = characters.characters[:2]
    broken = "x" + first
    assert first in refused(capsys, "adapt", broken, second)
    assert "at least two" in refused(capsys, "adapt", first)
    assert "drawings" in refused(capsys, "adapt", first, second, "--shots", "15", "--queries", "15")
    assert "unknown learner" in refused(capsys, "adapt", first, second, "--learner", "magic")
    assert "too few characters" in refused(capsys, "evaluate", "--ways", "2000")
    assert "not a folder" in refused(capsys, "data", "info", "--data-dir", str(tmp_path / "nowhere"))
    assert "no class folders" in refused(capsys, "data", "import", str(tmp_path))
    assert "--runs DIR" in refused(capsys, "evaluate", "--protocol", "lake-runs")
    assert "holds no runs" in refused(capsys, "evaluate", "--protocol", "lake-runs", "--runs", str(tmp_path))
    assert "invalid choice" in refused(capsys, "evaluate", "--split", "mine")
    assert "required" in refused(capsys)
    assert "whole number" in refused(capsys, "evaluate", "--seed", "-1")
    assert "required: --output" in refused(capsys, "train", "--learner", "anil")
    unknown = refused(capsys, "train", "--learner", "anil", "--world", "hiden-5", "--output", "runs")
    assert "unknown world 'hiden-5'; there are characters, mixed, hidden-1" in unknown
    assert ".csv or .npy" in refused(capsys, "embed", "--output", str(tmp_path / "E.txt"))
    assert "no folder" in refused(capsys, "embed", "--output", str(tmp_path / "no" / "E.csv"))


def test_a_missing_and_an_altered_artifact(
    capsys: Capture, tmp_path: Path, characters: CharacterSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = characters.characters[:2]
    arrays, description = artifacts.load(artifacts.PRETRAINED / "article" / "anil")
    monkeypatch.setattr("metalearn.artifacts.PRETRAINED", tmp_path)
    assert "no artifact" in refused(capsys, "adapt", first, second, "--learner", "anil")
    assert "no learner ships" in refused(capsys, "evaluate")
    artifacts.save(tmp_path / "article" / "anil", arrays, description)
    file = tmp_path / "article" / "anil.safetensors"
    file.write_bytes(file.read_bytes()[:-4])
    assert "altered or cut short" in refused(capsys, "adapt", first, second, "--learner", "anil")


def test_every_subcommand_has_help_with_an_example(capsys: Capture) -> None:
    for words in ("info", "data info", "data import", "train", "embed", "evaluate", "compare", "adapt", "dashboard"):
        with pytest.raises(SystemExit) as done:
            cli.main([*words.split(), "--help"])
        assert done.value.code == 0
        assert f"example:\n  metalearn {words}" in capsys.readouterr().out


def test_the_command_is_installed() -> None:
    done = subprocess.run([Path(sys.executable).with_name("metalearn"), "adapt"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
