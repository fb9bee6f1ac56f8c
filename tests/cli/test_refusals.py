"""What is refused before the work begins: options that contradict or that nothing reads, and outputs in the way."""

import json
from pathlib import Path

import pytest

from metalearn import cli
from metalearn.errors import MetalearnError

Capture = pytest.CaptureFixture[str]
RUN = ("train", "--output", "runs")


@pytest.fixture(autouse=True)
def nothing_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In an empty folder, where reading characters, the first thing that takes time, fails the test."""

    def read(*_: object) -> None:
        raise AssertionError("the work has begun")

    monkeypatch.setattr("metalearn.cli.commands._data", read)
    monkeypatch.chdir(tmp_path)


def refused(capsys: Capture, *arguments: str) -> str:
    assert cli.main(list(arguments)) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert line.startswith("metalearn: ")
    return line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*RUN, "--embedding", "gradient", "--meta-steps", "5"), "--meta-steps does not go with --embedding"),
        ((*RUN, "--embedding", "gradient", "--device", "cpu"), "--device does not go with --embedding"),
        (("evaluate", "--embedding", "gradient", "--device", "cpu"), "--device does not go with --embedding"),
        (("evaluate", "--device", "tpu"), "invalid choice: 'tpu'"),
        ((*RUN, "--embedding", "gradient", "--world", "mixed"), "--world does not go with --embedding"),
        ((*RUN, "--embedding", "gradient", "--learner", "anil"), "not allowed with"),
        ((*RUN, "--recipe", "all", "--embedding", "gradient"), "not allowed with"),
        ((*RUN, "--recipe", "all", "--split", "article"), "--split does not go with --recipe"),
        ((*RUN, "--recipe", "all", "--meta-steps", "5"), "--meta-steps does not go with --recipe"),
        ((*RUN, "--recipe", "all", "--world", "characters"), "--world does not go with --recipe"),
        ((*RUN, "--learner", "mine:own", "--world", "mixed"), "--world does not go with a learner of your own"),
        (("evaluate", "--embedding", "gradient", "--learner", "anil"), "not allowed with"),
        *(
            (("evaluate", "--embedding", "gradient", f"--{option}", "5"), f"--{option} does not go with --embedding")
            for option in ("ways", "shots", "queries", "tasks", "steps", "runs")
        ),
        (("evaluate", "--embedding", "gradient", "--protocol", "lake-runs"), "--protocol does not go with --embedding"),
        *(
            (
                ("evaluate", "--protocol", "lake-runs", "--runs", ".", f"--{option}", "5"),
                f"--{option} does not go with --protocol lake-runs",
            )
            for option in ("ways", "shots", "queries", "tasks", "steps", "seed", "data-dir")
        ),
        (("evaluate", "--runs", "."), "--runs goes with --protocol lake-runs"),
        (("evaluate", "--protocol", "within-alphabet", "--runs", "."), "--runs goes with --protocol lake-runs"),
        (("compare", "--table", "families", "--tasks", "90", "--output", "r"), "--tasks does not go with --table fam"),
        (("data", "preview", "A/b", "--seed", "3"), "--seed does not go with named characters"),
        (("adapt", "A/b", "A/c", "--learner", "mine:own", "--split", "lake"), "--split does not go with a learner of"),
        (("adapt", "A/b", "A/c", "--learner", "./mine", "--split", "lake"), "--split does not go with a learner of"),
    ],
)
def test_options_that_nothing_reads(capsys: Capture, arguments: tuple[str, ...], said: str) -> None:
    assert said in refused(capsys, *arguments)


@pytest.mark.parametrize(
    "words",
    [
        ("info", "--seed"),
        ("data", "info", "--seed"),
        *(("data", "download", option) for option in ("--seed", "--data-dir")),
        *(("data", "import", ".", option) for option in ("--seed", "--data-dir")),
        *(("course", "copy", "c", option) for option in ("--seed", "--data-dir")),
        ("course", "check", "--seed"),
        ("benchmark", "--seed"),
        ("dashboard", "--seed"),
    ],
)
def test_a_command_has_no_option_that_it_does_not_read(capsys: Capture, words: tuple[str, ...]) -> None:
    assert f"unrecognized arguments: {words[-1]} 3" in refused(capsys, *words, "3")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*RUN, "--learner", ""), "argument --learner: it is empty"),
        ((*RUN, "--embedding", " "), "argument --embedding: it is empty"),
        (("evaluate", "--learner", ""), "argument --learner: it is empty"),
        (("embed", "--output", ""), "argument --output: it is empty"),
        (("info", "--data-dir", ""), "argument --data-dir: it is empty"),
        (("adapt", "", "A/b"), "it is empty"),
        ((*RUN, "--learner", "magic"), "unknown learner 'magic'"),
        ((*RUN, "--learner", "anil", "--world", "hiden-5"), "unknown world 'hiden-5'"),
        ((*RUN, "--embedding", "magic"), "unknown embedding 'magic'"),
        (("evaluate", "--learner", "magic"), "unknown learner 'magic'"),
        (("evaluate", "--embedding", "magic"), "unknown embedding 'magic'"),
        (("embed", "--embedding", "magic", "--output", "E.csv"), "unknown embedding 'magic'"),
        (("adapt", "A/b", "A/c", "--learner", "magic"), "unknown learner 'magic'"),
        (("compare", "--table", "magic", "--output", "r"), "unknown table 'magic'"),
        (("compare", "--table", "learners", "--output", "r", "--tasks", "2"), "2 tasks are too few for a table"),
        (("evaluate", "--seed", "9" * 30), "is too large"),
        (("evaluate", "--tasks", str(2**31)), "is too large"),
    ],
)
def test_names_and_numbers_that_mean_nothing(capsys: Capture, arguments: tuple[str, ...], said: str) -> None:
    assert said in refused(capsys, *arguments)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("folder", "is a folder"),
        ("missing/E", "there is no folder missing"),
        ("file/E", "there is no folder file"),
        ("unwritable/E", "unwritable cannot be written to"),
    ],
)
@pytest.mark.parametrize(
    ("arguments", "suffix"),
    [(("embed", "--output"), ".csv"), (("embed", "--output"), ".npy"), (("benchmark", "--figure"), ".html")],
)
def test_a_file_that_cannot_be_written(
    capsys: Capture, closed: Path, arguments: tuple[str, ...], suffix: str, place: str, said: str
) -> None:
    Path(f"folder{suffix}").mkdir()
    Path("file").touch()
    assert said in refused(capsys, *arguments, place + suffix)


@pytest.mark.parametrize(
    ("place", "said"),
    [("file", "is a file; name a folder"), ("file/in", "is a file; name a folder"), ("unwritable/in", "cannot be")],
)
@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--learner", "anil", "--output"),
        ("train", "--embedding", "gradient", "--output"),
        ("train", "--recipe", "all", "--output"),
        ("compare", "--table", "headline", "--output"),
        ("course", "copy"),
        ("course", "export", "--for", "otter"),
    ],
)
def test_a_folder_that_cannot_be_written(
    capsys: Capture, closed: Path, arguments: tuple[str, ...], place: str, said: str
) -> None:
    Path("file").touch()
    assert said in refused(capsys, *arguments, place)


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that nobody can write to; for the administrator, whom no permission stops, the disk refuses."""
    import tempfile

    make, folder = tempfile.NamedTemporaryFile, tmp_path / "unwritable"
    folder.mkdir()

    def refuse(*arguments: object, **named: object) -> object:
        if Path(str(named["dir"])).resolve() == folder:
            raise OSError(30, "Read-only file system")
        return make(*arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    return folder


def test_a_folder_in_the_place_of_a_table(capsys: Capture) -> None:
    Path("results/headline.csv").mkdir(parents=True)
    assert "headline.csv is a folder" in refused(capsys, "compare", "--table", "headline", "--output", "results")


@pytest.mark.parametrize("suffix", [".txt", "", ".CSV", ".npz"])
def test_a_figure_or_matrix_of_another_kind(capsys: Capture, suffix: str) -> None:
    assert "should end in .csv or .npy" in refused(capsys, "embed", "--output", f"E{suffix}")
    assert "should end in .html" in refused(capsys, "benchmark", "--figure", f"E{suffix}")


def test_a_device_is_not_replaced_by_a_file(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes")
    os.mkfifo("E.csv")
    assert "is a device or a pipe" in refused(capsys, "embed", "--output", "E.csv")


def test_the_dashboard_is_not_started_on_data_that_are_not_there(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(options: object) -> None:
        raise MetalearnError("/nope is not a folder")

    monkeypatch.setattr("metalearn.cli.commands._data", read)
    monkeypatch.setattr("subprocess.Popen", None)
    assert "/nope is not a folder" in refused(capsys, "dashboard", "--data-dir", "/nope", "--port", "8599")


def test_json_has_no_nan(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"mean": float("nan"), "steps": [{"loss": float("inf")}, {"loss": 0.5}], "pair": (1, -float("inf"))}
    monkeypatch.setattr("metalearn.cli.commands.data_info", lambda options: found)
    assert cli.main(["data", "info", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert shown == {"mean": None, "steps": [{"loss": None}, {"loss": 0.5}], "pair": [1, None]}
