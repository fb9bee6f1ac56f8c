"""The error that users read: it fills its blanks, and comes whole out of another process."""

import pickle

from metalearn.errors import MetalearnError


def test_it_fills_its_blanks_and_can_be_said_otherwise() -> None:
    error = MetalearnError("{count:,} are too few for {name!r}", count=1200, name="x")
    assert str(error) == "1,200 are too few for 'x'"
    assert error.text.format(**error.values) == str(error)


def test_braces_are_left_alone_where_there_is_nothing_to_fill_in() -> None:
    assert str(MetalearnError("write {name}")) == "write {name}"


def test_it_comes_whole_out_of_another_process() -> None:
    error = pickle.loads(pickle.dumps(MetalearnError("{count} are too few", count=3)))
    assert (type(error), str(error), error.values) == (MetalearnError, "3 are too few", {"count": 3})
